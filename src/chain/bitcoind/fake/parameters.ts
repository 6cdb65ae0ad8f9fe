import {errorNumbers, RpcError} from './rpc-error.js';

type JsonType = 'number' | 'string' | 'bool' | 'array' | 'object' | 'null';

export interface Parameter {
  readonly name: string;
  /** Of any type unless told; the method looks by itself then. */
  readonly type?: JsonType;
  readonly optional?: boolean;
}

/** The parameters of a call in order, however they were given. @throws RpcError -1, -3 or -8 as bitcoind does */
export function readParameters(given: unknown, wanted: readonly Parameter[], help: string): unknown[] {
  const values = Array.isArray(given) ? (given as unknown[]) : byName(Object(given) as object, wanted);
  const least = wanted.findLastIndex(({optional}) => optional !== true) + 1;
  if (values.length > wanted.length || values.length < least) throw new RpcError(errorNumbers.misc, help);
  const wrong = wanted.flatMap(({name, type, optional}, index) => {
    const value = values[index] ?? null;
    if (type === undefined || typeOf(value) === type || (value === null && optional === true)) return [];
    return [[`Position ${index + 1} (${name})`, wrongType(value, type)]];
  });
  if (wrong.length === 0) return values;
  throw new RpcError(errorNumbers.type, `Wrong type passed:\n${JSON.stringify(Object.fromEntries(wrong), null, 4)}`);
}

/** A whole number. @throws RpcError -1 */
export function integer(value: unknown): number {
  if (Number.isSafeInteger(value)) return value as number;
  throw new RpcError(errorNumbers.misc, 'JSON integer out of range');
}

/** A hash of 64 hex digits. @throws RpcError -8 */
export function hashParameter(value: unknown, name: string): string {
  const text = value as string;
  if (text.length !== 64) {
    throw new RpcError(
      errorNumbers.invalidParameter,
      `${name} must be of length 64 (not ${text.length}, for '${text}')`,
    );
  }
  if (/^[0-9a-f]{64}$/i.test(text)) return text.toLowerCase();
  throw new RpcError(errorNumbers.invalidParameter, `${name} must be hexadecimal string (not '${text}')`);
}

export const wrongType = (value: unknown, wanted: JsonType): string =>
  `JSON value of type ${typeOf(value)} is not of expected type ${wanted}`;

function typeOf(value: unknown): JsonType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  const type = typeof value;
  return type === 'boolean' ? 'bool' : (type as JsonType);
}

/** Positional ones may stand among named ones, in `args`. Source: Bitcoin Core's rpc/server.cpp. */
function byName(given: object, wanted: readonly Parameter[]): unknown[] {
  const {args, ...named} = given as {args?: unknown};
  const values: unknown[] = Array.isArray(args) ? [...(args as unknown[])] : [];
  for (const [name, value] of Object.entries(named)) {
    const index = wanted.findIndex((parameter) => parameter.name === name);
    if (index < 0) throw new RpcError(errorNumbers.invalidParameter, `Unknown named parameter ${name}`);
    if (index in values) {
      throw new RpcError(
        errorNumbers.invalidParameter,
        `Parameter ${name} specified twice both as positional and named argument`,
      );
    }
    values[index] = value;
  }
  return Array.from(values, (value) => value ?? null);
}
