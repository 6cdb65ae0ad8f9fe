import {locatorOf} from '../crypto/locator.js';
import {encryptPenalty} from '../crypto/penalty.js';
import type {AppointmentContent} from '../crypto/user-message.js';
import {Rejection} from '../errors/index.js';

/** What the Core Lightning plugin of rust-teos sends; towers keep it and make nothing of it. */
export const defaultToSelfDelay = 42;

/**
 * What a user deposits: a transaction that may be seen, with the one that answers it, which is encrypted here; or what
 * has been made of them already. Transaction ids are in display order.
 */
export type Deposit = {
  /** Blocks, u32. @default 42 */
  readonly toSelfDelay?: number | undefined;
} & (
  | {readonly disputeTxid: string; readonly penaltyTx: Uint8Array}
  | {
      /** 16 bytes in hex. */
      readonly locator: string;
      readonly encryptedBlob: Uint8Array;
    }
);

/** @throws Rejection TOWER_INVALID_PARAMETER */
export function contentOf(deposit: Deposit): AppointmentContent {
  const {toSelfDelay = defaultToSelfDelay} = deposit;
  if (!Number.isInteger(toSelfDelay) || toSelfDelay < 0 || toSelfDelay > 0xffff_ffff) {
    throw invalid('toSelfDelay', 'must be a whole number from 0 to 4294967295');
  }
  if ('disputeTxid' in deposit) {
    const {disputeTxid, penaltyTx} = deposit;
    if (!isHex(disputeTxid, 64)) throw invalid('disputeTxid', 'must be 64 characters of hex');
    if (!isBytes(penaltyTx)) throw invalid('penaltyTx', 'must be bytes, and not empty');
    return {locator: locatorOf(disputeTxid), encryptedBlob: encryptPenalty(disputeTxid, penaltyTx), toSelfDelay};
  }
  if (!isBytes(deposit.encryptedBlob)) throw invalid('encryptedBlob', 'must be bytes, and not empty');
  return {locator: checkedLocator(deposit.locator), encryptedBlob: deposit.encryptedBlob, toSelfDelay};
}

/** @throws Rejection TOWER_INVALID_PARAMETER */
export function checkedLocator(locator: string): string {
  if (!isHex(locator, 32)) throw invalid('locator', 'must be 32 characters of hex');
  return locator.toLowerCase();
}

const isHex = (text: unknown, characters: number): boolean =>
  typeof text === 'string' && text.length === characters && /^[\da-f]+$/i.test(text);

const isBytes = (value: unknown): boolean => value instanceof Uint8Array && value.length > 0;

const invalid = (parameter: string, must: string): Rejection =>
  new Rejection('TOWER_INVALID_PARAMETER', `${parameter} ${must}`, {facts: {parameter}});
