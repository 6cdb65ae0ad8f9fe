import {recoverKey} from '../../crypto/message-signature.js';
import {Rejection} from '../../errors/index.js';
import type {RequestKind} from '../../store/layout.js';
import {checkedKey} from '../checked-key.js';
import {InvalidParameter} from '../rejections.js';
import {maxU32} from '../settings.js';
import {checkInfo} from './info.js';
import {isRequestKind} from './level.js';
import {checkNodeInfo} from './node-info.js';
import {infoHashOf, proofMessage} from '../../crypto/proof.js';
import type {StatusQuestion, Submission} from './views.js';

/** The block that a proof is bound to. */
export interface NamedBlock {
  readonly blockHeight: number;
  /** 32 bytes in lower-case hex. */
  readonly blockHash: string;
}

/** A submission whose form and signature are right; whether its block is recent, the store tells. */
export interface CheckedSubmission extends NamedBlock {
  readonly kind: RequestKind;
  readonly key: string;
  readonly info: string | null;
  readonly infoHash: string | null;
  readonly nodeInfo: string;
}

/**
 * @throws Rejection TOWER_UNKNOWN_KIND, TOWER_INVALID_INFO, TOWER_INVALID_NODE_INFO, TOWER_INVALID_PROOF;
 * InvalidParameter
 */
export function checkSubmission(submission: Submission, towerId: string): CheckedSubmission {
  const {kind, nodeInfo, signature} = submission;
  if (!isRequestKind(kind)) {
    throw new Rejection('TOWER_UNKNOWN_KIND', 'the kind of the request is none of user_signup, user_login, new_node');
  }
  const info = checkInfo(kind, submission.info);
  const {publicKey: key} = checkNodeInfo(nodeInfo);
  const block = checkBlock(submission);
  const message = proofMessage({towerId, kind, blockHash: block.blockHash, info: info ?? '', nodeInfo});
  checkSigner(key, message, signature);
  return {kind, key, info, infoHash: info === null ? null : infoHashOf(info), nodeInfo, ...block};
}

/**
 * The key of a device that asks where it stands.
 * @throws Rejection TOWER_INVALID_PROOF; InvalidParameter
 */
export function checkStatusQuestion(question: StatusQuestion, towerId: string): NamedBlock & {readonly key: string} {
  const key = checkedKey(question.key);
  const block = checkBlock(question);
  const {blockHash} = block;
  const message = proofMessage({towerId, kind: 'request_status', blockHash, info: '', nodeInfo: ''});
  checkSigner(key, message, question.signature);
  return {key, ...block};
}

function checkBlock({blockHeight, blockHash}: NamedBlock): NamedBlock {
  if (!Number.isInteger(blockHeight) || blockHeight < 0 || blockHeight > maxU32) {
    throw new InvalidParameter('block_height', `a whole number from 0 to ${maxU32}`);
  }
  if (typeof blockHash !== 'string' || !/^[0-9a-f]{64}$/i.test(blockHash)) {
    throw new InvalidParameter('block_hash', '32 bytes in hex');
  }
  return {blockHeight, blockHash: blockHash.toLowerCase()};
}

function checkSigner(key: string, message: Uint8Array, signature: unknown): void {
  const signer = typeof signature === 'string' ? recoverKey(message, signature) : undefined;
  if (signer === key) return;
  const reason = signer === undefined ? 'key_not_recovered' : 'other_key';
  throw new Rejection('TOWER_INVALID_PROOF', 'the signature is not one of the device over this request', {
    facts: {reason, key},
  });
}
