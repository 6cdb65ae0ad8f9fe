import {JsonReader, startsNumber} from './json-reader.js';
import {syntax} from './json-text.js';
import {badRequest, type Refusal, wireCodes} from './refusal.js';

const maxU32 = 0xffff_ffff;

/** Reads one value of the type that is expected. @throws Refusal */
interface Read<Value> {
  (reader: JsonReader): Value;
  /** Whether the field may be missing. */
  readonly mayMiss?: true;
}

type Fields = Readonly<Record<string, Read<unknown>>>;
type Values<Given extends Fields> = {readonly [Name in keyof Given]: ReturnType<Given[Name]>};

/** A string. */
export const text: Read<string> = (reader) => {
  if (reader.next() !== '"') throw wrongType(reader.kind(), 'a string');
  return reader.text();
};

/** Bytes, as a string of hex digits in either case. */
export const hex: Read<Buffer> = (reader) => {
  if (reader.next() !== '"') throw wrongType(reader.kind(), 'a hex encoded string');
  return reader.hex();
};

/** A whole number from 0 to 4294967295. */
export const u32: Read<number> = (reader) => {
  if (!startsNumber(reader.next())) throw wrongType(reader.kind(), 'u32');
  const {value, isInteger, kind} = reader.number();
  if (!isInteger) throw wrongType(kind, 'u32');
  if (value >= 0 && value <= maxU32) return value;
  throw badRequest(wireCodes.invalidRequestFormat, `invalid value: ${kind}, expected u32`);
};

/** A value that may be missing or null. */
export function optional<Value>(read: Read<Value>): Read<Value | undefined> {
  const readOptional = (reader: JsonReader) => (reader.isNull() ? undefined : read(reader));
  return Object.assign(readOptional, {mayMiss: true as const});
}

/**
 * An object with these fields; others are passed over. The first field that is wrong decides, in the order of the body;
 * that one is missing is told at the end, in the order of `fields`.
 *
 * @param name what errors call it
 */
export function struct<Given extends Fields>(name: string, fields: Given): Read<Values<Given>> {
  return (reader) => {
    if (reader.next() !== '{') throw wrongType(reader.kind(), `struct ${name}`);
    const values: Record<string, unknown> = {};
    reader.object((field) => {
      if (!Object.hasOwn(fields, field)) return reader.skip();
      if (Object.hasOwn(values, field)) throw syntax(`duplicate field \`${field}\``);
      values[field] = fields[field]!(reader);
    });
    for (const [field, {mayMiss}] of Object.entries(fields)) {
      if (!Object.hasOwn(values, field) && mayMiss !== true) throw missingField(field);
    }
    return values as Values<Given>;
  };
}

/** Reads a whole body. @throws Refusal with status 400 */
export function decode<Value>(body: Buffer, read: Read<Value>): Value {
  const reader = new JsonReader(body);
  const value = read(reader);
  reader.finish();
  return value;
}

export const missingField = (field: string): Refusal =>
  badRequest(wireCodes.missingField, `missing field \`${field}\``);

const wrongType = (kind: string, expected: string): Refusal =>
  badRequest(wireCodes.wrongFieldType, `invalid type: ${kind}, expected ${expected}`);
