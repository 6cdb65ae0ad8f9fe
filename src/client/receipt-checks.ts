import {setTimeout as delay} from 'node:timers/promises';
import {recoverKey} from '../crypto/message-signature.js';
import {appointmentMessage} from '../crypto/user-message.js';
import type {Appointment, Subscription} from './answers.js';
import type {CallOptions} from './connection.js';
import {towerErrorCodes, TowerRefusal} from './errors.js';
import {type AppointmentReceipt, isSigned, type Receipt, type RegistrationReceipt} from './receipt.js';

/**
 * What has become of a promise.
 *
 * - `kept`: the tower has what it promised.
 * - `answered`: the tower has answered a breach with it.
 * - `replaced`: a later receipt has taken its place.
 * - `ended`: it belongs to a subscription that has ended.
 * - `lost`: the tower does not have it.
 * - `altered`: the tower has something else in its place, or an older version of it.
 * - `forged`: the tower has not signed the receipt, so it is none.
 */
export type Finding = 'kept' | 'answered' | 'replaced' | 'ended' | 'lost' | 'altered' | 'forged';

/** Findings that a tower has to explain. */
export const brokenFindings: readonly Finding[] = ['lost', 'altered', 'forged'];

export interface ReceiptCheck {
  readonly receipt: Receipt;
  readonly finding: Finding;
}

interface Asked {
  getAppointment(locator: string, options: CallOptions): Promise<Appointment>;
  subscriptionInfo(options: CallOptions): Promise<Subscription>;
}

/** Whoever says "too often" says when to come back; more patience than this is not asked for by any tower. */
const longestPauseSeconds = 60;
/** A tower that still says so after this many pauses has no time for us. */
const maxPauses = 10;

/** Holds receipts, oldest first, against what their tower has now. Asks for one appointment after the other. */
export async function checkReceipts(
  receipts: readonly Receipt[],
  tower: Asked,
  options: CallOptions,
): Promise<ReceiptCheck[]> {
  const signed = receipts.filter(isSigned);
  if (signed.length === 0) return receipts.map((receipt) => ({receipt, finding: 'forged'}));
  const {subscriptionExpiry} = await patiently(() => tower.subscriptionInfo(options), options);
  const registrations = signed.filter((receipt) => receipt.type === 'registration');
  const latest = latestOf(registrations);
  const findings = new Map<Receipt, Finding>();
  for (const registration of registrations)
    findings.set(registration, findingOf(registration, latest!, subscriptionExpiry));
  for (const versions of byLocator(signed).values()) {
    const isOver = latest !== undefined && versions.at(-1)!.startBlock < latest.subscriptionStart;
    versions.forEach((version) => findings.set(version, isOver ? 'ended' : 'replaced'));
    if (!isOver) findings.set(versions.at(-1)!, await ask(versions.at(-1)!, tower, options));
  }
  return receipts.map((receipt) => ({receipt, finding: findings.get(receipt) ?? 'forged'}));
}

/** Of the last subscription the one that promises most: processes that share a folder may write out of order. */
function latestOf(registrations: readonly RegistrationReceipt[]): RegistrationReceipt | undefined {
  const start = registrations.at(-1)?.subscriptionStart;
  return registrations
    .filter(({subscriptionStart}) => subscriptionStart === start)
    .sort((a, b) => b.subscriptionExpiry - a.subscriptionExpiry)[0];
}

/** A renewal leaves the start as it is, so another start is another subscription. */
function findingOf(registration: RegistrationReceipt, latest: RegistrationReceipt, expiry: number): Finding {
  if (registration.subscriptionStart !== latest.subscriptionStart) return 'ended';
  if (registration !== latest) return 'replaced';
  return expiry >= registration.subscriptionExpiry ? 'kept' : 'lost';
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

async function patiently<Answer>(call: () => Promise<Answer>, {signal}: CallOptions): Promise<Answer> {
  for (let pauses = 0; ; pauses++) {
    try {
      return await call();
    } catch (error) {
      const isTooOften = error instanceof TowerRefusal && error.httpStatus === 429;
      if (!isTooOften || pauses === maxPauses) throw error;
      const seconds = Math.min(error.retryAfterSeconds ?? 1, longestPauseSeconds);
      await delay(seconds * 1_000, undefined, signal === undefined ? {} : {signal}).catch(() =>
        signal?.throwIfAborted(),
      );
    }
  }
}
