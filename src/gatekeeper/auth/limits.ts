/** Requests that a device may replace one after the other while none of them is decided. */
export const maxRevisions = 10;

/** Devices of one user: far more than a person has, and one row still holds them all. */
export const maxDevices = 100;

/** Blocks for which a closed request is kept, so that its device and the operator can look at it: a month. */
export const requestKeptBlocks = 4_320;

/** Closed requests kept at most; beyond it the oldest is forgotten early. Denied strangers must not fill the disk. */
export const maxClosedRequests = 1_000_000;

/** Rows that one block deletes at most of what nobody needs any more; the rest waits for the next. */
export const forgottenPerBlock = 10_000;

/** The longest pause between two attempts, in blocks. */
const maxPauseBlocks = 64;

/** Blocks until the next attempt after this many have failed: 1, 2, 4, up to 64. */
export const pauseBlocks = (attempts: number): number => Math.min(2 ** (attempts - 1), maxPauseBlocks);
