import fc from 'fast-check';

/** The prime that coordinates of secp256k1 are taken modulo. */
export const fieldPrime = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2fn;
/** The number of points, which secrets, r and s are taken modulo; it is below the prime. */
export const curveOrder = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const beyond = 2n ** 256n;

/** A number as 32 bytes, the highest first. */
export const word = (n: bigint): Buffer => Buffer.from(n.toString(16).padStart(64, '0'), 'hex');
export const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
export const modulo = (n: bigint, order = curveOrder): bigint => ((n % order) + order) % order;

/** Where an implementation may go wrong: about zero, the order, half of it, the prime, what lies between, and all bits set. */
export const edges: readonly bigint[] = [
  ...[0n, 1n, 2n, 3n, 2n ** 32n, 2n ** 64n - 1n, 2n ** 128n, 2n ** 255n],
  ...[curveOrder / 2n, fieldPrime - curveOrder, curveOrder, fieldPrime].flatMap((n) => [n - 1n, n, n + 1n, n + 2n]),
  beyond - curveOrder,
  beyond - 1n,
];

/** Any 32 bytes, the edges more often than chance would have them. */
export const words = fc.oneof(
  {weight: 3, arbitrary: fc.uint8Array({minLength: 32, maxLength: 32})},
  {weight: 1, arbitrary: fc.constantFrom(...edges).map((n): Uint8Array => word(n))},
);

const edgeSecrets = edges.filter((n) => n > 0n && n < curveOrder);

/** Secrets of the curve as numbers, the first and the last more often than chance would have them. */
export const secrets = fc.oneof(
  {weight: 3, arbitrary: fc.bigInt({min: 1n, max: curveOrder - 1n})},
  {weight: 1, arbitrary: fc.constantFrom(...edgeSecrets, curveOrder - 2n)},
);
