import {recoverKey} from '../../crypto/message-signature.js';
import {Rejection} from '../../errors/index.js';
import type {RequestKind} from '../../store/layout.js';
import {InvalidParameter} from '../rejections.js';
import {maxU32} from '../settings.js';
import {checkInfo} from './info.js';
import {isRequestKind} from './level.js';
import {checkNodeInfo} from './node-info.js';
import {infoHashOf, proofMessage} from './proof.js';
import type {Submission} from './views.js';

/** A submission whose form and signature are right; whether its block is recent, the store tells. */
export interface CheckedSubmission {
  readonly kind: RequestKind;
  readonly key: string;
  readonly info: string | null;
  readonly infoHash: string | null;
  readonly nodeInfo: string;
  readonly blockHeight: number;
  readonly blockHash: string;
}

/**
 * @throws Rejection TOWER_UNKNOWN_KIND, TOWER_INVALID_INFO, TOWER_INVALID_NODE_INFO, TOWER_INVALID_PROOF;
 * InvalidParameter
 */
export function checkSubmission(submission: Submission, towerId: string): CheckedSubmission {
  const {kind, nodeInfo, blockHeight, signature} = submission;
  if (!isRequestKind(kind)) {
    throw new Rejection('TOWER_UNKNOWN_KIND', 'the kind of the request is none of user_signup, user_login, new_node');
  }
  const info = checkInfo(kind, submission.info);
  const {publicKey: key} = checkNodeInfo(nodeInfo);
  if (!Number.isInteger(blockHeight) || blockHeight < 0 || blockHeight > maxU32) {
    throw new InvalidParameter('block_height', `a whole number from 0 to ${maxU32}`);
  }
  if (typeof submission.blockHash !== 'string' || !/^[0-9a-f]{64}$/i.test(submission.blockHash)) {
    throw new InvalidParameter('block_hash', '32 bytes in hex');
  }
  const blockHash = submission.blockHash.toLowerCase();
  const message = proofMessage({towerId, kind, blockHash, info: info ?? '', nodeInfo});
  const signer = typeof signature === 'string' ? recoverKey(message, signature) : undefined;
  if (signer !== key) {
    const reason = signer === undefined ? 'key_not_recovered' : 'other_key';
    throw new Rejection('TOWER_INVALID_PROOF', 'the signature is not one of the device over this request', {
      facts: {reason, key},
    });
  }
  return {kind, key, info, infoHash: info === null ? null : infoHashOf(info), nodeInfo, blockHeight, blockHash};
}
