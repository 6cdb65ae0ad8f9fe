import {headerHeightOf, requestIdOf, timeoutHeightOf, undoHeightOf, userIdOf} from '../../store/layout.js';
import {decodeIds, decodeRequest, type RequestRow} from '../../store/request-row.js';
import {decodeHeader, decodeUndo, decodeUser, type UserRow} from '../../store/rows.js';
import {tableOf} from '../../store/tables.js';
import type {Tape} from '../tape/tape-reader.js';

/** A user, or an authorization request, as the row of its id has it. */
export interface Known<Row> {
  readonly id: number;
  readonly row: Row;
}

/** How a tower stood where a tape of it begins. */
export interface Beginning {
  readonly height: number;
  /** Hashes of its last blocks, the tip last. */
  readonly hashes: readonly string[];
  readonly users: readonly Known<UserRow>[];
  /** Whom the block at a height has deleted, as far as a reorg may bring them back. */
  readonly deletedAt: ReadonlyMap<number, readonly Known<UserRow>[]>;
  /** Pending or closed. */
  readonly requests: readonly Known<RequestRow>[];
  /** Ids of the requests that have timed out in the block at a height, as far as a reorg may reopen them. */
  readonly expiredAt: ReadonlyMap<number, readonly number[]>;
}

/** Reads the state that a tape begins with. Appointments count with their users; the rest of it no picture shows. */
export async function beginningOf(tape: Tape): Promise<Beginning> {
  const {height, hash} = tape.head.start;
  const hashes: string[] = [];
  const users: Known<UserRow>[] = [];
  const requests: Known<RequestRow>[] = [];
  const deletedAt = new Map<number, Known<UserRow>[]>();
  const expiredAt = new Map<number, number[]>();
  for await (const line of tape.lines()) {
    if (line.type !== 'row') break;
    const {key, value} = line;
    switch (tableOf(key)) {
      case 'user!':
        users.push({id: userIdOf(key), row: decodeUser(value)});
        break;
      case 'undo!': {
        const deleted = decodeUndo(value).map(({id, user}) => ({id, row: decodeUser(user)}));
        collect(deletedAt, undoHeightOf(key), deleted);
        break;
      }
      case 'request!':
        requests.push({id: requestIdOf(key), row: decodeRequest(value)});
        break;
      case 'timeout!':
        collect(expiredAt, timeoutHeightOf(key), decodeIds(value));
        break;
      case 'header!':
        hashes.push(decodeHeader(headerHeightOf(key), value).hash);
        break;
    }
  }
  return {height, hashes: hashes.length > 0 ? hashes : [hash], users, deletedAt, requests, expiredAt};
}

function collect<T>(at: Map<number, T[]>, height: number, more: readonly T[]): void {
  at.set(height, [...(at.get(height) ?? []), ...more]);
}
