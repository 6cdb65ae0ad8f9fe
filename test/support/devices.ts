import {infoHashOf, proofMessage} from '../../src/crypto/proof.js';
import type {RequestDetails, Submission} from '../../src/gatekeeper/auth/views.js';
import type {RequestKind} from '../../src/store/layout.js';
import {publicKey, signingKey} from './keys.js';
import type {World} from './world.js';

export {infoHashOf};

export interface Ask {
  /** The n-th test key. */
  readonly device: number;
  readonly kind?: RequestKind;
  /** @default 'info' for a signup or login */
  readonly info?: string;
  /** Fields of node_info besides public_key. */
  readonly node?: Readonly<Record<string, unknown>>;
  /** Blocks below the tip that the proof names. @default 0 */
  readonly age?: number;
  /** Who signs. @default the device */
  readonly signer?: number;
}

/** What a device sends, signed. */
export function submissionOf(world: World, ask: Ask): Submission {
  const {source, tower} = world;
  return submissionTo({id: tower.id, tip: source.at(source.tip.height - (ask.age ?? 0))}, ask);
}

/** What a device sends to a tower, signed over this block. */
export function submissionTo(
  {id: towerId, tip}: {readonly id: string; readonly tip: {readonly height: number; readonly hash: string}},
  {device, kind = 'user_signup', ...ask}: Omit<Ask, 'age'>,
): Submission {
  const nodeInfo = JSON.stringify({public_key: publicKey(device), ...ask.node});
  const info = kind === 'new_node' ? undefined : (ask.info ?? 'info');
  const fields = {towerId, kind, blockHash: tip.hash, info: info ?? '', nodeInfo};
  return {
    kind,
    info,
    nodeInfo,
    blockHeight: tip.height,
    blockHash: tip.hash,
    signature: signingKey(ask.signer ?? device).sign(proofMessage(fields)),
  };
}

export const ask = (world: World, request: Ask): Promise<RequestDetails> =>
  world.tower.auth.submit(submissionOf(world, request));
