import {createHash} from 'node:crypto';
import {appointmentMessage} from '../../src/crypto/index.js';
import type {Deposit} from '../../src/gatekeeper/index.js';
import {encodeAppointment, layout, type Row} from '../../src/store/index.js';
import {fakeKey, locator, signingKey} from './keys.js';

const toSelfDelay = 42;

/** A deposit that nobody has signed, for tests in which nobody looks at the signature. */
export const unsigned = (locator: string, {blobBytes}: {readonly blobBytes: number}): Deposit => ({
  locator,
  encryptedBlob: Buffer.alloc(blobBytes, 0xb1),
  toSelfDelay,
  signature: 'y'.repeat(104),
});

/** What the n-th test user would send. */
export function signedBy(user: number, content: Partial<Omit<Deposit, 'signature'>> = {}): Deposit {
  const whole = {locator: locator(1), encryptedBlob: Buffer.from('blob'), toSelfDelay, ...content};
  return {...whole, signature: signingKey(user).sign(appointmentMessage(whole))};
}

/** The rows of an appointment of one slot, for stores that are written directly. */
export function rowsOfAppointment({
  userId,
  subscription,
  locator,
}: {
  readonly userId: number;
  readonly subscription: number;
  readonly locator: string;
}): Row[] {
  const blob = Buffer.from(locator);
  const row = {
    ...{userId, slots: 1, startBlock: 100, toSelfDelay, blobBytes: blob.length},
    ...{blobHash: createHash('sha256').update(blob).digest('hex'), device: fakeKey(userId), signature: 'y'},
  };
  return [
    [layout.appointmentKey(subscription, locator), encodeAppointment(row)],
    [layout.blobKey(subscription, locator), blob],
    [layout.locatorKey(locator, subscription), new Uint8Array(0)],
  ];
}
