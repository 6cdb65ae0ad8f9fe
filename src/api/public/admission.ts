import type {FastifyInstance, FastifyRequest} from 'fastify';
import {systemTimers} from '../../chain/timers.js';
import type {AddressLimits} from './address-limits.js';
import {tooLarge} from './body-reader.js';
import type {Connections} from './connections.js';
import {misformed, Refusal, wireCodes} from './refusal.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Longest body that the route reads. */
    readonly maxBodyBytes?: number;
    /** What is said to a key that the tower does not know. */
    readonly unauthenticated?: string;
    /** Who asks too often is made to wait instead of being refused. */
    readonly isPatient?: true;
  }
}

/** Longer than any client that waits for its answers can be made to wait. */
const maxHoldMs = 10_000;

interface AdmissionOptions {
  readonly limits: AddressLimits;
  readonly connections: Connections;
}

/**
 * Judges requests before a byte of their bodies is read. To be called before routes are added. Answers the function
 * that lets everybody go on whom the limit makes wait.
 */
export function addAdmission(app: FastifyInstance, {limits, connections}: AdmissionOptions): () => void {
  const held = new Set<() => void>();
  const methods = new Map<string, string[]>();
  app.addHook('onRoute', ({url, method}) => {
    methods.set(url, [...(methods.get(url) ?? []), ...[method].flat()]);
  });
  const judge = (request: FastifyRequest) => (request.is404 ? unknown(request, methods) : judgeHead(request));

  app.addHook('onRequest', (request, _reply, done) => {
    const {isPatient = false} = request.routeOptions.config;
    const waitMs = limits.request(request.ip, isPatient ? maxHoldMs : 0);
    if (waitMs === 0) done(judge(request));
    else if (!isPatient) done(tooOften(waitMs));
    // A client files for ever what is answered with an error, and tries again what is not answered.
    else if (waitMs > maxHoldMs) request.raw.destroy();
    else {
      const go = () => {
        held.delete(go);
        cancel();
        connections.hold(request.raw, false);
        done(judge(request));
      };
      const cancel = systemTimers.after(waitMs, go);
      connections.hold(request.raw, true);
      held.add(go);
    }
  });
  return () => {
    for (const go of [...held]) go();
  };
}

/** In the order in which rust-teos looks at a request. */
function judgeHead({headers, method, routeOptions}: FastifyRequest): Refusal | undefined {
  const {maxBodyBytes} = routeOptions.config;
  if (method !== 'POST' || maxBodyBytes === undefined) return undefined;
  const {'content-length': length, 'content-type': type} = headers;
  if (length === undefined && headers['transfer-encoding'] === undefined) {
    return misformed(411, 'A content-length header is required');
  }
  if (Number(length) > maxBodyBytes) return tooLarge(maxBodyBytes);
  if (type === undefined || /^application\/json *(?:;|$)/i.test(type)) return undefined;
  return misformed(415, "The request's content-type is not supported: send application/json");
}

function unknown({url}: FastifyRequest, methods: ReadonlyMap<string, readonly string[]>): Refusal {
  const allowed = methods.get(url.split('?', 1)[0]!);
  if (allowed === undefined) return misformed(404, 'There is nothing under this path');
  return misformed(405, 'HTTP method not allowed', {allow: allowed.join(', ')});
}

export const tooOften = (waitMs: number): Refusal =>
  new Refusal(429, wireCodes.serviceUnavailable, 'Too many requests', {
    'retry-after': String(Math.ceil(waitMs / 1000)),
  });
