import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import type {ExecutionContext} from 'ava';

export interface FakeRequest {
  readonly authorization: string | undefined;
  readonly body: {readonly id: unknown; readonly method: string; readonly params: unknown[]};
}

/** What a scripted server says to one request. */
export type Reply = (request: FakeRequest, response: ServerResponse) => void;

export const json =
  (value: unknown, status = 200): Reply =>
  (_, response) => {
    response.writeHead(status, {'content-type': 'application/json'}).end(JSON.stringify(value));
  };

export const text =
  (body: string, status: number): Reply =>
  (_, response) => {
    response.writeHead(status, {'content-type': 'text/plain'}).end(body);
  };

/** An HTTP server on loopback that gives one reply after the other, and the last one again and again. */
export async function fakeHttp(
  t: ExecutionContext,
  ...replies: Reply[]
): Promise<{url: string; requests: FakeRequest[]}> {
  const requests: FakeRequest[] = [];
  const server = createServer((incoming, response) => {
    void read(incoming).then((request) => {
      requests.push(request);
      (replies[requests.length - 1] ?? replies.at(-1)!)(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return {url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests};
}

async function read(incoming: IncomingMessage): Promise<FakeRequest> {
  let body = '';
  for await (const part of incoming) body += String(part);
  return {authorization: incoming.headers.authorization, body: JSON.parse(body) as FakeRequest['body']};
}
