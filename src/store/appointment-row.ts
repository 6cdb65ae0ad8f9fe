import {intact} from './rows.js';

/** An appointment without its blob. Numbers are u32. */
export interface AppointmentRow {
  /** Whose subscription it hangs on; he is gone if he has another one now, or none. */
  readonly userId: number;
  /** Slots that it takes. */
  readonly slots: number;
  /** Height of the tip when it was accepted. */
  readonly startBlock: number;
  readonly toSelfDelay: number;
  readonly blobBytes: number;
  /** SHA-256 of the blob, hex. */
  readonly blobHash: string;
  /** Public key of the device that deposited it, hex. */
  readonly device: string;
  /** The device's signature over it, as the exact text that was received: printable ASCII. */
  readonly signature: string;
}

const hashAt = 20;
const deviceAt = hashAt + 32;
const signatureAt = deviceAt + 33;

export function encodeAppointment(appointment: AppointmentRow): Buffer {
  const {userId, slots, startBlock, toSelfDelay, blobBytes, blobHash, device, signature} = appointment;
  const bytes = Buffer.allocUnsafe(signatureAt + signature.length);
  [userId, slots, startBlock, toSelfDelay, blobBytes].forEach((number, i) => bytes.writeUInt32BE(number, 4 * i));
  bytes.write(blobHash, hashAt, 32, 'hex');
  bytes.write(device, deviceAt, 33, 'hex');
  bytes.write(signature, signatureAt, 'latin1');
  return bytes;
}

export function decodeAppointment(raw: Uint8Array): AppointmentRow {
  intact(raw.length > signatureAt, `an appointment row has ${raw.length} bytes`);
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  return {
    userId: bytes.readUInt32BE(0),
    slots: bytes.readUInt32BE(4),
    startBlock: bytes.readUInt32BE(8),
    toSelfDelay: bytes.readUInt32BE(12),
    blobBytes: bytes.readUInt32BE(16),
    blobHash: bytes.toString('hex', hashAt, deviceAt),
    device: bytes.toString('hex', deviceAt, signatureAt),
    signature: bytes.toString('latin1', signatureAt),
  };
}

/** Size of the blob alone: the least to read where there are many. */
export function blobBytesOf(raw: Uint8Array): number {
  intact(raw.length > signatureAt, `an appointment row has ${raw.length} bytes`);
  return Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).readUInt32BE(16);
}
