import type {IncomingMessage} from 'node:http';
import type {FastifyRequest} from 'fastify';
import {misformed, type Refusal} from './refusal.js';

/** Stands for a body that is longer than it may be. */
const overlong: unique symbol = Symbol('overlong');

/** The connection ended before the request did. There is nobody to tell. */
export class ClientGone extends Error {}

/**
 * Reads the body of a request up to `limit` bytes. What comes beyond is not kept, but still taken from the connection:
 * whoever sends it would otherwise lose the answer to a reset. How long that may go on is limited as for every request.
 */
export function readBody(stream: IncomingMessage, limit: number): Promise<Buffer | typeof overlong> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= limit) chunks.push(chunk);
      else resolve(overlong);
    });
    stream.once('end', () => resolve(Buffer.concat(chunks)));
    stream.once('error', (cause) => reject(new ClientGone('the client has gone', {cause})));
    // An error takes its time to be made, even if nobody is told of it.
    stream.once('close', () => {
      if (!stream.readableEnded) reject(new ClientGone('the client has gone'));
    });
  });
}

/** The body that was read. @throws Refusal when it is longer than its route allows */
export function bodyOf({body, routeOptions}: FastifyRequest): Buffer {
  if (body === overlong) throw tooLarge(routeOptions.config.maxBodyBytes ?? 0);
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

export const tooLarge = (limit: number): Refusal =>
  misformed(413, `The request payload is too large: it may have ${limit} bytes`);
