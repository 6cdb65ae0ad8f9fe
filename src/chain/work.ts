/** The target that a compact `bits` stands for; 0 when it is negative or too large. Source: Bitcoin's arith_uint256. */
export function targetOf(bits: number): bigint {
  const exponent = bits >>> 24;
  const mantissa = BigInt(bits & 0x007fffff);
  if ((bits & 0x00800000) !== 0) return 0n;
  const target = exponent <= 3 ? mantissa >> BigInt(8 * (3 - exponent)) : mantissa << BigInt(8 * (exponent - 3));
  return target < 1n << 256n ? target : 0n;
}

// Consecutive blocks nearly always share their bits, and the arithmetic below is the dear part.
let known: {bits: number; target: bigint; work: bigint} = {bits: 0, target: 0n, work: 0n};

function knowledgeOf(bits: number): typeof known {
  if (known.bits !== bits) {
    const target = targetOf(bits);
    known = {bits, target, work: target === 0n ? 0n : (1n << 256n) / (target + 1n)};
  }
  return known;
}

/** Expected number of hashes behind a block with these `bits`: 2^256 / (target + 1). */
export const workOf = (bits: number): bigint => knowledgeOf(bits).work;

/** Whether a block hash (display order) is at or below the target that its header's `bits` claim. */
export const meetsTarget = (header: {readonly hash: string; readonly bits: number}): boolean =>
  BigInt(`0x${header.hash}`) <= knowledgeOf(header.bits).target;
