import {z} from 'zod';

const rate = (most: number) => z.number().min(0).max(most);
const share = z.number().min(0).max(1);
const whole = (from: number, to: number) => z.int().min(from).max(to);

/** What happens to a tower in a block, on average, and who its users are. */
export const loadSchema = z.strictObject({
  /** Users who arrive, a block. */
  arrivals: rate(1_000),
  /** The part of subscriptions that are renewed when they come to their end. */
  renewals: share,
  /** Appointments that all users together send, a block. */
  deposits: rate(10_000),
  /** Channels of a user: an appointment of one replaces the one before. */
  channels: whole(1, 10_000),
  /** The largest blob, in bytes; they are spread evenly from 100 on. */
  blobBytes: whole(100, 65_536),
  /** The part of requests that the policy approves, where the tower asks for an authorization. */
  approvals: share,
  /** The most blocks that the policy thinks about a request; spread evenly from 0 on. */
  policyBlocks: whole(0, 1_000),
  /** Reorgs, a block. */
  reorgs: share,
  /** The deepest of them; half of them are one block deep, a quarter two, and so on. */
  reorgDepth: whole(1, 100),
});

export type Load = z.output<typeof loadSchema>;

export const defaultLoad: Load = {
  arrivals: 1,
  renewals: 0.7,
  deposits: 5,
  channels: 5,
  blobBytes: 4_096,
  approvals: 0.9,
  policyBlocks: 1,
  reorgs: 0.01,
  reorgDepth: 6,
};
