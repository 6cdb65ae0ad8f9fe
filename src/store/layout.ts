/*
 * The key table. Numbers are big-endian, so that byte order is numeric order. S = state: part of the digest.
 *
 * S meta!chain                             network, genesis hash
 * S meta!tip                               height, hash of the last processed block
 * S meta!start                             height at which this store began
 * S meta!counters                          next user id, subscription number and request id; users, their appointments
 *                                          and slots taken; pending (unproven among them) and closed requests
 * S meta!settings                          the settings that decide, in force
 * S user!<id:4>                            subscription, available and granted slots, start, expiry, devices
 * S device!<pubkey:33>                     user id, role, authorized at
 * S due!<kind:1><height:4><id>             what falls due when: e = expiry, of a user (id:4); t = a pending request (id:6),
 *                                          at the height at which it was received; c = a closed one, at which it was closed
 * S appointment!<subscription:6><locator:16>   user id, slots, start block, to_self_delay, size and hash of the blob, device, signature
 *   blob!<subscription:6><locator:16>      the encrypted blob: not state, as its hash is, so that the log alone replays
 * S locator!<locator:16><subscription:6>   (empty): the same pairs, by locator
 * S told!<pubkey:33>                       user, subscription, slots and expiry last told, highest told in it
 * S request!<id:6>                         an authorization request and what became of it
 *   info!<id:6>                            its signup_info or login_info, which may be secret: gone once it is closed for good
 * S requestOf!<pubkey:33><kind:1>          id of the newest request of a device and kind
 * S ready!<stage:1><kind:1><height:4><id:6>    (empty): a pending request that may be asked about from this height on;
 *                                          the kinds of those that are unproven have letters of their own
 * S answered!<id:6>                        (empty): a pending request whose answer waits for a block
 *   forget!<height:4><pubkey:33>           subscription: when the told row of a deleted device goes
 *   header!<height:4>                      raw header, chainwork: the last 101
 *   undo!<height:4><n:4>                   previous values of the rows that the block deleted; about 1,000 users each
 *   timeout!<height:4><n:4>                ids of the requests that timed out in the block; about 1,000 each
 *   log!<n:6>                              every committed event
 *   local!schema                           version of this table
 *   local!progress                         how far sweeps and purges have come
 *
 * An appointment hangs on its subscription number, which is never given out twice: it vanishes with the subscription
 * and comes back with it, and is purged once no reorg can bring it back.
 */

/** Raise it when a row changes its form, and add a migration in `schema.ts`. */
export const schemaVersion = 3;

/** Request ids and log numbers have six bytes: no flood of requests ever uses them up. */
export const maxU48 = 0xffff_ffff_ffff;

const u32 = (n: number): string => String.fromCharCode(n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255);
const u48 = (n: number): string => {
  const high = Math.floor(n / 0x1_0000_0000);
  return String.fromCharCode((high >>> 8) & 255, high & 255) + u32(n % 0x1_0000_0000);
};
/** The last text that was turned to bytes: the rows of a device are read and written one after the other. */
let last = {text: '', bytes: ''};
const hex = (text: string): string => {
  if (text !== last.text) last = {text, bytes: Buffer.from(text, 'hex').toString('latin1')};
  return last.bytes;
};
const unhex = (key: string, from: number, to: number): string =>
  Buffer.from(key.slice(from, to), 'latin1').toString('hex');
const readU32 = (key: string, at: number): number =>
  ((key.charCodeAt(at) << 24) |
    (key.charCodeAt(at + 1) << 16) |
    (key.charCodeAt(at + 2) << 8) |
    key.charCodeAt(at + 3)) >>>
  0;
const readU48 = (key: string, at: number): number =>
  (key.charCodeAt(at) * 256 + key.charCodeAt(at + 1)) * 0x1_0000_0000 + readU32(key, at + 2);

export type RequestKind = 'user_signup' | 'user_login' | 'new_node';
/** What a pending request is asked of: the fast callback, or the later check. */
export type RequestStage = 'callback' | 'check';

const kindLetters: Readonly<Record<RequestKind, string>> = {user_signup: 's', user_login: 'l', new_node: 'n'};
const unprovenLetters: Readonly<Record<RequestKind, string>> = {user_signup: 'S', user_login: 'L', new_node: 'N'};
const stageLetters: Readonly<Record<RequestStage, string>> = {callback: 'a', check: 'b'};

export type Table =
  | 'meta'
  | 'user'
  | 'device'
  | 'due'
  | 'appointment'
  | 'blob'
  | 'locator'
  | 'told'
  | 'forget'
  | 'header'
  | 'undo'
  | 'request'
  | 'info'
  | 'requestOf'
  | 'ready'
  | 'answered'
  | 'timeout'
  | 'log'
  | 'local';

/** Tables that the digest covers, in key order. */
export const stateTables: readonly Table[] = [
  'answered',
  'appointment',
  'device',
  'due',
  'locator',
  'meta',
  'ready',
  'request',
  'requestOf',
  'told',
  'user',
];

/** All keys of a table: from (included) and to (excluded). */
export const tableRange = (table: Table): {from: string; to: string} => ({from: `${table}!`, to: `${table}"`});

export const metaKey = (name: 'chain' | 'tip' | 'start' | 'counters' | 'settings'): string => `meta!${name}`;
export const localKey = (name: 'schema' | 'progress'): string => `local!${name}`;

export const userKey = (id: number): string => `user!${u32(id)}`;
export const userIdOf = (key: string): number => readU32(key, 5);

export const deviceKey = (publicKey: string): string => `device!${hex(publicKey)}`;
export const publicKeyOfDevice = (key: string): string => unhex(key, 7, 40);

