import {z} from 'zod';
import {hash, key, u32} from './answers.js';

/** Longer than any text of the tower's that is worth keeping. */
const maxReasonLetters = 1_000;

const id = z.int().min(1);
const role = z.enum(['primary', 'secondary']).nullable();
const userId = u32.nullable();

export const authInfoAnswer = z
  .object({
    tower_id: key,
    auth: z.enum(['none', 'node', 'user']),
    block_height: u32,
    block_hash: hash,
    proof_window: z.int().min(1),
  })
  .transform((answer) => ({
    towerId: answer.tower_id,
    auth: answer.auth,
    blockHeight: answer.block_height,
    blockHash: answer.block_hash,
    proofWindow: answer.proof_window,
  }));

const closing = z
  .object({height: u32, reason: z.string().max(maxReasonLetters), user_id: userId, role})
  .transform(({user_id, ...rest}) => ({...rest, userId: user_id}));

const request = z
  .object({
    request_id: id,
    kind: z.enum(['user_signup', 'user_login', 'new_node']),
    state: z.enum(['pending', 'approved', 'denied', 'expired', 'failed', 'superseded']),
    proven: z.boolean(),
    revision: z.int().min(1),
    supersedes: id.nullable(),
    received_height: u32,
    expires_at: u32,
    next_look_height: u32.nullable(),
    retry_height: u32.nullable(),
    closing: closing.nullable(),
  })
  .transform((answer) => ({
    requestId: answer.request_id,
    kind: answer.kind,
    state: answer.state,
    proven: answer.proven,
    revision: answer.revision,
    supersedes: answer.supersedes,
    receivedHeight: answer.received_height,
    expiresAt: answer.expires_at,
    nextLookHeight: answer.next_look_height,
    retryHeight: answer.retry_height,
    closing: answer.closing,
  }));

const atTip = z.object({tip_height: u32}).transform(({tip_height}) => ({tipHeight: tip_height}));

export const requestAnswer = z.intersection(request, atTip);

const device = z
  .object({user_id: userId, role, authorized_at: u32})
  .transform((answer) => ({userId: answer.user_id, role: answer.role, authorizedAt: answer.authorized_at}));

export const deviceAnswer = z
  .object({public_key: key, device: device.nullable(), requests: z.array(request).max(3), tip_height: u32})
  .transform((answer) => ({
    publicKey: answer.public_key,
    device: answer.device,
    requests: answer.requests,
    tipHeight: answer.tip_height,
  }));

/** What a proof has to name. */
export type AuthInfo = z.output<typeof authInfoAnswer>;

/** A request for authorization as the tower has it. Heights are those of the tower's chain. */
export type DeviceRequest = z.output<typeof request>;

/** The same, with the tip as of the answer. */
export type AnsweredRequest = z.output<typeof requestAnswer>;

/** What a key is to the tower, and its newest request of each kind. */
export type DeviceStatus = z.output<typeof deviceAnswer>;
