import type {RequestKind, RequestStage} from './layout.js';
import {decodeRequest, type RequestRow, type RequestState} from './request-row.js';

const kinds: Readonly<Record<RequestKind, true>> = {user_signup: true, user_login: true, new_node: true};
const stages: Readonly<Record<RequestStage, true>> = {callback: true, check: true};
const states: Readonly<Record<RequestState, true>> = {
  pending: true,
  approved: true,
  denied: true,
  expired: true,
  failed: true,
  superseded: true,
};

const isHeight = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 32;

/** A request as its row has it; undefined if the row makes no sense. For whoever must not stumble over a wrong row. */
export function readableRequest(raw: Uint8Array): RequestRow | undefined {
  let row: RequestRow;
  try {
    row = decodeRequest(raw);
  } catch {
    return undefined;
  }
  const {kind, key, proven, stage, state, infoHash, receivedHeight, readyHeight, answer, closing} = row;
  const isSound =
    Object.hasOwn(kinds, kind) &&
    Object.hasOwn(stages, stage) &&
    Object.hasOwn(states, state) &&
    /^0[23][0-9a-f]{64}$/.test(key) &&
    typeof proven === 'boolean' &&
    (infoHash === null || typeof infoHash === 'string') &&
    isHeight(receivedHeight) &&
    isHeight(readyHeight) &&
    typeof answer === 'object' &&
    (closing === null || isHeight((closing as Partial<typeof closing> | undefined)?.height));
  return isSound ? row : undefined;
}
