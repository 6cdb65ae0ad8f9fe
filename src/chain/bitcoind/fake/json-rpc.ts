import {BartizanError} from '../../../errors/index.js';
import {errorNumbers, RpcError} from './rpc-error.js';

/** Carries out one call. @throws RpcError */
export type Execute = (method: string, params: unknown) => unknown;

/** What goes back over HTTP; without a payload where nothing is to be said. */
export interface JsonReply {
  readonly status: number;
  readonly payload?: unknown;
}

interface Request {
  id: unknown;
  isVersion2: boolean;
}

/**
 * Answers one request or a batch of JSON-RPC 1.x or 2.0 as bitcoind does: with the status of HTTP telling of errors
 * in 1.x only, and ids as they came. Source: Bitcoin Core's httprpc.cpp and rpc/request.cpp.
 */
export function answerJson(body: unknown, execute: Execute): JsonReply {
  if (Array.isArray(body)) return answerBatch(body as unknown[], execute);
  const request: Request = {id: null, isVersion2: false};
  if (typeof body !== 'object' || body === null) {
    return failure(request, new RpcError(errorNumbers.parse, 'Top-level object parse error'));
  }
  let call: Call;
  try {
    call = readCall(body, request);
  } catch (error) {
    return failure(request, rpcErrorOf(error));
  }
  const outcome = outcomeOf(call, execute);
  if (isNotification(request)) return {status: 204};
  if (outcome.error !== undefined && !request.isVersion2) return failure(request, outcome.error);
  return {status: 200, payload: replyOf(request, outcome)};
}

/** What is answered to a body that is no JSON. */
export const unparsable = (): JsonReply =>
  failure({id: null, isVersion2: false}, new RpcError(errorNumbers.parse, 'Parse error'));

function answerBatch(bodies: readonly unknown[], execute: Execute): JsonReply {
  // One request object serves the whole batch, so what is no request answers with the id of the one before.
  const request: Request = {id: null, isVersion2: false};
  const replies: object[] = [];
  for (const body of bodies) {
    let outcome: Outcome;
    try {
      outcome = outcomeOf(readCall(body, request), execute);
    } catch (error) {
      outcome = {error: rpcErrorOf(error)};
    }
    if (!isNotification(request)) replies.push(replyOf(request, outcome));
  }
  return replies.length === 0 && bodies.length > 0 ? {status: 204} : {status: 200, payload: replies};
}

interface Call {
  readonly method: string;
  readonly params: unknown;
}

interface Outcome {
  readonly result?: unknown;
  readonly error?: RpcError;
}

function readCall(body: unknown, request: Request): Call {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw invalid('Invalid Request object');
  const {id, jsonrpc, method, params} = body as Record<string, unknown>;
  request.id = id;
  request.isVersion2 = jsonrpc === '2.0';
  if (method === undefined || method === null) throw invalid('Missing method');
  if (typeof method !== 'string') throw invalid('Method must be a string');
  if (typeof (params ?? []) !== 'object') throw invalid('Params must be an array or object');
  return {method, params: params ?? []};
}

const invalid = (message: string): RpcError => new RpcError(errorNumbers.invalidRequest, message);

function outcomeOf({method, params}: Call, execute: Execute): Outcome {
  try {
    return {result: execute(method, params)};
  } catch (error) {
    return {error: rpcErrorOf(error)};
  }
}

/** bitcoind answers with -1 what it has no number for. */
function rpcErrorOf(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  if (error instanceof BartizanError) return new RpcError(errorNumbers.misc, error.message);
  throw error;
}

/** Of 1.x a request without an id is answered all the same. */
const isNotification = ({id, isVersion2}: Request): boolean => isVersion2 && id === undefined;

function replyOf({id, isVersion2}: Request, {result, error}: Outcome): object {
  const shown = error && {code: error.code, message: error.message};
  const ending = id === undefined ? {} : {id};
  if (isVersion2) return {jsonrpc: '2.0', ...(shown ? {error: shown} : {result}), ...ending};
  return {result: shown ? null : result, error: shown ?? null, ...ending};
}

function failure(request: Request, error: RpcError): JsonReply {
  const statuses: Record<number, number> = {[errorNumbers.invalidRequest]: 400, [errorNumbers.methodNotFound]: 404};
  return {status: statuses[error.code] ?? 500, payload: replyOf(request, {error})};
}
