import {isPublicKey} from '../../crypto/public-key.js';
import {appointmentMessage, appointmentQuestion, subscriptionQuestion} from '../../crypto/user-message.js';
import type {Deposit} from '../../gatekeeper/deposit.js';
import {decode, hex, missingField, optional, struct, text, u32} from './decoder.js';
import {badRequest, Refusal, wireCodes} from './refusal.js';

const keyBytes = 33;
const locatorBytes = 16;

/** What a request says, and the message whose signature proves who sent it. */
interface Signed {
  /** As it was received: a receipt covers the exact text. */
  readonly signature: string;
  readonly message: Uint8Array;
}

const registerRequest = struct('RegisterRequest', {user_id: hex});
const addAppointmentRequest = struct('AddAppointmentRequest', {
  appointment: optional(struct('Appointment', {locator: hex, encrypted_blob: hex, to_self_delay: u32})),
  signature: text,
});
const getAppointmentRequest = struct('GetAppointmentRequest', {locator: hex, signature: text});
const getSubscriptionInfoRequest = struct('GetSubscriptionInfoRequest', {signature: text});

/** The key that registers, lower-case hex. @throws Refusal */
export function registerBody(body: Buffer): string {
  const {user_id: bytes} = decode(body, registerRequest);
  checkSize('user_id', bytes, keyBytes);
  const key = bytes.toString('hex');
  if (isPublicKey(key)) return key;
  throw badRequest(
    wireCodes.wrongFieldFormat,
    'Provided public key does not match expected format (33-byte compressed key)',
  );
}

/** @throws Refusal */
export function addAppointmentBody(body: Buffer, maxBlobBytes: number): Deposit & Signed {
  const {appointment, signature} = decode(body, addAppointmentRequest);
  if (appointment === undefined) throw missingField('appointment');
  const {encrypted_blob: encryptedBlob, to_self_delay: toSelfDelay} = appointment;
  checkSize('locator', appointment.locator, locatorBytes);
  checkFilled('signature', signature);
  if (encryptedBlob.length > maxBlobBytes) {
    const sizes = `Expected at most ${maxBlobBytes}, received ${encryptedBlob.length}`;
    throw new Refusal(413, wireCodes.appointmentFieldTooBig, `\`encrypted_blob\` field is too big. ${sizes}`);
  }
  const content = {locator: appointment.locator.toString('hex'), encryptedBlob, toSelfDelay};
  return {...content, signature, message: appointmentMessage(content)};
}

/** @throws Refusal */
export function getAppointmentBody(body: Buffer): Signed & {readonly locator: string} {
  const {locator: bytes, signature} = decode(body, getAppointmentRequest);
  checkSize('locator', bytes, locatorBytes);
  checkFilled('signature', signature);
  const locator = bytes.toString('hex');
  return {locator, signature, message: appointmentQuestion(locator)};
}

/** @throws Refusal */
export function getSubscriptionInfoBody(body: Buffer): Signed {
  const {signature} = decode(body, getSubscriptionInfoRequest);
  checkFilled('signature', signature);
  return {signature, message: subscriptionQuestion()};
}

function checkFilled(field: string, value: {readonly length: number}): void {
  if (value.length === 0) throw badRequest(wireCodes.emptyField, `\`${field}\` field is empty`);
}

function checkSize(field: string, value: Buffer, bytes: number): void {
  checkFilled(field, value);
  if (value.length === bytes) return;
  const sizes = `Expected ${bytes}, received ${value.length}`;
  throw badRequest(wireCodes.wrongFieldSize, `Wrong \`${field}\` field size. ${sizes}`);
}