export type DueKind = 'e';
export const dueKey = (kind: DueKind, height: number, id: number): string => `due!${kind}${u32(height)}${u32(id)}`;
export const dueOf = (key: string): {kind: DueKind; height: number; id: number} => ({
  kind: key[4] as DueKind,
  height: readU32(key, 5),
  id: readU32(key, 9),
});
/** Everything of a kind that falls due at heights from..to, both included. */
export const dueRange = (kind: DueKind, from: number, to: number): {from: string; to: string} => ({
  from: dueKey(kind, from, 0),
  to: `${dueKey(kind, to, 0xffff_ffff)}\0`,
});

export const appointmentKey = (subscription: number, locator: string): string =>
  `appointment!${u48(subscription)}${hex(locator)}`;
export const appointmentOf = (key: string): {subscription: number; locator: string} => ({
  subscription: readU48(key, 12),
  locator: unhex(key, 18, 34),
});
export const appointmentRange = (subscription: number): {from: string; to: string} => ({
  from: `appointment!${u48(subscription)}`,
  to: `appointment!${u48(subscription + 1)}`,
});

export const blobKey = (subscription: number, locator: string): string => `blob!${u48(subscription)}${hex(locator)}`;
export const placeOfBlob = (key: string): {subscription: number; locator: string} => ({
  subscription: readU48(key, 5),
  locator: unhex(key, 11, 27),
});

export const locatorKey = (locator: string, subscription: number): string =>
  `locator!${hex(locator)}${u48(subscription)}`;
export const locatorOf = (key: string): {locator: string; subscription: number} => ({
  locator: unhex(key, 8, 24),
  subscription: readU48(key, 24),
});

/** Every appointment with this locator, in order of subscription. */
export const locatorRange = (locator: string): {from: string; to: string} => ({
  from: locatorKey(locator, 0),
  to: `${locatorKey(locator, maxU48)}\0`,
});

export const toldKey = (publicKey: string): string => `told!${hex(publicKey)}`;

export const forgetKey = (height: number, publicKey: string): string => `forget!${u32(height)}${hex(publicKey)}`;
export const forgetOf = (key: string): {height: number; publicKey: string} => ({
  height: readU32(key, 7),
  publicKey: unhex(key, 11, 44),
});
export const forgetRange = (from: number, to: number): {from: string; to: string} => ({
  from: `forget!${u32(from)}`,
  to: `forget!${u32(to)}\xff\xff`,
});

export const headerKey = (height: number): string => `header!${u32(height)}`;
export const headerHeightOf = (key: string): number => readU32(key, 7);

export const undoKey = (height: number, n: number): string => `undo!${u32(height)}${u32(n)}`;
export const undoHeightOf = (key: string): number => readU32(key, 5);
/** Undo rows of the blocks at heights from..to, both included. */
export const undoRange = (from: number, to: number): {from: string; to: string} => ({
  from: undoKey(from, 0),
  to: `${undoKey(to, 0xffff_ffff)}\0`,
});

export const requestKey = (id: number): string => `request!${u48(id)}`;
export const requestIdOf = (key: string): number => readU48(key, 8);

export const infoKey = (id: number): string => `info!${u48(id)}`;
export const idOfInfo = (key: string): number => readU48(key, 5);

export const requestOfKey = (publicKey: string, kind: RequestKind): string =>
  `requestOf!${hex(publicKey)}${kindLetters[kind]}`;

export const readyKey = (stage: RequestStage, kind: RequestKind, height: number, id: number, proven = true): string =>
  `ready!${stageLetters[stage]}${(proven ? kindLetters : unprovenLetters)[kind]}${u32(height)}${u48(id)}`;
export const readyOf = (key: string): {height: number; id: number} => ({height: readU32(key, 8), id: readU48(key, 12)});
/** Requests of a stage and kind, proven or not, that are ready at heights from..to, both included. */
export const readyRange = (
  stage: RequestStage,
  kind: RequestKind,
  from: number,
  to: number,
  proven = true,
): {from: string; to: string} => ({
  from: readyKey(stage, kind, from, 0, proven),
  to: `${readyKey(stage, kind, to, maxU48, proven)}\0`,
});

export const answeredKey = (id: number): string => `answered!${u48(id)}`;
export const idOfAnswered = (key: string): number => readU48(key, 9);

/** t = pending, at the height at which it was received; c = closed, at the height at which it was closed. */
export type RequestDueKind = 't' | 'c';
export const requestDueKey = (kind: RequestDueKind, height: number, id: number): string =>
  `due!${kind}${u32(height)}${u48(id)}`;
export const requestDueOf = (key: string): {height: number; id: number} => ({
  height: readU32(key, 5),
  id: readU48(key, 9),
});
/** Requests that stand at heights from..to, both included. */
export const requestDueRange = (kind: RequestDueKind, from: number, to: number): {from: string; to: string} => ({
  from: requestDueKey(kind, from, 0),
  to: `${requestDueKey(kind, to, maxU48)}\0`,
});

export const timeoutKey = (height: number, n: number): string => `timeout!${u32(height)}${u32(n)}`;
export const timeoutHeightOf = (key: string): number => readU32(key, 8);
/** Timed-out requests of the blocks at heights from..to, both included. */
export const timeoutRange = (from: number, to: number): {from: string; to: string} => ({
  from: timeoutKey(from, 0),
  to: `${timeoutKey(to, 0xffff_ffff)}\0`,
});

export const logKey = (n: number): string => `log!${u48(n)}`;
export const logNumberOf = (key: string): number => readU48(key, 4);
