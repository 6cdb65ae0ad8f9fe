import {type ChainHeader, headerBytes, parseHeader, serializeHeader} from '../chain/header.js';
import {OperationalError} from '../errors/index.js';

/** What a device may do in a network of nodes; null while nobody has given it a role. */
export type Role = 'primary' | 'secondary' | null;

export interface Device {
  /** Compressed public key, 33 bytes in hex. */
  readonly key: string;
  readonly role: Role;
  /** Height at which it joined its user. */
  readonly authorizedAt: number;
}

export interface UserRow {
  readonly subscription: number;
  readonly availableSlots: number;
  /** Slots granted and not forfeited: the available ones plus those that appointments take. */
  readonly grantedSlots: number;
  readonly start: number;
  readonly expiry: number;
  /** How many appointments hang on the subscription. */
  readonly appointments: number;
  readonly devices: readonly Device[];
}

export interface DeviceRow {
  /** 0 for a node that belongs to no user. */
  readonly userId: number;
  readonly role: Role;
  readonly authorizedAt: number;
}

/** What a key was told of its subscription, so that the next receipt is above it. */
export interface ToldRow {
  /** User whom the key belongs to, or belonged to before he was deleted; 0 where nobody wrote it down. */
  readonly userId: number;
  readonly subscription: number;
  readonly lastSlots: number;
  readonly lastExpiry: number;
  readonly highestSlots: number;
  readonly highestExpiry: number;
}

const roles: readonly Role[] = [null, 'primary', 'secondary'];
const userBytes = 28;
const deviceBytes = 38;

/** A row that no Bartizan wrote is a failure of the disk, not a defect of ours. */
export function intact(condition: unknown, problem: string): asserts condition {
  if (!condition) throw new OperationalError('TOWER_STORE_CORRUPT', problem);
}

const view = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function readRole(bytes: Buffer, at: number): Role {
  const role = roles[bytes.readUInt8(at)];
  intact(role !== undefined, `a stored role is ${bytes.readUInt8(at)}`);
  return role;
}

export function encodeUser(user: UserRow): Buffer {
  const bytes = Buffer.allocUnsafe(userBytes + deviceBytes * user.devices.length);
  bytes.writeUIntBE(user.subscription, 0, 6);
  bytes.writeUInt32BE(user.availableSlots, 6);
  bytes.writeUInt32BE(user.start, 10);
  bytes.writeUInt32BE(user.expiry, 14);
  bytes.writeUInt32BE(user.appointments, 18);
  bytes.writeUIntBE(user.grantedSlots, 22, 6);
  user.devices.forEach((device, i) => {
    const at = userBytes + deviceBytes * i;
    bytes.write(device.key, at, 33, 'hex');
    bytes.writeUInt8(roles.indexOf(device.role), at + 33);
    bytes.writeUInt32BE(device.authorizedAt, at + 34);
  });
  return bytes;
}

export function decodeUser(raw: Uint8Array): UserRow {
  const bytes = view(raw);
  intact(
    bytes.length >= userBytes && (bytes.length - userBytes) % deviceBytes === 0,
    `a user row has ${bytes.length} bytes`,
  );
  const devices: Device[] = [];
  for (let at = userBytes; at < bytes.length; at += deviceBytes) {
    devices.push({
      key: bytes.toString('hex', at, at + 33),
      role: readRole(bytes, at + 33),
      authorizedAt: bytes.readUInt32BE(at + 34),
    });
  }
  return {
    subscription: bytes.readUIntBE(0, 6),
    availableSlots: bytes.readUInt32BE(6),
    start: bytes.readUInt32BE(10),
    expiry: bytes.readUInt32BE(14),
    appointments: bytes.readUInt32BE(18),
    grantedSlots: bytes.readUIntBE(22, 6),
    devices,
  };
}

export function encodeDevice(device: DeviceRow): Buffer {
  const bytes = Buffer.allocUnsafe(9);
  bytes.writeUInt32BE(device.userId, 0);
  bytes.writeUInt8(roles.indexOf(device.role), 4);
  bytes.writeUInt32BE(device.authorizedAt, 5);
  return bytes;
}

export function decodeDevice(raw: Uint8Array): DeviceRow {
  const bytes = view(raw);
  intact(bytes.length === 9, `a device row has ${bytes.length} bytes`);
  return {userId: bytes.readUInt32BE(0), role: readRole(bytes, 4), authorizedAt: bytes.readUInt32BE(5)};
}

export function encodeTold(told: ToldRow): Buffer {
  const bytes = Buffer.allocUnsafe(26);
  bytes.writeUIntBE(told.subscription, 0, 6);
  bytes.writeUInt32BE(told.lastSlots, 6);
  bytes.writeUInt32BE(told.lastExpiry, 10);
  bytes.writeUInt32BE(told.highestSlots, 14);
  bytes.writeUInt32BE(told.highestExpiry, 18);
  bytes.writeUInt32BE(told.userId, 22);
  return bytes;
}

export function decodeTold(raw: Uint8Array): ToldRow {
  const bytes = view(raw);
  intact(bytes.length === 26, `a told row has ${bytes.length} bytes`);
  return {
    subscription: bytes.readUIntBE(0, 6),
    lastSlots: bytes.readUInt32BE(6),
    lastExpiry: bytes.readUInt32BE(10),
    highestSlots: bytes.readUInt32BE(14),
    highestExpiry: bytes.readUInt32BE(18),
    userId: bytes.readUInt32BE(22),
  };
}

export function encodeSubscription(subscription: number): Buffer {
  const bytes = Buffer.allocUnsafe(6);
  bytes.writeUIntBE(subscription, 0, 6);
  return bytes;
}

export function decodeSubscription(raw: Uint8Array): number {
  intact(raw.length === 6, `a forget row has ${raw.length} bytes`);
  return view(raw).readUIntBE(0, 6);
}

export function encodeHeader(header: ChainHeader): Buffer {
  const chainwork = header.chainwork.toString(16).padStart(64, '0');
  return Buffer.concat([serializeHeader(header), Buffer.from(chainwork, 'hex')]);
}

export function decodeHeader(height: number, raw: Uint8Array): ChainHeader {
  intact(raw.length === headerBytes + 32, `a header row has ${raw.length} bytes`);
  const chainwork = BigInt(`0x${view(raw).toString('hex', headerBytes)}`);
  return {...parseHeader(raw), height, chainwork};
}

/** Users that a block deleted, packed into one undo row. */
export interface DeletedUser {
  readonly id: number;
  readonly user: Uint8Array;
}

export function encodeUndo(users: readonly DeletedUser[]): Buffer {
  const bytes = Buffer.allocUnsafe(users.reduce((sum, {user}) => sum + 6 + user.length, 0));
  let at = 0;
  for (const {id, user} of users) {
    bytes.writeUInt32BE(id, at);
    bytes.writeUInt16BE(user.length, at + 4);
    bytes.set(user, at + 6);
    at += 6 + user.length;
  }
  return bytes;
}

export function decodeUndo(raw: Uint8Array): DeletedUser[] {
  const bytes = view(raw);
  const users: DeletedUser[] = [];
  for (let at = 0; at < bytes.length;) {
    intact(at + 6 <= bytes.length, 'an undo row is cut short');
    const length = bytes.readUInt16BE(at + 4);
    intact(at + 6 + length <= bytes.length, 'an undo row is cut short');
    users.push({id: bytes.readUInt32BE(at), user: bytes.subarray(at + 6, at + 6 + length)});
    at += 6 + length;
  }
  return users;
}
