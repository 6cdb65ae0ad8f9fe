import {Agent as HttpAgent, type IncomingHttpHeaders, type IncomingMessage, request as requestHttp} from 'node:http';
import {Agent as HttpsAgent, request as requestHttps} from 'node:https';
import {urlToHttpOptions} from 'node:url';
import {OperationalError} from '../../errors/index.js';

/** A decision takes a line; what is longer is something else. */
export const maxAnswerBytes = 65_536;
/** Bytes of an answer's headers, all together. */
const maxHeaderBytes = 16_384;

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Undefined when it is longer than `maxAnswerBytes`. */
  readonly body: Buffer | undefined;
}

/** Posts to one URL, over connections that stay open between posts. No redirect is followed, no proxy heeded. */
export class Poster {
  /** Scheme, host and port: what may be shown of the URL. */
  readonly origin: string;
  readonly #isSecure: boolean;
  readonly #target: ReturnType<typeof urlToHttpOptions>;
  readonly #agent: HttpAgent | HttpsAgent;

  /** @throws OperationalError TOWER_INVALID_SETTING; the message does not repeat the URL, which may hold a password. */
  constructor(url: string, {connections}: {readonly connections: number}) {
    const {target, parsed} = parsedUrl(url);
    this.#target = target;
    this.origin = parsed.origin;
    this.#isSecure = parsed.protocol === 'https:';
    this.#agent = new (this.#isSecure ? HttpsAgent : HttpAgent)({keepAlive: true, maxSockets: connections});
  }

  /** Rejects with the reason of `signal` when that ends it, otherwise with what Node.js says. */
  async post(body: Buffer, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<HttpAnswer> {
    try {
      return await this.#attempt(body, headers, signal, this.#agent);
    } catch (error) {
      // A service closes connections that idle; one that it closes while we write to it is no failure of the service.
      if (!(error instanceof IdleConnectionLost)) throw error;
      return this.#attempt(body, headers, signal, false);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  async #attempt(
    body: Buffer,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
    agent: HttpAgent | HttpsAgent | false,
  ): Promise<HttpAnswer> {
    signal.throwIfAborted();
    const request = (this.#isSecure ? requestHttps : requestHttp)({
      ...this.#target,
      agent,
      method: 'POST',
      headers: {...headers, accept: 'application/json', 'content-length': body.length},
      maxHeaderSize: maxHeaderBytes,
    });
    let giveUp: (() => void) | undefined;
    try {
      return await new Promise<HttpAnswer>((resolve, reject) => {
        giveUp = () => reject(signal.reason as Error);
        signal.addEventListener('abort', giveUp);
        let answered = false;
        request.on('error', (error: NodeJS.ErrnoException) => {
          const lost = !answered && request.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(error.code ?? '');
          reject(lost ? new IdleConnectionLost() : error);
        });
        // It may end without an error, such as after an upgrade that nobody asked for.
        request.on('close', () => answered || reject(new Error('closed')));
        request.on('response', (response) => {
          answered = true;
          readBody(response).then(
            (read) => resolve({status: response.statusCode!, headers: response.headers, body: read}),
            reject,
          );
        });
        request.end(body);
      });
    } catch (error) {
      request.destroy();
      throw error;
    } finally {
      if (giveUp !== undefined) signal.removeEventListener('abort', giveUp);
    }
  }
}

class IdleConnectionLost extends Error {}

async function readBody(response: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop early ends the connection.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parsedUrl(url: string): {parsed: URL; target: ReturnType<typeof urlToHttpOptions>} {
  try {
    const parsed = new URL(url);
    // Decodes user and password, which may not be decodable.
    if (['http:', 'https:'].includes(parsed.protocol)) return {parsed, target: urlToHttpOptions(parsed)};
  } catch {
    // Whatever it says, it repeats the URL.
  }
  throw new OperationalError('TOWER_INVALID_SETTING', 'the URL of the webhook is not an http:// or https:// URL');
}
