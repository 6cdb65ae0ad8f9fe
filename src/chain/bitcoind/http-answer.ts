import {OperationalError} from '../../errors/index.js';
import {type RpcAnswer, rpcCodes} from './transport.js';

/** An HTTP response with its body read. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly body: string;
}

/** Characters of a plain-text refusal that are worth showing. */
const shownCharacters = 120;

const unreachableCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
]);

/** Thrown where bitcoind refuses the credentials: others may do. */
export const unauthorized = new Error('401');

/**
 * Reads what bitcoind answered. The status goes first: a refusal is plain text or nothing, and an attempt to read it
 * as JSON would hide it.
 * @throws OperationalError TOWER_BITCOIND_BUSY, TOWER_BITCOIND_UNREACHABLE or TOWER_BITCOIND_RPC; `unauthorized`
 */
export function readHttpAnswer({statusCode, body}: HttpAnswer): unknown {
  if (statusCode === 401) throw unauthorized;
  const text = body.trim();
  if (statusCode === 429 || (statusCode === 503 && /work queue depth exceeded/i.test(text))) {
    throw new OperationalError('TOWER_BITCOIND_BUSY', 'the work queue of bitcoind is full', {retryable: true});
  }
  if (statusCode === 503) {
    throw new OperationalError('TOWER_BITCOIND_UNREACHABLE', `bitcoind does not serve: ${shown(text)}`, {
      retryable: true,
    });
  }
  if (statusCode === 403) {
    throw new OperationalError('TOWER_BITCOIND_RPC', 'bitcoind forbids this call', {
      hint: 'Look at rpcallowip and rpcwhitelist of bitcoind.',
    });
  }
  // Errors of a call come with status 404 or 500 and a JSON body.
  try {
    return JSON.parse(text);
  } catch (cause) {
    const status = statusCode === 200 ? '' : ` (status ${statusCode})`;
    throw new OperationalError('TOWER_BITCOIND_RPC', `the answer of bitcoind is not whole JSON${status}`, {
      cause,
      retryable: true,
    });
  }
}

/** One answer of JSON-RPC 1.0 or 2.0. */
export function rpcAnswer(answer: unknown): RpcAnswer {
  const {result, error} = Object(answer) as {result?: unknown; error?: {code?: unknown; message?: unknown} | null};
  if (error !== null && error !== undefined) return {error: {code: Number(error.code), message: String(error.message)}};
  if (result !== undefined) return {result};
  throw unreadable('the answer of bitcoind has neither result nor error');
}

/** @throws OperationalError TOWER_BITCOIND_RPC when these are not as many answers as calls. */
export function rpcAnswers(answers: unknown, calls: number): RpcAnswer[] {
  if (!Array.isArray(answers)) {
    const single = rpcAnswer(answers);
    throw 'error' in single ? rpcError('batch', single.error) : unreadable('bitcoind answers a batch with one result');
  }
  if (answers.length !== calls) throw unreadable(`bitcoind answers ${calls} calls with ${answers.length} results`);
  const read = answers.map(rpcAnswer);
  for (const answer of read) {
    if ('error' in answer && answer.error.code === rpcCodes.warmingUp) throw rpcError('batch', answer.error);
  }
  return read;
}

export function rpcError(method: string, {code, message}: {code: number; message: string}): OperationalError {
  if (code === rpcCodes.warmingUp) {
    return new OperationalError('TOWER_BITCOIND_WARMING_UP', `bitcoind is starting: ${message}`, {retryable: true});
  }
  return new OperationalError('TOWER_BITCOIND_RPC', `bitcoind refuses ${method}: ${message}`, {facts: {rpcCode: code}});
}

/** Turns what the HTTP client throws into an error of ours. */
export function connectionError(cause: unknown, url: string): Error {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  if (cause instanceof OperationalError) return cause;
  if (typeof code === 'string' && unreachableCodes.has(code)) {
    return new OperationalError('TOWER_BITCOIND_UNREACHABLE', `bitcoind does not answer at ${url} (${code})`, {
      cause,
      retryable: true,
    });
  }
  const why = cause instanceof Error ? cause.message : String(cause);
  return new OperationalError('TOWER_BITCOIND_RPC', `the call to bitcoind failed: ${why}`, {cause, retryable: true});
}

const unreadable = (message: string): OperationalError =>
  new OperationalError('TOWER_BITCOIND_RPC', message, {retryable: true});

const shown = (text: string): string => (text.length > shownCharacters ? `${text.slice(0, shownCharacters)}...` : text);
