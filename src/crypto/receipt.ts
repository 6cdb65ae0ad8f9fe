import {assert} from '../errors/index.js';

const maxU32 = 0xffff_ffff;

export interface RegistrationPromise {
  /** Compressed public key, 33 bytes in hex. */
  readonly userKey: string;
  /** The balance after the registration, u32. */
  readonly availableSlots: number;
  /** Heights, u32. */
  readonly subscriptionStart: number;
  readonly subscriptionExpiry: number;
}

export interface AppointmentPromise {
  /** The user's signature over the appointment, as the exact text that was received. */
  readonly userSignature: string;
  /** Height from which the tower watches, u32. */
  readonly startBlock: number;
}

const keyPattern = /^0[23][0-9a-f]{64}$/i;
const asciiPattern = /^[\x21-\x7e]+$/;

/** What the tower signs for a registration, 45 bytes: key, slots, start, expiry. Source: rust-teos. */
export function registrationReceipt(promise: RegistrationPromise): Uint8Array {
  assert(keyPattern.test(promise.userKey), 'a receipt is for a compressed public key in hex');
  return Buffer.concat([
    Buffer.from(promise.userKey, 'hex'),
    u32('available slots', promise.availableSlots),
    u32('subscription start', promise.subscriptionStart),
    u32('subscription expiry', promise.subscriptionExpiry),
  ]);
}

/**
 * What the tower signs for an appointment: the user's signature as text, then the start block; 108 bytes when the
 * signature is zbase32. Source: rust-teos.
 */
export function appointmentReceipt(promise: AppointmentPromise): Uint8Array {
  assert(asciiPattern.test(promise.userSignature), 'a receipt covers a signature in printable ASCII');
  return Buffer.concat([Buffer.from(promise.userSignature, 'ascii'), u32('start block', promise.startBlock)]);
}

function u32(name: string, value: number): Buffer {
  assert(Number.isInteger(value) && value >= 0 && value <= maxU32, `${name} must be a u32, not ${value}`);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
