import {recoverKey} from '../../../../src/crypto/message-signature.js';
import {appointmentReceipt} from '../../../../src/crypto/receipt.js';
import {appointmentMessage, appointmentQuestion, subscriptionQuestion} from '../../../../src/crypto/user-message.js';
import {locator, publicKey, signingKey} from '../../../support/keys.js';
import type {WireRequest} from './wire.js';

/** What user n asks, signed, n from 1. */
export const registerRequest = (n: number): WireRequest => post('/register', {user_id: publicKey(n)});

interface Deposit {
  readonly n: number;
  /** @default 1 */
  readonly place?: number;
  readonly blob?: Buffer;
  readonly toSelfDelay?: number;
}

export function addRequest({n, place = 1, blob = Buffer.alloc(100, 7), toSelfDelay = 42}: Deposit): WireRequest {
  const content = {locator: locator(place), encryptedBlob: blob, toSelfDelay};
  return post('/add_appointment', {
    appointment: {locator: content.locator, encrypted_blob: blob.toString('hex'), to_self_delay: toSelfDelay},
    signature: signingKey(n).sign(appointmentMessage(content)),
  });
}

export const getRequest = (n: number, place = 1): WireRequest =>
  post('/get_appointment', {
    locator: locator(place),
    signature: signingKey(n).sign(appointmentQuestion(locator(place))),
  });

export const infoRequest = (n: number): WireRequest =>
  post('/get_subscription_info', {signature: signingKey(n).sign(subscriptionQuestion())});

const post = (path: string, body: object): WireRequest => ({method: 'POST', path, body: JSON.stringify(body)});

/** The key that has signed the receipt for a deposit. */
export function signerOf(request: WireRequest, answer: unknown): string | undefined {
  const {signature: userSignature} = JSON.parse(String(request.body)) as {signature: string};
  const {start_block: startBlock, signature} = answer as {start_block: number; signature: string};
  return recoverKey(appointmentReceipt({userSignature, startBlock}), signature);
}
