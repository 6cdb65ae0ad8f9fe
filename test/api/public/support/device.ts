import {proofMessage} from '../../../../src/crypto/proof.js';
import {type Ask, submissionTo} from '../../../support/devices.js';
import {publicKey, signingKey} from '../../../support/keys.js';
import type {WireRequest} from './wire.js';

/** What `GET /auth/info` answers. */
export interface AuthInfo {
  readonly tower_id: string;
  readonly auth: string;
  readonly block_height: number;
  readonly block_hash: string;
  readonly proof_window: number;
}

type Json = Readonly<Record<string, unknown>>;

export const post = (path: string, body: unknown): WireRequest => ({
  method: 'POST',
  path,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

export const registration = (device: number): WireRequest => post('/register', {user_id: publicKey(device)});

/** What a device submits, with other fields where a test wants them. */
export function submission(info: AuthInfo, ask: Omit<Ask, 'age'>, other: Json = {}): WireRequest {
  const tip = {height: info.block_height, hash: info.block_hash};
  const {kind, info: text, nodeInfo, blockHeight, blockHash, signature} = submissionTo({id: info.tower_id, tip}, ask);
  const infoField = {user_signup: {signup_info: text}, user_login: {login_info: text}, new_node: {}}[
    kind as 'new_node'
  ];
  const body = {...infoField, node_info: nodeInfo, block_height: blockHeight, block_hash: blockHash, signature};
  return post(`/auth/${kind}`, {...body, ...other});
}

/** A device asks where it stands. */
export function statusQuestion(
  info: AuthInfo,
  {device, signer = device}: {readonly device: number; readonly signer?: number},
  other: Json = {},
): WireRequest {
  const {tower_id: towerId, block_height: blockHeight, block_hash: blockHash} = info;
  const message = proofMessage({towerId, kind: 'request_status', blockHash, info: '', nodeInfo: ''});
  return post('/auth/request', {
    public_key: publicKey(device),
    block_height: blockHeight,
    block_hash: blockHash,
    signature: signingKey(signer).sign(message),
    ...other,
  });
}
