import type {AppointmentReceipt, Receipt, RegistrationReceipt} from './receipt.js';

/** What the receipts of one subscription promise together. */
export interface PromisedSubscription {
  /** Height at which it began. */
  readonly start: number;
  /** Oldest first; there is one at least. */
  readonly registrations: readonly RegistrationReceipt[];
  /** The one that promises most: processes that share a folder may write out of order. */
  readonly furthest: RegistrationReceipt;
  /** The one that the tower has promised after it. */
  readonly next: PromisedSubscription | undefined;
}

export interface PromisedSubscriptions {
  /** Oldest first. */
  readonly all: readonly PromisedSubscription[];
  /** The subscription that an appointment was deposited under; undefined when no registration is known. */
  of(receipt: AppointmentReceipt): PromisedSubscription | undefined;
}

/** The height at which the tower began another subscription, although it had promised this one beyond it. */
export const brokenAt = ({furthest, next}: PromisedSubscription): number | undefined =>
  next !== undefined && next.start < furthest.subscriptionExpiry ? next.start : undefined;

/** A reorg moves a height by less than this. Source: the confirmations that payments are usually given. */
const nearBlocks = 6;

interface Group {
  readonly starts: Set<number>;
  readonly registrations: RegistrationReceipt[];
  /** As told last, by whichever receipt. */
  slotsLeft: number;
}

/** @param receipts oldest first */
export function promisedSubscriptions(receipts: readonly Receipt[]): PromisedSubscriptions {
  const groups: Group[] = [];
  const groupBefore = new Map<AppointmentReceipt, Group>();
  for (const receipt of receipts) {
    const group = receipt.type === 'registration' ? groupFor(receipt, groups) : groups.at(-1);
    if (group === undefined) continue;
    group.slotsLeft = receipt.availableSlots;
    if (receipt.type === 'registration') group.registrations.push(receipt);
    else groupBefore.set(receipt, group);
  }
  const all: PromisedSubscription[] = [];
  const byGroup = new Map<Group, PromisedSubscription>();
  for (const group of groups.toReversed()) {
    const {registrations} = group;
    const furthest = registrations.reduce((far, one) => (one.subscriptionExpiry > far.subscriptionExpiry ? one : far));
    const subscription = {start: registrations[0]!.subscriptionStart, registrations, furthest, next: all[0]};
    byGroup.set(group, subscription);
    all.unshift(subscription);
  }
  return {
    all,
    of(receipt) {
      const group = groupBefore.get(receipt);
      const before = group === undefined ? all[0] : byGroup.get(group);
      if (before === undefined || receipt.startBlock < before.furthest.subscriptionExpiry) return before;
      // Another process has deposited before the one that registered has written.
      return all.findLast(({start}) => start <= receipt.startBlock) ?? before;
    },
  };
}

/** The group that a registration joins. A renewal leaves the start as it is, so another start is another subscription. */
function groupFor(receipt: RegistrationReceipt, groups: Group[]): Group {
  const last = groups.at(-1);
  if (last !== undefined && (last.starts.has(receipt.subscriptionStart) || isMovedRenewal(receipt, last))) {
    last.starts.add(receipt.subscriptionStart);
    return last;
  }
  const index = groups.findIndex(({starts}) => starts.has(receipt.subscriptionStart));
  const group = index < 0 ? undefined : groups.splice(index, 1)[0];
  const joined = group ?? {starts: new Set([receipt.subscriptionStart]), registrations: [], slotsLeft: 0};
  groups.push(joined);
  return joined;
}

/** Whether it adds to the subscription as a renewal does, from a start that a reorg may have moved. */
function isMovedRenewal(receipt: RegistrationReceipt, {registrations, slotsLeft}: Group): boolean {
  const last = registrations.at(-1)!;
  return (
    Math.abs(receipt.subscriptionStart - last.subscriptionStart) < nearBlocks &&
    receipt.subscriptionExpiry > last.subscriptionExpiry &&
    receipt.availableSlots - slotsLeft >= registrations[0]!.availableSlots
  );
}
