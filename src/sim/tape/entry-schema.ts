import {z} from 'zod';
import {type Network, genesisOf} from '../../chain/network.js';
import {maxU32} from '../../gatekeeper/settings.js';
import {maxU48} from '../../store/layout.js';
import type {LogEntry} from '../../tower/log.js';
import {problemOf} from './problem.js';

/*
 * What a replay reads of the events of a tape, and how that must look. The rest of each event is only compared with what
 * the tower decides now.
 */

const hexOf = (bytes: number) =>
  z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`), {error: `${bytes} bytes in hex`});
const u32 = z.int().min(0).max(maxU32);
const id = z.int().min(1).max(maxU48);
const key = z.string().regex(/^0[23][0-9a-f]{64}$/, {error: 'a compressed public key in hex'});
const header = hexOf(80);
const role = z.enum(['primary', 'secondary']).nullable();
const kind = z.enum(['user_signup', 'user_login', 'new_node']);
const userId = u32.nullable();

/** As many as a store keeps. */
const history = {
  headers: z.array(header).min(1).max(101),
  chainwork: z.string().regex(/^[0-9a-f]{1,64}$/, {error: 'a number in hex'}),
};

export const settingsSchema = z.strictObject({
  subscriptionSlots: u32,
  subscriptionDuration: u32,
  expiryDelta: u32,
  renewal: z.enum(['extend', 'reset']),
  auth: z.enum(['none', 'node', 'user']),
  authBudget: u32,
  requestTtl: u32,
  requestAttempts: u32,
  maxPendingRequests: u32,
  deniedCooldown: u32,
  proofWindow: u32,
  maxUnprovenRequests: u32,
});

export const networkSchema = z.enum(Object.keys(genesisOf) as Network[]);
export const hashSchema = hexOf(32);

const verdict = z.discriminatedUnion('type', [
  z.strictObject({type: z.literal('approve_user'), userId: u32}),
  z.strictObject({type: z.literal('approve_node'), role: z.enum(['primary', 'secondary'])}),
  z.strictObject({type: z.literal('deny'), reason: z.string()}),
]);

const event = <Type extends LogEntry['type'], Shape extends z.ZodRawShape>(
  type: Type | readonly Type[],
  shape: Shape,
) =>
  z.looseObject({type: z.enum([type].flat() as [Type, ...Type[]]), height: u32, actor: z.string().max(128), ...shape});

const entrySchema = z.discriminatedUnion('type', [
  event('started', {
    hash: hashSchema,
    beginning: z.strictObject({network: networkSchema, genesis: hashSchema, settings: settingsSchema, ...history}),
  }),
  event('block_connected', {hash: hashSchema, header}),
  event('block_disconnected', {hash: hashSchema}),
  event('chain_accepted', {hash: hashSchema, depth: u32.nullable(), history: z.strictObject(history)}),
  event('settings_changed', {settings: settingsSchema}),
  event(['user_registered', 'subscription_renewed', 'receipt_issued'], {key}),
  event(['appointment_added', 'appointment_updated'], {
    key,
    locator: hexOf(16),
    blobBytes: u32,
    blobHash: hashSchema,
    toSelfDelay: u32,
    signature: z.string().regex(/^[\x21-\x7e]{1,130}$/, {error: 'a signature in zbase32'}),
  }),
  event('appointments_deleted', {uuids: z.array(hexOf(22)), refunded: z.boolean()}),
  event('subscription_extended', {userId: u32, blocks: u32}),
  event('user_deleted', {userId: u32}),
  event('request_received', {
    requestId: id,
    kind,
    key,
    infoHash: hashSchema.nullable(),
    nodeInfo: z.string(),
    proven: z.boolean(),
    proofHeight: u32,
  }),
  event('request_postponed', {requestId: id, attempts: u32, reason: z.string()}),
  event('answer_recorded', {requestId: id, verdict}),
  event('answer_late', {requestId: id}),
  event('request_decided', {requestId: id, kind, key, state: z.string(), reason: z.string()}),
  event('device_authorized', {
    key,
    userId,
    role,
    requestId: id.nullable(),
    created: z.looseObject({}).nullable(),
  }),
  event('device_revoked', {key}),
]);

/** The event, or what is wrong with it, in words. */
export function checkEntry(value: unknown): LogEntry | string {
  const checked = entrySchema.safeParse(value);
  if (checked.success) return value as LogEntry;
  return problemOf(checked.error, value);
}
