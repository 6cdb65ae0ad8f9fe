import assert from 'node:assert/strict';
import {type KeyValueReader, layout} from '../../../../src/store/index.js';
import {decodeIds, decodeRequest} from '../../../../src/store/request-row.js';
import {decodeDevice, decodeTold, decodeUser} from '../../../../src/store/rows.js';
import {publicKey} from '../../../support/keys.js';
import {kinds, type Model} from './model.js';
import type {Pair} from './people.js';
import {keys} from './steps.js';

const allKeys = Array.from({length: keys}, (_, i) => i + 1);

/** The test key of a public key. */
export const keyOf = (key: string): number => allKeys.find((n) => publicKey(n) === key)!;

const tableOf = async (rows: KeyValueReader, table: layout.Table): Promise<(readonly [string, Uint8Array])[]> =>
  rows.range({...layout.tableRange(table), limit: Number.POSITIVE_INFINITY});

/** Every row of requests, users and devices is the model's, and each stands in every index where it must, and nowhere else. */
export async function assertAgree(rows: KeyValueReader, model: Model): Promise<void> {
  assert.deepEqual(await requestsIn(rows), [...model.requests.values()]);
  assert.deepEqual(await usersIn(rows), usersOf(model));
  assert.deepEqual(await countersIn(rows), countersOf(model));
  assert.deepEqual(await indexesIn(rows), indexesOf(model));
}

async function requestsIn(rows: KeyValueReader): Promise<unknown[]> {
  return (await tableOf(rows, 'request')).map(([key, raw]) => {
    const {kind, nodeInfo, infoHash, proven, answer, closing, ...row} = decodeRequest(raw);
    return {
      id: layout.requestIdOf(key),
      kind,
      key: keyOf(row.key),
      payload: `${infoHash} ${nodeInfo}`,
      proven,
      received: row.receivedHeight,
      receivedHash: row.receivedHash,
      proof: row.proofHeight,
      revision: row.revision,
      supersedes: row.previous,
      signedBefore: row.signedBefore,
      state: row.state,
      stage: row.stage,
      attempts: row.attempts,
      ready: row.readyHeight,
      answer: answer && {verdict: answer.verdict, height: answer.height, hash: answer.hash},
      closing: closing && {
        height: closing.height,
        hash: closing.hash,
        actor: closing.actor,
        userId: closing.userId,
        role: closing.role,
      },
    };
  });
}

async function usersIn(rows: KeyValueReader): Promise<unknown> {
  const users = await tableOf(rows, 'user');
  const devices = await tableOf(rows, 'device');
  const told = await tableOf(rows, 'told');
  return {
    users: users.map(([key, raw]) => {
      const {subscription, start, expiry, availableSlots, devices} = decodeUser(raw);
      return {
        id: layout.userIdOf(key),
        subscription,
        start,
        expiry,
        slots: availableSlots,
        devices: devices.map(({key, role, authorizedAt}) => [keyOf(key), role, authorizedAt]),
      };
    }),
    devices: devices
      .map(([key, raw]) => {
        const {userId, role, authorizedAt} = decodeDevice(raw);
        return [keyOf(layout.publicKeyOfDevice(key)), {userId, role, since: authorizedAt}] as const;
      })
      .sort(([a], [b]) => a - b),
    told: told
      .map(([key, raw]) => {
        const {userId, subscription, lastSlots, lastExpiry, highestSlots, highestExpiry} = decodeTold(raw);
        const publicKey = Buffer.from(key.slice('told!'.length), 'latin1').toString('hex');
        const [last, highest]: [Pair, Pair] = [
          [lastSlots, lastExpiry],
          [highestSlots, highestExpiry],
        ];
        return [keyOf(publicKey), {userId, subscription, last, highest}] as const;
      })
      .sort(([a], [b]) => a - b),
  };
}

function usersOf({people}: Model): unknown {
  return {
    users: [...people.users.values()]
      .sort((a, b) => a.id - b.id)
      .map(({id, subscription, start, expiry, slots, keys}) => {
        const devices = keys.map((key) => [key, people.devices.get(key)!.role, people.devices.get(key)!.since]);
        return {id, subscription, start, expiry, slots, devices};
      }),
    devices: [...people.devices].sort(([a], [b]) => a - b),
    told: [...people.told].sort(([a], [b]) => a - b),
  };
}

async function countersIn(rows: KeyValueReader): Promise<unknown> {
  const raw = await rows.get(layout.metaKey('counters'));
  const {nextUserId, users, nextRequestId, pendingRequests, closedRequests, unprovenRequests} = JSON.parse(
    Buffer.from(raw!).toString(),
  ) as Record<string, number>;
  return {nextUserId, users, nextRequestId, pendingRequests, closedRequests, unprovenRequests};
}

function countersOf({people, requests, pending}: Model): unknown {
  return {
    nextUserId: people.nextId,
    users: people.users.size,
    nextRequestId: requests.size + 1,
    pendingRequests: pending.length,
    // Nothing is forgotten within a run.
    closedRequests: requests.size - pending.length,
    unprovenRequests: pending.filter(({proven}) => !proven).length,
  };
}

const requestTables = ['ready', 'answered', 'requestOf', 'info'] as const;

async function indexesIn(rows: KeyValueReader): Promise<unknown> {
  const indexes: string[] = [];
  for (const table of requestTables) {
    for (const [key, value] of await tableOf(rows, table)) {
      indexes.push(table === 'requestOf' ? `${key} ${decodeIds(value).join()}` : key);
    }
  }
  for (const kind of ['t', 'c'] as const) {
    const range = layout.requestDueRange(kind, 0, 0xffff_ffff);
    for (const [key] of await rows.range({...range, limit: Number.POSITIVE_INFINITY})) indexes.push(key);
  }
  return indexes.map(readable).sort();
}

function indexesOf(model: Model): unknown {
  const indexes: string[] = [];
  for (const {id, kind, proven, state, stage, ready, answer, received, closing} of model.requests.values()) {
    if (state === 'pending') {
      indexes.push(layout.requestDueKey('t', received, id));
      indexes.push(answer ? layout.answeredKey(id) : layout.readyKey(stage, kind, ready, id, proven));
    } else indexes.push(layout.requestDueKey('c', closing!.height, id));
  }
  for (const {id} of model.withInfo) indexes.push(layout.infoKey(id));
  for (const key of allKeys) {
    for (const kind of kinds) {
      const newest = model.newest(key, kind);
      if (newest) indexes.push(`${layout.requestOfKey(publicKey(key), kind)} ${newest.id}`);
    }
  }
  return indexes.map(readable).sort();
}

/** Keys hold raw bytes. */
const readable = (key: string): string => key.replace(/[^ -~]/g, (c) => `\\${c.charCodeAt(0).toString(16)}`);
