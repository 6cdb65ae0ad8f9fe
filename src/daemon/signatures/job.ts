/*
 * What travels between the tower and its thread for signatures: jobs, and their results in the same order, each of one
 * size, so that a batch of them is one buffer that changes hands instead of being copied.
 */

const digestBytes = 32;
/** Recovery id, r, s. */
const recoverableBytes = 65;
const keyBytes = 33;

/** To recover the key that made a signature over a digest, or to sign the digest. */
export interface Job {
  readonly digest: Uint8Array;
  /** The signature; without one, it is asked for. */
  readonly recoverable?: Uint8Array;
}

/** A recoverable signature, or a compressed key; undefined if no key signs so. */
export type Result = Uint8Array | undefined;

/** Whether it recovers, digest, signature. */
const jobBytes = 1 + digestBytes + recoverableBytes;
/** Length of the result, result. */
const resultBytes = 1 + recoverableBytes;

export function packJobs(jobs: readonly Job[]): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(jobs.length * jobBytes);
  for (const [i, {digest, recoverable}] of jobs.entries()) {
    const at = i * jobBytes;
    packed.set(digest, at + 1);
    if (recoverable === undefined) continue;
    packed[at] = 1;
    packed.set(recoverable, at + 1 + digestBytes);
  }
  return packed;
}

export const unpackJobs = (packed: Uint8Array): Job[] =>
  Array.from({length: packed.length / jobBytes}, (_, i) => {
    const job = packed.subarray(i * jobBytes, (i + 1) * jobBytes);
    const digest = job.subarray(1, 1 + digestBytes);
    return job[0] === 1 ? {digest, recoverable: job.subarray(1 + digestBytes)} : {digest};
  });

export function packResults(results: readonly Result[]): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(results.length * resultBytes);
  for (const [i, result] of results.entries()) {
    if (result === undefined) continue;
    packed[i * resultBytes] = result.length;
    packed.set(result, i * resultBytes + 1);
  }
  return packed;
}

export const unpackResults = (packed: Uint8Array): Result[] =>
  Array.from({length: packed.length / resultBytes}, (_, i) => {
    const at = i * resultBytes;
    const length = packed[at]!;
    return length === keyBytes || length === recoverableBytes ? packed.subarray(at + 1, at + 1 + length) : undefined;
  });
