import {doubleSha256} from './header.js';

/**
 * Root of Bitcoin's merkle tree over hashes in internal order. An odd row is completed with its last hash, so a list
 * whose end is doubled can have the root of the honest list: `isMutated` tells (CVE-2012-2459).
 */
export function merkleRootOf(leaves: readonly Uint8Array[]): {root: Uint8Array; isMutated: boolean} {
  let row: Uint8Array[] = [...leaves];
  let isMutated = false;
  while (row.length > 1) {
    const next: Uint8Array[] = [];
    for (let i = 0; i < row.length; i += 2) {
      const left = row[i] as Uint8Array;
      const right = row[i + 1];
      if (right !== undefined && Buffer.compare(left, right) === 0) isMutated = true;
      next.push(doubleSha256(Buffer.concat([left, right ?? left])));
    }
    row = next;
  }
  return {root: row[0] ?? Buffer.alloc(32), isMutated};
}
