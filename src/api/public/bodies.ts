import {isPublicKey} from '../../crypto/public-key.js';
import {decode, hex, missingField, optional, struct, text, u32} from './decoder.js';
import {badRequest, Refusal, wireCodes} from './refusal.js';

const keyBytes = 33;
const locatorBytes = 16;

export interface AppointmentBody {
  /** Lower-case hex. */
  readonly locator: string;
  readonly encryptedBlob: Buffer;
  readonly toSelfDelay: number;
  /** As it was received: a receipt covers the exact text. */
  readonly signature: string;
  /** What the signature is over. */
  readonly message: Buffer;
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
export function addAppointmentBody(body: Buffer, maxBlobBytes: number): AppointmentBody {
  const {appointment, signature} = decode(body, addAppointmentRequest);
  if (appointment === undefined) throw missingField('appointment');
  const {locator, encrypted_blob: encryptedBlob, to_self_delay: toSelfDelay} = appointment;
  checkSize('locator', locator, locatorBytes);
  checkFilled('signature', signature);
  if (encryptedBlob.length > maxBlobBytes) {
    const sizes = `Expected at most ${maxBlobBytes}, received ${encryptedBlob.length}`;
    throw new Refusal(413, wireCodes.appointmentFieldTooBig, `\`encrypted_blob\` field is too big. ${sizes}`);
  }
  const delay = Buffer.alloc(4);
  delay.writeUInt32BE(toSelfDelay);
  const message = Buffer.concat([locator, encryptedBlob, delay]);
  return {locator: locator.toString('hex'), encryptedBlob, toSelfDelay, signature, message};
}

/** @throws Refusal */
export function getAppointmentBody(body: Buffer): Pick<AppointmentBody, 'locator' | 'signature' | 'message'> {
  const {locator, signature} = decode(body, getAppointmentRequest);
  checkSize('locator', locator, locatorBytes);
  checkFilled('signature', signature);
  const digits = locator.toString('hex');
  return {locator: digits, signature, message: Buffer.from(`get appointment ${digits}`)};
}

/** @throws Refusal */
export function getSubscriptionInfoBody(body: Buffer): Pick<AppointmentBody, 'signature' | 'message'> {
  const {signature} = decode(body, getSubscriptionInfoRequest);
  checkFilled('signature', signature);
  return {signature, message: Buffer.from('get subscription info')};
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
