import {OperationalError} from '../errors/index.js';
import type {Block} from './block.js';
import {meetsTarget} from './work.js';

/**
 * Checks what a block shows by itself: proof of work for the target that it claims, and a header that commits to its
 * transactions. What needs the chain around it (parent, difficulty, coins) is not looked at.
 * @throws OperationalError TOWER_INVALID_BLOCK
 */
export function verifyBlock(block: Block): void {
  if (!meetsTarget(block.header)) {
    const bits = block.header.bits.toString(16).padStart(8, '0');
    throw new OperationalError(
      'TOWER_INVALID_BLOCK',
      `block ${block.header.hash}: its hash is above the target of its bits, ${bits}`,
    );
  }
  block.verifyMerkleRoot();
}
