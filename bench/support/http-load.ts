import {connect, type Socket} from 'node:net';
import {quantile} from '../harness/median.js';

/** What came of a window. */
export interface Load {
  readonly perSecond: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  /** Answers other than 200. */
  readonly refused: number;
}

export interface LoadOptions {
  readonly port: number;
  /** Connections, each with one request under way at a time. */
  readonly connections: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
  /** The next request, whole: headers and body; undefined ends the connection that asks. */
  readonly next: () => Uint8Array | undefined;
}

const headEnd = '\r\n\r\n';

/** Sends requests over a number of connections for a while; each sends its next as soon as it is answered. */
export async function load(options: LoadOptions): Promise<Load> {
  const latencies: number[] = [];
  let refused = 0;
  const from = performance.now() + options.warmUpMs;
  const until = from + options.windowMs;
  await Promise.all(
    Array.from({length: options.connections}, () =>
      talk(options, until, (status, sentMs, answeredMs) => {
        if (answeredMs < from || answeredMs > until) return;
        latencies.push(answeredMs - sentMs);
        if (status !== 200) refused++;
      }),
    ),
  );
  return {
    perSecond: (latencies.length * 1_000) / options.windowMs,
    medianMs: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    refused,
  };
}

function talk(
  {port, next}: LoadOptions,
  until: number,
  onAnswer: (status: number, sentMs: number, answeredMs: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({port, host: '127.0.0.1', noDelay: true});
    let received = '';
    let sentMs = 0;
    let hasEnded = false;
    const send = () => {
      sentMs = performance.now();
      const request = sentMs < until ? next() : undefined;
      if (request === undefined) {
        hasEnded = true;
        socket.end();
      } else socket.write(request);
    };
    socket.on('connect', send);
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1');
      const head = received.indexOf(headEnd);
      if (head < 0) return;
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(received)?.[1] ?? 0);
      if (received.length < head + headEnd.length + length) return;
      onAnswer(Number(received.slice(9, 12)), sentMs, performance.now());
      received = '';
      send();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      if (!hasEnded) reject(new Error('the tower has closed a connection'));
      else resolve();
    });
  });
}

/** A POST of a JSON body, as it goes over the wire. */
export const post = (path: string, body: object): Uint8Array => {
  const text = JSON.stringify(body);
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: tower\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
  );
};
