import {once} from 'node:events';
import {connect, type Socket} from 'node:net';
import {checkDocumented, checkError} from './documented.js';

export interface WireAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body, where it is JSON. */
  readonly json: unknown;
}

export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: string | Uint8Array | undefined;
  /** Instead of the usual content type. */
  readonly headers?: readonly (readonly [string, string])[] | undefined;
  readonly chunked?: boolean | undefined;
  /** Leaves out the length of the body. */
  readonly noLength?: boolean | undefined;
}

/** A request as bytes, exactly as told: nothing is added that a test may want to be missing. */
export function requestBytes({method, path, body, headers, chunked, noLength}: WireRequest): Buffer {
  const bytes = Buffer.from(body ?? '');
  const given = headers ?? (body === undefined ? [] : [['Content-Type', 'application/json']]);
  const length = chunked ? [['Transfer-Encoding', 'chunked']] : [['Content-Length', String(bytes.length)]];
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'Host: tower',
    ...[...given, ...(body === undefined || noLength ? [] : length)].map(([name, value]) => `${name}: ${value}`),
  ];
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
  if (!chunked) return Buffer.concat([head, bytes]);
  const half = bytes.length >> 1;
  const chunks = [bytes.subarray(0, half), bytes.subarray(half)].filter(({length}) => length > 0);
  const framed = chunks.flatMap((chunk) => [
    Buffer.from(`${chunk.length.toString(16)}\r\n`),
    chunk,
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([head, ...framed, Buffer.from('0\r\n\r\n')]);
}

/** A TCP connection to a tower, on which everything can be said, HTTP or not. */
export class Wire {
  readonly socket: Socket;
  readonly #ended: Promise<void>;
  #received = Buffer.alloc(0);
  #isEnded = false;
  #wake = (): void => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    // A reset ends it like any other end; what matters is what was answered before.
    socket.on('error', () => undefined);
    this.#ended = new Promise((resolve) => {
      const end = () => {
        this.#isEnded = true;
        this.#wake();
        resolve();
      };
      socket.once('end', end);
      socket.once('close', end);
    });
  }

  static async open({host = '127.0.0.1', port}: {host?: string; port: number}): Promise<Wire> {
    const socket = connect({host, port, allowHalfOpen: true, noDelay: true});
    await once(socket, 'connect');
    return new Wire(socket);
  }

  /** Resolves when the tower has closed its side. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  write(bytes: string | Uint8Array): this {
    this.socket.write(bytes);
    return this;
  }

  /** Says that nothing more is coming, and still listens. */
  finish(): this {
    this.socket.end();
    return this;
  }

  close(): void {
    this.socket.destroy();
  }

  /** Asks, and reads the answer, which has to be one that the API describes. */
  async ask(request: WireRequest): Promise<WireAnswer> {
    this.write(requestBytes(request));
    return this.answerTo(request);
  }

  /** The next answer, to a request that was written before. */
  async answerTo(request: WireRequest): Promise<WireAnswer> {
    const answer = await this.answer(request.method);
    if (request.method !== 'HEAD') checkDocumented(request, answer);
    return answer;
  }

  /** The next answer, to something that is no request. */
  async refusal(): Promise<WireAnswer> {
    const answer = await this.answer('');
    checkError(`a refusal: ${answer.text}`, answer);
    return answer;
  }

  /** The next answer. Rejects when the connection ends before it is whole. */
  async answer(method: string): Promise<WireAnswer> {
    for (;;) {
      const parsed = this.#parse(method);
      if (parsed !== undefined) return parsed;
      if (this.#isEnded) throw new Error(`the connection ended after ${JSON.stringify(this.#received.toString())}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** What has come and belongs to no answer that was read. */
  get rest(): string {
    return this.#received.toString();
  }

  #parse(method: string): WireAnswer | undefined {
    const end = this.#received.indexOf('\r\n\r\n');
    if (end === -1) return undefined;
    const [first, ...lines] = this.#received.toString('latin1', 0, end).split('\r\n');
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const length = method === 'HEAD' ? 0 : Number(headers['content-length'] ?? 0);
    if (this.#received.length < end + 4 + length) return undefined;
    const text = this.#received.toString('utf8', end + 4, end + 4 + length);
    this.#received = this.#received.subarray(end + 4 + length);
    if (headers['transfer-encoding'] !== undefined) throw new Error('chunked answers are not read here');
    const isJson = headers['content-type'] === 'application/json' && text !== '';
    return {
      status: Number(first!.split(' ')[1]),
      headers,
      text,
      json: isJson ? (JSON.parse(text) as unknown) : undefined,
    };
  }
}

/** Asks on a connection of its own. */
export async function askOnce(port: number, request: WireRequest): Promise<WireAnswer> {
  const wire = await Wire.open({port});
  try {
    return await wire.ask(request);
  } finally {
    wire.close();
  }
}
