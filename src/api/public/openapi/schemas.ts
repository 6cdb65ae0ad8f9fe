import {wireCodes} from '../refusal.js';

/** A JSON Schema, as OpenAPI 3.1 has them. */
export type Schema = Readonly<Record<string, unknown>>;

export const reference = (name: string): Schema => ({$ref: `#/components/schemas/${name}`});

/** An object with exactly these fields, where it is an answer; of what is asked, others are passed over. */
export const closed = (properties: Readonly<Record<string, Schema>>): Schema => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
  additionalProperties: false,
});
const open = (properties: Readonly<Record<string, Schema>>): Schema => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
});

const u32 = (description: string): Schema => ({type: 'integer', minimum: 0, maximum: 0xffff_ffff, description});
const hex = (bytes: number, description: string): Schema => ({
  type: 'string',
  pattern: `^[0-9a-f]{${2 * bytes}}$`,
  description: `${description}, ${bytes} bytes in hex`,
});
const anyHex = (schema: Schema): Schema => ({...schema, pattern: String(schema['pattern']).replace('a-f', 'a-fA-F')});

const userId = hex(33, 'The compressed secp256k1 public key of the user');
const locator = hex(16, 'The first half of the id of the transaction that is watched for, in internal byte order');
const blob = (characters: string): Schema => ({
  type: 'string',
  pattern: `^(?:[${characters}]{2})*$`,
  description: 'The encrypted penalty transaction, in hex',
});
const toSelfDelay = u32('Kept and returned');
const userSignature: Schema = {
  type: 'string',
  minLength: 1,
  description: 'Lightning message signature of the user in zbase32, 104 characters; the text is kept as it is sent',
};
const towerSignature = (over: string): Schema => ({
  type: 'string',
  pattern: '^[ybndrfg8ejkmcpqxot1uwisza345h769]{104}$',
  description: `Lightning message signature of the tower in zbase32, over ${over}`,
});

const availableSlots = u32('Slots that are left');
const subscriptionExpiry = u32('Height from which the subscription has expired');

export const schemas: Readonly<Record<string, Schema>> = {
  RegisterRequest: open({user_id: anyHex(userId)}),
  Registration: closed({
    user_id: userId,
    available_slots: availableSlots,
    subscription_start: u32('Height at which the subscription began'),
    subscription_expiry: subscriptionExpiry,
    subscription_signature: towerSignature('user_id, then slots, start and expiry as four bytes each, big-endian'),
  }),
  AddAppointmentRequest: open({
    appointment: open({
      locator: anyHex(locator),
      encrypted_blob: blob('0-9a-fA-F'),
      to_self_delay: toSelfDelay,
    }),
    signature: {...userSignature, description: `${userSignature['description']}. Over locator, blob and delay`},
  }),
  AppointmentReceipt: closed({
    locator,
    start_block: u32('Height from which the tower watches'),
    signature: towerSignature("the user's signature as text, then start_block as four bytes, big-endian"),
    available_slots: availableSlots,
    subscription_expiry: subscriptionExpiry,
  }),
  GetAppointmentRequest: open({
    locator: anyHex(locator),
    signature: {...userSignature, description: `${userSignature['description']}. Over \`get appointment LOCATOR\``},
  }),
  WatchedAppointment: closed({
    appointment: closed({locator, encrypted_blob: blob('0-9a-f'), to_self_delay: toSelfDelay}),
    status: {const: 'being_watched'},
  }),
  GetSubscriptionInfoRequest: open({
    signature: {...userSignature, description: `${userSignature['description']}. Over \`get subscription info\``},
  }),
  SubscriptionInfo: closed({
    available_slots: availableSlots,
    subscription_expiry: subscriptionExpiry,
    locators: {type: 'array', items: locator, description: 'Of all appointments, in no order that means anything'},
  }),
  Error: closed({
    error: {type: 'string', description: 'What is wrong, for people'},
    error_code: {enum: Object.values(wireCodes), description: 'What is wrong, for programs'},
  }),
};
