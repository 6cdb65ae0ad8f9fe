import {createHash} from 'node:crypto';
import type {AppointmentContent} from '../crypto/user-message.js';
import type {AppointmentRow} from '../store/appointment-row.js';
import {InvalidParameter} from './rejections.js';
import {maxU32} from './settings.js';
import {slotBytes, slotsOf} from './slots.js';

/** Largest blob that can be counted, 16 MiB; what a stranger may send is bounded tighter where it comes in. */
export const maxBlobBytes = slotBytes * 8192;
/** A message signature has 104 characters in zbase32 and 130 in hex. */
const maxSignatureCharacters = 130;

/** What a user deposits. */
export interface Deposit extends AppointmentContent {
  /** His signature over it, as the exact text that was received: the receipt covers this text. */
  readonly signature: string;
}

/** A deposit as it will be stored, up to what depends on who sends it and when. */
export interface CheckedDeposit {
  readonly locator: string;
  readonly encryptedBlob: Uint8Array;
  readonly row: Omit<AppointmentRow, 'userId' | 'startBlock' | 'device'>;
}

/** @throws InvalidParameter naming the part that is not as it must be. */
export function checkedDeposit({locator, encryptedBlob, toSelfDelay, signature}: Deposit): CheckedDeposit {
  if (encryptedBlob.length > maxBlobBytes) {
    throw new InvalidParameter('encrypted_blob', `at most ${maxBlobBytes} bytes`);
  }
  if (!Number.isInteger(toSelfDelay) || toSelfDelay < 0 || toSelfDelay > maxU32) {
    throw new InvalidParameter('to_self_delay', `a whole number from 0 to ${maxU32}`);
  }
  if (!/^[\x21-\x7e]+$/.test(signature) || signature.length > maxSignatureCharacters) {
    throw new InvalidParameter('signature', `at most ${maxSignatureCharacters} characters of printable ASCII`);
  }
  return {
    locator: checkedLocator(locator),
    encryptedBlob,
    row: {
      slots: slotsOf(encryptedBlob.length),
      toSelfDelay,
      blobBytes: encryptedBlob.length,
      blobHash: createHash('sha256').update(encryptedBlob).digest('hex'),
      signature,
    },
  };
}

/** The locator in lower case. @throws InvalidParameter unless it is 16 bytes in hex. */
export function checkedLocator(locator: string): string {
  if (!/^[0-9a-f]{32}$/i.test(locator)) throw new InvalidParameter('locator', '16 bytes in hex');
  return locator.toLowerCase();
}
