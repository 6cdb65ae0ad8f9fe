import {request as plainRequest} from 'node:http';
import {request as tlsRequest} from 'node:https';
import {NotATower, TowerUnreachable} from './errors.js';

export interface HttpCall {
  readonly method: 'GET' | 'POST';
  /** Without a slash at its end. */
  readonly url: string;
  readonly path: string;
  readonly body?: string;
  /** For the whole of it, from the look-up of the name to the last byte. */
  readonly timeoutMs: number;
  readonly maxAnswerBytes: number;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  readonly retryAfterSeconds: number | undefined;
}

/**
 * One request over a connection of its own: a connection that is kept may be gone when it is needed, and then nobody
 * knows what has become of the request.
 *
 * @throws TowerUnreachable, NotATower; what the caller's signal was aborted with
 */
export async function httpCall(call: HttpCall): Promise<HttpAnswer> {
  const {signal, timeoutMs} = call;
  signal?.throwIfAborted();
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    return await exchange(call, signal === undefined ? limit : AbortSignal.any([signal, limit]));
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof NotATower) throw error;
    const cause = limit.aborted ? new Error(`no whole answer within ${timeoutMs / 1000} seconds`) : error;
    if (isGarbage(cause)) throw new NotATower(`${call.url} does not speak HTTP`, {facts: {url: call.url}, cause});
    throw new TowerUnreachable(call.url, cause);
  }
}

/** Node.js names what its HTTP parser stumbles over, and TLS that does not come about. */
const isGarbage = (error: unknown): boolean => /^(HPE_|ERR_SSL_)/.test((error as NodeJS.ErrnoException).code ?? '');

function exchange({method, url, path, body, maxAnswerBytes}: HttpCall, signal: AbortSignal): Promise<HttpAnswer> {
  const request = url.startsWith('https:') ? tlsRequest : plainRequest;
  const headers =
    body === undefined ? {} : {'content-type': 'application/json', 'content-length': Buffer.byteLength(body)};
  return new Promise((resolve, reject) => {
    const sent = request(`${url}${path}`, {method, agent: false, signal, headers}, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= maxAnswerBytes) chunks.push(chunk);
        else sent.destroy(new NotATower(`${url} answers with more than ${maxAnswerBytes} bytes`, {facts: {url}}));
      });
      response.on('end', () =>
        resolve({
          status: response.statusCode!,
          text: Buffer.concat(chunks).toString('utf8'),
          retryAfterSeconds: secondsOf(response.headers['retry-after']),
        }),
      );
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** A date, which the header may be as well, is passed over. */
const secondsOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined;
