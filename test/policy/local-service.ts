import {once} from 'node:events';
import {createServer as createHttpServer, type IncomingHttpHeaders, type Server, type ServerResponse} from 'node:http';
import {type AddressInfo, createServer, type Server as NetServer, type Socket} from 'node:net';
import type {ExecutionContext} from 'ava';

export interface ReceivedPost {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly socket: Socket;
}

export interface LocalService {
  readonly url: string;
  readonly server: Server;
  readonly posts: ReceivedPost[];
  /** Resolves when `count` posts have come, counted from the first. */
  received(count: number): Promise<void>;
}

/** An HTTP server on loopback that answers each post, once it is whole, as told. */
export async function aService(
  t: ExecutionContext,
  answer: (response: ServerResponse, post: ReceivedPost) => void,
): Promise<LocalService> {
  const posts: ReceivedPost[] = [];
  const waiting = new Set<() => void>();
  const server = createHttpServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const {method, url: path, headers, socket} = request;
      const post = {method, path, headers, body: Buffer.concat(chunks), socket};
      posts.push(post);
      for (const look of waiting) look();
      answer(response, post);
    });
  });
  return {
    url: `http://127.0.0.1:${await listening(t, server)}/`,
    server,
    posts,
    received: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (posts.length < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}

/** A server on loopback that answers the first bytes of each connection with these bytes, whatever they are. */
export async function aRawService(t: ExecutionContext, answer: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => answer(socket));
  });
  return `http://127.0.0.1:${await listening(t, server)}/`;
}

/** A URL on loopback where nobody listens. */
export async function aDeadUrl(t: ExecutionContext): Promise<string> {
  const server = createServer();
  const port = await listening(t, server);
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}/`;
}

export const json = (response: ServerResponse, value: unknown): void => void response.end(JSON.stringify(value));

async function listening(t: ExecutionContext, server: NetServer): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}
