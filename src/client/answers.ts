import {z} from 'zod';
import {isPublicKey} from '../crypto/public-key.js';

/** A height, a number of slots, an id. */
export const u32 = z.int().min(0).max(0xffff_ffff);
const bytes = (pattern: RegExp, what: string) =>
  z
    .string()
    .regex(pattern, `must be ${what} in hex`)
    .transform((text) => text.toLowerCase());
export const key = z
  .string()
  .refine(isPublicKey, 'must be a compressed public key in hex')
  .transform((text) => text.toLowerCase());
const locator = bytes(/^[\da-f]{32}$/i, '16 bytes');
/** As bitcoind prints it: display order. */
export const hash = bytes(/^[\da-f]{64}$/i, '32 bytes');
const blob = bytes(/^([\da-f]{2})*$/i, 'bytes').transform((text): Uint8Array => Buffer.from(text, 'hex'));

const fact = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/**
 * What a tower says no with. Towers that are older than rust-teos count their codes below zero; Bartizan adds a code of
 * its own, and facts, where devices ask for authorization.
 */
export const refusalAnswer = z
  .object({
    error: z.string(),
    error_code: z.int().min(-255).max(255),
    code: z
      .string()
      .regex(/^TOWER_[A-Z_]{1,60}$/)
      .optional()
      .catch(undefined),
    facts: z.record(z.string(), fact).optional().catch(undefined),
  })
  .transform(({error, error_code, code, facts}) => ({
    text: error,
    errorCode: error_code,
    towerCode: code,
    towerFacts: facts,
  }));

export const registrationAnswer = z
  .object({
    user_id: key,
    available_slots: u32,
    subscription_start: u32,
    subscription_expiry: u32,
    subscription_signature: z.string(),
  })
  .transform((answer) => ({
    key: answer.user_id,
    availableSlots: answer.available_slots,
    subscriptionStart: answer.subscription_start,
    subscriptionExpiry: answer.subscription_expiry,
    signature: answer.subscription_signature,
  }));

export const depositAnswer = z
  .object({locator, start_block: u32, signature: z.string(), available_slots: u32, subscription_expiry: u32})
  .transform((answer) => ({
    locator: answer.locator,
    startBlock: answer.start_block,
    signature: answer.signature,
    availableSlots: answer.available_slots,
    subscriptionExpiry: answer.subscription_expiry,
  }));

const watched = z
  .object({
    status: z.literal('being_watched'),
    appointment: z.object({locator, encrypted_blob: blob, to_self_delay: u32}),
  })
  .transform(({status, appointment}) => ({
    status,
    locator: appointment.locator,
    encryptedBlob: appointment.encrypted_blob,
    toSelfDelay: appointment.to_self_delay,
  }));

const answered = z
  .object({
    status: z.literal('dispute_responded'),
    appointment: z.object({dispute_txid: hash, penalty_txid: hash, penalty_rawtx: blob}),
  })
  .transform(({status, appointment}) => ({
    status,
    disputeTxid: appointment.dispute_txid,
    penaltyTxid: appointment.penalty_txid,
    penaltyTx: appointment.penalty_rawtx,
  }));

export const appointmentAnswer = z.union([watched, answered]);

export const subscriptionAnswer = z
  .object({available_slots: u32, subscription_expiry: u32, locators: z.array(locator)})
  .transform((answer) => ({
    availableSlots: answer.available_slots,
    subscriptionExpiry: answer.subscription_expiry,
    locators: answer.locators,
  }));

/** An appointment as the tower has it. Transaction ids are in display order. */
export type Appointment = z.output<typeof appointmentAnswer>;

/** A subscription as the tower has it. Locators of breaches that it has answered are among the others. */
export type Subscription = z.output<typeof subscriptionAnswer>;

/** What is wrong with an answer, by place, in one line; none of it is the answer's own text. */
export const flawsOf = (error: z.ZodError): string =>
  error.issues.map(({path, message}) => `${path.map(String).join('.') || 'the answer'}: ${message}`).join('; ');
