import {z} from 'zod';
import {causesOf} from '../../errors/causes.js';
import type {BartizanError} from '../../errors/index.js';
import {fromWire, toWire} from '../wire-names.js';
import {type ErrorCode, errorCodes, InvariantError, OperationalError, Rejection} from '../../errors/index.js';

const fact = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** An error as it goes over the wire. */
const errorBody = z.object({
  error: z.string(),
  code: z.string(),
  because: z.array(z.string()).optional(),
  hint: z.string(),
  facts: z.record(z.string(), fact),
  retryable: z.boolean().optional(),
});
export type ErrorBody = z.output<typeof errorBody>;

export function toErrorBody(error: BartizanError): ErrorBody {
  const because = causesOf(error);
  return {
    error: error.message,
    code: error.code,
    ...(because.length === 0 ? {} : {because}),
    hint: error.hint,
    facts: toWire(error.facts) as ErrorBody['facts'],
    ...(error instanceof OperationalError ? {retryable: error.retryable} : {}),
  };
}

const notFound: readonly ErrorCode[] = ['TOWER_USER_NOT_FOUND', 'TOWER_REQUEST_NOT_FOUND', 'TOWER_DEVICE_NOT_FOUND'];

/** The HTTP status that goes with an error. */
export function statusOf(error: BartizanError): number {
  if (notFound.includes(error.code)) return 404;
  return {rejection: 400, operational: 503, invariant: 500}[error.family];
}

/** The error that the other side had, of the same class. Undefined for what is none. */
export function fromErrorBody(body: unknown): BartizanError | undefined {
  const parsed = errorBody.safeParse(body);
  if (!parsed.success) return undefined;
  const {error, code, because = [], hint, facts, retryable} = parsed.data;
  if (!isErrorCode(code)) return new InvariantError(`the tower answers with an error that is unknown here: ${error}`);
  const cause = because.reduceRight<Error | undefined>(
    (deeper, message) => new Error(message, deeper === undefined ? undefined : {cause: deeper}),
    undefined,
  );
  const options = {hint, facts: fromWire(facts) as typeof facts, ...(cause === undefined ? {} : {cause})};
  switch (errorCodes[code].family) {
    case 'rejection':
      return new Rejection(code, error, options);
    case 'operational':
      return new OperationalError(code, error, {...options, retryable: retryable ?? false});
    case 'invariant':
      return new InvariantError(error, options);
  }
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}
