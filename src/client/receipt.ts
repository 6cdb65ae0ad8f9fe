import {z} from 'zod';
import {recoverKey} from '../crypto/message-signature.js';
import {appointmentReceipt, registrationReceipt} from '../crypto/receipt.js';

/** What every receipt says: who promised, whom, and what is left to use. Heights and slots are u32. */
interface Promised {
  /** The key that signs for the tower, lower-case hex. */
  readonly towerId: string;
  /** The user's key, lower-case hex. */
  readonly key: string;
  readonly availableSlots: number;
  readonly subscriptionExpiry: number;
  /** The tower's, 104 characters of zbase32. */
  readonly signature: string;
}

/** The tower's word for a subscription. It covers key, slots, start and expiry. */
export interface RegistrationReceipt extends Promised {
  readonly type: 'registration';
  readonly subscriptionStart: number;
}

/** The tower's word for an appointment. It covers the user's signature, and with it the appointment, and the start. */
export interface AppointmentReceipt extends Promised {
  readonly type: 'appointment';
  /** 16 bytes, lower-case hex. */
  readonly locator: string;
  readonly toSelfDelay: number;
  readonly blobBytes: number;
  /** Over locator, blob and delay. */
  readonly userSignature: string;
  /** Height from which the tower watches. */
  readonly startBlock: number;
}

export type Receipt = RegistrationReceipt | AppointmentReceipt;

/** The bytes that the tower signs. */
export function signedBytes(receipt: Receipt): Uint8Array {
  return receipt.type === 'registration'
    ? registrationReceipt({...receipt, userKey: receipt.key})
    : appointmentReceipt(receipt);
}

/** The key that has signed the receipt; undefined when its signature is none. */
export const signerOf = (receipt: Receipt): string | undefined => recoverKey(signedBytes(receipt), receipt.signature);

/** Whether the tower that the receipt names has signed it. */
export const isSigned = (receipt: Receipt): boolean => signerOf(receipt) === receipt.towerId;

const u32 = z.int().min(0).max(0xffff_ffff);
const key = z.string().regex(/^0[23][\da-f]{64}$/);
const signature = z.string().regex(/^[\x21-\x7e]{1,130}$/);
const promised = {
  tower_id: key,
  key,
  available_slots: u32,
  subscription_expiry: u32,
  signature,
};

const line = z.discriminatedUnion('type', [
  z.object({type: z.literal('registration'), ...promised, subscription_start: u32}),
  z.object({
    type: z.literal('appointment'),
    ...promised,
    locator: z.string().regex(/^[\da-f]{32}$/),
    to_self_delay: u32,
    blob_bytes: u32,
    user_signature: signature,
    start_block: u32,
  }),
]);

/** A receipt as one line of JSON, without a line end. */
export function formatReceipt(receipt: Receipt): string {
  const {type, towerId, key: user, availableSlots, subscriptionExpiry, signature: signed} = receipt;
  const common = {
    tower_id: towerId,
    key: user,
    available_slots: availableSlots,
    subscription_expiry: subscriptionExpiry,
  };
  const own =
    receipt.type === 'registration'
      ? {subscription_start: receipt.subscriptionStart}
      : {
          locator: receipt.locator,
          to_self_delay: receipt.toSelfDelay,
          blob_bytes: receipt.blobBytes,
          user_signature: receipt.userSignature,
          start_block: receipt.startBlock,
        };
  return JSON.stringify({type, ...common, ...own, signature: signed});
}

/** @returns undefined for what is no receipt, such as half a line */
export function parseReceipt(text: string): Receipt | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = line.safeParse(json);
  if (!parsed.success) return undefined;
  const {type, tower_id: towerId, key: user, signature: signed} = parsed.data;
  const common = {
    towerId,
    key: user,
    availableSlots: parsed.data.available_slots,
    subscriptionExpiry: parsed.data.subscription_expiry,
    signature: signed,
  };
  if (type === 'registration') return {type, ...common, subscriptionStart: parsed.data.subscription_start};
  const {locator, to_self_delay: toSelfDelay, blob_bytes: blobBytes, user_signature: userSignature} = parsed.data;
  return {type, ...common, locator, toSelfDelay, blobBytes, userSignature, startBlock: parsed.data.start_block};
}
