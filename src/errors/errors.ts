import {type ErrorCode, type ErrorFamily, type ErrorMeaning, errorCodes} from './codes.js';

/** What an error knows besides its text: small values that a caller can act on or show. */
export type Facts = Readonly<Record<string, string | number | boolean | null>>;

interface ErrorOptions {
  readonly facts?: Facts;
  readonly cause?: unknown;
  /** What to do now, where it is more exact than what the table says. */
  readonly hint?: string;
  /** Exit status, where it is another than the table's: 2 for a file that whoever called has named. */
  readonly exit?: 2;
}

/** The base of all errors that Bartizan throws on purpose. The code is the contract, the message is not. */
export abstract class BartizanError extends Error {
  readonly code: ErrorCode;
  readonly facts: Facts;
  readonly hint: string;
  readonly #exit: 2 | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : {cause: options.cause});
    this.name = new.target.name;
    this.code = code;
    this.facts = options.facts ?? {};
    this.hint = options.hint ?? errorCodes[code].hint;
    this.#exit = options.exit;
  }

  get family(): ErrorFamily {
    return errorCodes[this.code].family;
  }

  /** Exit status for a command that ends with this error. */
  get exit(): 1 | 2 {
    const meaning: ErrorMeaning = errorCodes[this.code];
    return this.#exit ?? meaning.exit ?? 1;
  }
}

/** An expected "no". Decisions return it, public classes throw it; nothing has changed. */
export class Rejection extends BartizanError {}

/** The outside world failed. `retryable` says whether asking again may help. */
export class OperationalError extends BartizanError {
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options: ErrorOptions & {readonly retryable?: boolean} = {}) {
    super(code, message, options);
    this.retryable = options.retryable ?? false;
  }
}

/** A file that whoever called has named, and that is missing or cannot be read. */
export const unreadableFile = (name: string, cause: unknown): OperationalError =>
  new OperationalError('TOWER_FILE_FAILED', `${name} cannot be read`, {cause, exit: 2});

/** A defect of ours. Never caught to go on. */
export class InvariantError extends BartizanError {
  constructor(message: string, options: ErrorOptions = {}) {
    super('TOWER_INVARIANT', message, options);
  }
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** Proof, at compile time, that a union was handled whole. */
export function unreachable(value: never): never {
  throw new InvariantError(`unhandled case: ${JSON.stringify(value)}`);
}
