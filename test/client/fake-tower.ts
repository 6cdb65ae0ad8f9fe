import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo, Socket} from 'node:net';
import type {ExecutionContext} from 'ava';
import {appointmentReceipt, registrationReceipt} from '../../src/crypto/receipt.js';
import {SigningKey} from '../../src/crypto/signing-key.js';
import {teosProtocol as known} from '../support/teos-protocol.js';
import {fromHex} from '../support/vectors.js';

export const towerKey = new SigningKey(fromHex(known.towerSecretKey));
export const userKey = new SigningKey(fromHex(known.userSecretKey));

type Answer = object | string | ((response: ServerResponse, request: IncomingMessage) => void);
type Respond = (path: string, body: Record<string, unknown>) => Answer;

/** A server that answers as the test says, and remembers what it was asked. */
export interface FakeTower {
  readonly url: string;
  readonly address: string;
  readonly heard: {readonly path: string; readonly body: string}[];
  close(): Promise<void>;
}

export async function fakeTower(t: ExecutionContext, respond: Respond): Promise<FakeTower> {
  const heard: {path: string; body: string}[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      heard.push({path: request.url!, body});
      const answer = respond(request.url!, body === '' ? {} : (JSON.parse(body) as Record<string, unknown>));
      if (typeof answer === 'function') answer(response, request);
      else response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    });
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    for (const socket of sockets) socket.destroy();
    return new Promise<void>((resolve) => void server.close(() => resolve()));
  };
  t.teardown(close);
  const {port} = server.address() as AddressInfo;
  const host = `127.0.0.1:${port}`;
  return {url: `http://${host}`, address: `${towerKey.publicKey}@${host}`, heard, close};
}

/** An answer with a status that says no. */
export const refuses =
  (status: number, body: object | string, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
  };

interface Promised {
  readonly slots?: number;
  readonly start?: number;
  readonly expiry?: number;
  readonly signedBy?: SigningKey;
}

/** What a tower answers to a registration of the test's user. */
export function registrationBy({slots = 10, start = 100, expiry = 200, signedBy = towerKey}: Promised = {}): object {
  const receipt = registrationReceipt({
    userKey: userKey.publicKey,
    availableSlots: slots,
    subscriptionStart: start,
    subscriptionExpiry: expiry,
  });
  return {
    user_id: userKey.publicKey,
    available_slots: slots,
    subscription_start: start,
    subscription_expiry: expiry,
    subscription_signature: signedBy.sign(receipt),
  };
}

/** What a tower answers to a deposit. */
export function depositBy(
  body: Record<string, unknown>,
  {slots = 9, start = 101, expiry = 200, signedBy = towerKey}: Promised = {},
): object {
  const {signature, appointment} = body as {signature: string; appointment: {locator: string}};
  return {
    locator: appointment.locator,
    start_block: start,
    signature: signedBy.sign(appointmentReceipt({userSignature: signature, startBlock: start})),
    available_slots: slots,
    subscription_expiry: expiry,
  };
}
