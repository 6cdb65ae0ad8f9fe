/*
 * The key table. Numbers are big-endian, so that byte order is numeric order. S = state: part of the digest.
 *
 * S meta!chain                             network, genesis hash
 * S meta!tip                               height, hash of the last processed block
 * S meta!start                             height at which this store began
 * S meta!counters                          next user id, next subscription number, registered users
 * S meta!settings                          the settings that decide, in force
 * S user!<id:4>                            subscription, available and granted slots, start, expiry, devices
 * S device!<pubkey:33>                     user id, role, authorized at
 * S due!<kind:1><height:4><id:4>           what falls due when; kind e = expiry, id = user id
 * S appointment!<subscription:6><locator:16>   slots
 * S locator!<locator:16><subscription:6>   (empty): the same pairs, by locator
 * S told!<pubkey:33>                       subscription, slots and expiry last told, highest told in it
 *   forget!<height:4><pubkey:33>           subscription: when the told row of a deleted device goes
 *   header!<height:4>                      raw header, chainwork: the last 101
 *   undo!<height:4><n:4>                   previous values of the rows that the block deleted; about 1,000 users each
 *   log!<n:6>                              every committed event
 *   local!schema                           version of this table
 *   local!progress                         how far sweeps and purges have come
 *
 * An appointment hangs on its subscription number, which is never given out twice: it vanishes with the subscription
 * and comes back with it, and is purged once no reorg can bring it back.
 */

/** Raise it when a row changes its form, and add a migration in `schema.ts`. */
export const schemaVersion = 1;

const u32 = (n: number): string => String.fromCharCode(n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255);
const u48 = (n: number): string => {
  const high = Math.floor(n / 0x1_0000_0000);
  return String.fromCharCode((high >>> 8) & 255, high & 255) + u32(n % 0x1_0000_0000);
};
const hex = (text: string): string => Buffer.from(text, 'hex').toString('latin1');
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

export type Table =
  | 'meta'
  | 'user'
  | 'device'
  | 'due'
  | 'appointment'
  | 'locator'
  | 'told'
  | 'forget'
  | 'header'
  | 'undo'
  | 'log'
  | 'local';

/** Tables that the digest covers, in key order. */
export const stateTables: readonly Table[] = ['appointment', 'device', 'due', 'locator', 'meta', 'told', 'user'];

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

export const locatorKey = (locator: string, subscription: number): string =>
  `locator!${hex(locator)}${u48(subscription)}`;
export const locatorOf = (key: string): {locator: string; subscription: number} => ({
  locator: unhex(key, 8, 24),
  subscription: readU48(key, 24),
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

export const logKey = (n: number): string => `log!${u48(n)}`;
export const logNumberOf = (key: string): number => readU48(key, 4);
