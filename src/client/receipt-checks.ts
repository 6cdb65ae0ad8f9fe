import {recoverKey} from '../crypto/message-signature.js';
import {appointmentMessage} from '../crypto/user-message.js';
import type {Appointment, Subscription} from './answers.js';
import type {CallOptions} from './connection.js';
import {quoted, towerErrorCodes, TowerRefusal} from './errors.js';
import {patiently} from './patience.js';
import {brokenAt, type PromisedSubscription, promisedSubscriptions} from './promised-subscriptions.js';
import {type AppointmentReceipt, isSigned, type Receipt} from './receipt.js';
import {type AskedForStanding, isRefused, type Refused, standingOf} from './standing.js';

/**
 * What has become of a promise.
 *
 * - `kept`: the tower has what it promised.
 * - `answered`: the tower has answered a breach with it.
 * - `replaced`: a later receipt has taken its place.
 * - `ended`: it belongs to a subscription that has ended, when it was promised to or later.
 * - `lost`: the tower does not have it, although the promise goes on, or has ended it too early.
 * - `altered`: the tower has something else in its place, or an older version of it.
 * - `forged`: the tower has not signed the receipt, so it is none.
 * - `unknown`: the tower does not know the key, and no height is known: `lost` below `promisedUntil`, else `ended`.
 */
export type Finding = 'kept' | 'answered' | 'replaced' | 'ended' | 'lost' | 'altered' | 'forged' | 'unknown';

/** Findings that a tower has to explain. */
export const brokenFindings: readonly Finding[] = ['lost', 'altered', 'forged', 'unknown'];

export interface ReceiptCheck {
  readonly receipt: Receipt;
  readonly finding: Finding;
  /** The height until which the subscription was promised, by the receipts; none for a forged one. */
  readonly promisedUntil?: number;
  /** What the tower has, or says, instead; with `lost`, `unknown`, and `ended` where the tower refuses to answer. */
  readonly reason?: string;
}

export interface VerifyOptions extends CallOptions {
  /**
   * The height of the chain, from somebody else than the tower. It counts where the tower no longer knows the key.
   * @default what the tower says, if it says it
   */
  readonly height?: number | undefined;
}

interface Asked extends AskedForStanding {
  getAppointment(locator: string, options: CallOptions): Promise<Appointment>;
}

/** A finding with its reason. */
type Judgement = Pick<ReceiptCheck, 'finding' | 'reason'>;

/** Holds receipts, oldest first, against what their tower has now. Asks for one appointment after the other. */
export async function checkReceipts(
  receipts: readonly Receipt[],
  tower: Asked,
  {height, ...options}: VerifyOptions,
): Promise<ReceiptCheck[]> {
  const signed = receipts.filter(isSigned);
  if (signed.length === 0) return receipts.map((receipt) => ({receipt, finding: 'forged'}));
  const promised = promisedSubscriptions(signed);
  const standing = await standingOf(tower, height, options);
  const checks = new Map<Receipt, ReceiptCheck>();
  const put = (receipt: Receipt, subscription: PromisedSubscription | undefined, judgement: Judgement) =>
    checks.set(receipt, {receipt, promisedUntil: untilOf(receipt, subscription), ...judgement});
  const current = new Map(promised.all.map((subscription) => [subscription, new Array<ReceiptCheck>()]));
  for (const versions of byLocator(signed).values()) {
    const newest = versions.at(-1)!;
    const subscription = promised.of(newest);
    const judgement = await judgeAppointment(newest, subscription, standing, tower, options);
    for (const version of versions) put(version, promised.of(version), olderThan(judgement));
    put(newest, subscription, judgement);
    if (subscription !== undefined) current.get(subscription)!.push(checks.get(newest)!);
  }
  for (const subscription of promised.all) {
    const {registrations, furthest} = subscription;
    const judgement = judgeSubscription(subscription, standing, current.get(subscription)!);
    for (const registration of registrations) put(registration, subscription, olderThan(judgement));
    put(furthest, subscription, judgement);
  }
  return receipts.map((receipt) => checks.get(receipt) ?? {receipt, finding: 'forged'});
}

const olderThan = ({finding}: Judgement): Judgement => ({finding: finding === 'ended' ? 'ended' : 'replaced'});

const untilOf = (receipt: Receipt, subscription: PromisedSubscription | undefined): number =>
  (subscription?.furthest ?? receipt).subscriptionExpiry;

async function judgeAppointment(
  receipt: AppointmentReceipt,
  subscription: PromisedSubscription | undefined,
  standing: Subscription | Refused,
  tower: Asked,
  options: CallOptions,
): Promise<Judgement> {
  const began = subscription && brokenAt(subscription);
  if (subscription?.next !== undefined && began === undefined) return {finding: 'ended'};
  if (isRefused(standing)) return judgeRefused(untilOf(receipt, subscription), began, standing);
  const finding = await ask(receipt, tower, options);
  if (finding !== 'lost') return {finding};
  return {finding, reason: began === undefined ? 'the tower has no such appointment' : anew(began)};
}

/** @param appointments the newest of what was deposited under the subscription */
function judgeSubscription(
  subscription: PromisedSubscription,
  standing: Subscription | Refused,
  appointments: readonly ReceiptCheck[],
): Judgement {
  const until = subscription.furthest.subscriptionExpiry;
  const began = brokenAt(subscription);
  if (subscription.next !== undefined && began === undefined) return {finding: 'ended'};
  if (isRefused(standing)) return judgeRefused(until, began, standing);
  if (standing.subscriptionExpiry < until) {
    return {finding: 'lost', reason: `the tower says that it expires at ${standing.subscriptionExpiry}`};
  }
  if (began === undefined) return {finding: 'kept'};
  // It has another start, but holds what was deposited before: it is the same.
  const wentOn = appointments.some(({finding}) => finding === 'kept' || finding === 'answered');
  return wentOn ? {finding: 'replaced'} : {finding: 'lost', reason: anew(began)};
}

const anew = (height: number): string => `the tower began another subscription at ${height}`;

function judgeRefused(until: number, began: number | undefined, {text, expiredAt, height}: Refused): Judgement {
  if (began !== undefined) return {finding: 'lost', reason: anew(began)};
  const reached = height ?? expiredAt;
  const at = height === undefined ? '' : `at height ${height} `;
  const reason = `${at}the tower says: ${quoted(text)}`;
  if (expiredAt !== undefined && expiredAt < until) return {finding: 'lost', reason};
  if (reached === undefined) return {finding: 'unknown', reason};
  return {finding: reached >= until ? 'ended' : 'lost', reason};
}

function byLocator(receipts: readonly Receipt[]): Map<string, AppointmentReceipt[]> {
  const versions = new Map<string, AppointmentReceipt[]>();
  for (const receipt of receipts) {
    if (receipt.type !== 'appointment') continue;
    const before = versions.get(receipt.locator);
    if (before === undefined) versions.set(receipt.locator, [receipt]);
    else before.push(receipt);
  }
  return versions;
}

async function ask(receipt: AppointmentReceipt, tower: Asked, options: CallOptions): Promise<Finding> {
  const {locator, userSignature, key} = receipt;
  let appointment: Appointment;
  try {
    appointment = await patiently(() => tower.getAppointment(locator, options), options);
  } catch (error) {
    if (error instanceof TowerRefusal && error.errorCode === towerErrorCodes.appointmentNotFound) return 'lost';
    throw error;
  }
  if (appointment.status === 'dispute_responded') return 'answered';
  return recoverKey(appointmentMessage(appointment), userSignature) === key ? 'kept' : 'altered';
}
