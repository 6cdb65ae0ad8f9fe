import type {ChainHeader} from '../chain/header.js';
import type {Network} from '../chain/network.js';
import {assert} from '../errors/index.js';
import type {Change, KeyValueReader} from './key-value-store.js';
import {headerKey, localKey, metaKey} from './layout.js';
import {decodeHeader} from './rows.js';

/** The settings that decide. They are part of the state: a change of them is an event. Heights and slots are u32. */
export interface DecisionSettings {
  /** Slots that a registration or renewal adds. */
  readonly subscriptionSlots: number;
  /** Blocks from a registration to its expiry. */
  readonly subscriptionDuration: number;
  /** Blocks of grace after expiry, before the user is deleted. */
  readonly expiryDelta: number;
  /** `extend`: a renewal counts from the old expiry (rust-teos). `reset`: from the tip (python-teos). */
  readonly renewal: 'extend' | 'reset';
  /**
   * Who needs an authorization: nobody but primaries (`none`), every node (`node`), or every device of a person
   * (`user`) - and primaries at every level.
   */
  readonly auth: 'none' | 'node' | 'user';
  /** Answers to authorization requests that one block applies at most. */
  readonly authBudget: number;
  /** Blocks after which a pending request expires. */
  readonly requestTtl: number;
  /** Attempts to have a request answered, after which it fails. */
  readonly requestAttempts: number;
  /** Pending requests at most, of all devices together. */
  readonly maxPendingRequests: number;
  /** Blocks that a denied device waits before it may ask again. */
  readonly deniedCooldown: number;
  /** Blocks for which the proof of a request counts. */
  readonly proofWindow: number;
  /** Pending requests at most that nobody has signed, of all devices together. */
  readonly maxUnprovenRequests: number;
}

/** In the order in which they are stored, so that equal settings are equal bytes. */
export const decisionSettingNames = [
  'subscriptionSlots',
  'subscriptionDuration',
  'expiryDelta',
  'renewal',
  'auth',
  'authBudget',
  'requestTtl',
  'requestAttempts',
  'maxPendingRequests',
  'deniedCooldown',
  'proofWindow',
  'maxUnprovenRequests',
] as const satisfies readonly (keyof DecisionSettings)[];

export interface Counters {
  readonly nextUserId: number;
  readonly nextSubscription: number;
  readonly users: number;
  /** Of all users together, and the slots that they take. */
  readonly appointments: number;
  readonly takenSlots: number;
  readonly nextRequestId: number;
  readonly pendingRequests: number;
  /** Closed requests that are still kept. */
  readonly closedRequests: number;
  /** Those of the pending requests that nobody has signed. */
  readonly unprovenRequests: number;
}

/** In the order in which they are stored. */
const counterNames = [
  'nextUserId',
  'nextSubscription',
  'users',
  'nextRequestId',
  'pendingRequests',
  'closedRequests',
  'unprovenRequests',
  'appointments',
  'takenSlots',
] as const satisfies readonly (keyof Counters)[];

/** How far sweeps and purges have come. Not state: it only says where there is nothing left to read. */
export interface Progress {
  /** Highest tip ever reached on this chain; undo reaches `finality` blocks below it. */
  readonly highest: number;
  /** No due row of an expiry stands at or below it. It may lie far above the tip. */
  readonly sweptExpiry: number;
  /** No undo row stands below it. It may lie far above the tip. */
  readonly purgedUndo: number;
  /** No forget row stands at or below it. It may lie far above the tip. */
  readonly sweptForget: number;
  /** No due row of a pending request stands at or below it. It may lie far above the tip. */
  readonly sweptTimeouts: number;
  /** No due row of a closed request stands below it. */
  readonly sweptClosed: number;
  /** No timeout row stands below it. It may lie far above the tip. */
  readonly purgedTimeouts: number;
  /** No recorded answer of a request with a lower id waits for a block. */
  readonly firstAnswered: number;
  /** No device has joined a user while the tip was above it. */
  readonly lastJoin: number;
  /** Height below which the log was pruned last. */
  readonly prunedLog: number;
  readonly firstLog: number;
  readonly nextLog: number;
}

/** The small rows that every event needs. One owner: the store. */
export interface Meta {
  readonly chain: {readonly network: Network; readonly genesis: string};
  /** The last processed block: the tower's only clock. */
  readonly tip: ChainHeader;
  /** Height of the tip with which this store began. */
  readonly start: number;
  readonly counters: Counters;
  readonly settings: DecisionSettings;
  readonly progress: Progress;
}

const encode = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const decode = <T>(bytes: Uint8Array): T => JSON.parse(Buffer.from(bytes).toString()) as T;

/** Undefined for a store that has not begun. */
export async function readMeta(rows: KeyValueReader): Promise<Meta | undefined> {
  const keys = [metaKey('chain'), metaKey('tip'), metaKey('start'), metaKey('counters'), metaKey('settings')];
  const [chain, tip, start, counters, settings, progress] = await rows.getMany([...keys, localKey('progress')]);
  if (!chain) return undefined;
  assert(tip && start && counters && settings && progress, 'a store that has begun lacks a meta row');
  const {height, hash} = decode<{height: number; hash: string}>(tip);
  const raw = await rows.get(headerKey(height));
  assert(raw, `the header of the tip at height ${height} is missing`);
  const header = decodeHeader(height, raw);
  assert(header.hash === hash, `the tip is ${hash}, but the header at height ${height} is ${header.hash}`);
  return {
    chain: decode(chain),
    tip: header,
    start: decode(start),
    counters: decode(counters),
    settings: decode(settings),
    progress: decode(progress),
  };
}

/** Rows that take a store from one meta to the next. Fields are written in one order, so equal values are equal bytes. */
export function metaChanges(before: Meta | undefined, after: Meta): Change[] {
  const changes: Change[] = [];
  const put = (key: string, value: unknown) => changes.push([key, encode(value)]);
  const {chain, tip, start, counters, settings, progress} = after;
  if (before?.chain !== chain) put(metaKey('chain'), {network: chain.network, genesis: chain.genesis});
  if (before?.tip !== tip) put(metaKey('tip'), {height: tip.height, hash: tip.hash});
  if (before?.start !== start) put(metaKey('start'), start);
  if (before?.counters !== counters) {
    put(metaKey('counters'), Object.fromEntries(counterNames.map((name) => [name, counters[name]])));
  }
  if (before?.settings !== settings) {
    put(metaKey('settings'), Object.fromEntries(decisionSettingNames.map((name) => [name, settings[name]])));
  }
  if (before?.progress !== progress) put(localKey('progress'), progress);
  return changes;
}
