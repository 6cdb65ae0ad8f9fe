import type {RequestKind} from '../../../store/layout.js';
import type {StatusQuestion, Submission} from '../../../gatekeeper/auth/views.js';
import {decode, missingField, text, u32} from '../decoder.js';
import type {JsonReader} from '../json-reader.js';
import {badRequest, wireCodes} from '../refusal.js';

/**
 * Longest body that is read. signup_info and node_info have 4,096 bytes each, of which JSON may make six times as many;
 * what is longer than either may have to be told so.
 */
export const maxAuthBodyBytes = 64 * 1024;

type Read<Value> = (reader: JsonReader) => Value;

const blockFields = {block_height: u32, block_hash: text, signature: text};
const infoFields = {user_signup: 'signup_info', user_login: 'login_info', new_node: undefined} as const;

/** What a device submits. @throws Refusal */
export function submissionBody(kind: RequestKind, body: Buffer): Submission {
  const infoField = infoFields[kind];
  const fields = exactly({...(infoField && {[infoField]: text}), node_info: text, ...blockFields});
  const {
    node_info: nodeInfo,
    block_height: blockHeight,
    block_hash: blockHash,
    signature,
    ...rest
  } = decode(body, fields);
  const info = infoField && (rest as Record<string, string>)[infoField];
  return {kind, ...(info === undefined ? {} : {info}), nodeInfo, blockHeight, blockHash, signature};
}

/** What a device asks that wants to know where it stands. @throws Refusal */
export function statusBody(body: Buffer): StatusQuestion {
  const {
    public_key: key,
    block_height: blockHeight,
    block_hash: blockHash,
    signature,
  } = decode(body, exactly({public_key: text, ...blockFields}));
  return {key, blockHeight, blockHash, signature};
}

/** An object with these fields and no other. */
function exactly<Fields extends Readonly<Record<string, Read<unknown>>>>(
  fields: Fields,
): Read<{readonly [Name in keyof Fields]: ReturnType<Fields[Name]>}> {
  return (reader) => {
    if (reader.next() !== '{') {
      throw badRequest(wireCodes.wrongFieldType, `invalid type: ${reader.kind()}, expected an object`);
    }
    const values: Record<string, unknown> = {};
    reader.object((field) => {
      if (!Object.hasOwn(fields, field)) throw badRequest(wireCodes.invalidRequestFormat, 'there is an unknown field');
      if (Object.hasOwn(values, field)) {
        throw badRequest(wireCodes.invalidRequestFormat, `duplicate field \`${field}\``);
      }
      values[field] = fields[field]!(reader);
    });
    for (const field of Object.keys(fields)) if (!Object.hasOwn(values, field)) throw missingField(field);
    return values as {readonly [Name in keyof Fields]: ReturnType<Fields[Name]>};
  };
}
