import {chmod} from 'node:fs/promises';
import type {Server} from 'node:http';
import type {Socket} from 'node:net';
import fastify, {type FastifyInstance, type FastifyReply} from 'fastify';
import {z} from 'zod';
import {BartizanError, InvariantError, OperationalError, Rejection} from '../../errors/index.js';
import {addActivityRoute, addObservationRoutes} from '../observation/observation-routes.js';
import type {ObservedTower} from '../observation/observed-tower.js';
import {toWire} from '../wire-names.js';
import {type AdminTower, maxMinedBlocks, maxPageUsers} from './admin-tower.js';
import {addAuthorizationRoutes} from './authorization-routes.js';
import {checked, keyText, wholeNumber} from './checked.js';
import {statusOf, toErrorBody} from './error-body.js';
import {maxBodyBytes, parseBody} from './json-body.js';
import {addLogRoutes} from './log-routes.js';
import {addOperatorRoutes} from './operator-routes.js';
import {claimSocketPath} from './socket.js';
import {schemaController} from '../schema-controller.js';
import {referenceIn} from './user-params.js';

/** A request on a local socket arrives at once or never. */
const requestMs = 10_000;
/** How long answers under way hold up the end. A connection that asks nothing would hold it up for ever. */
const closingMs = 5_000;

const registerBody = z.strictObject({key: keyText});
const mineBody = z.strictObject({blocks: z.int().min(1).max(maxMinedBlocks)});
const usersQuery = z.strictObject({
  after: wholeNumber({from: 0, to: Number.MAX_SAFE_INTEGER}).default(0),
  limit: wholeNumber({from: 1, to: maxPageUsers}).default(maxPageUsers),
});

export interface AdminServer {
  close(): Promise<void>;
}

interface ServeOptions {
  readonly path: string;
  /** Hears of what should not happen: an error that is none of ours. */
  readonly onDefect: (error: unknown) => void;
  /** What is told of the tower to probes and to collectors of metrics. */
  readonly observed?: ObservedTower;
  /** How long answers under way may hold up the end. @default 5000 */
  readonly closingMs?: number;
}

/**
 * Serves a tower on a unix socket that only its owner can open.
 * @throws OperationalError TOWER_ALREADY_RUNNING, TOWER_ADDRESS_IN_USE
 */
export async function serveAdmin(tower: AdminTower, options: ServeOptions): Promise<AdminServer> {
  const {path, onDefect, observed} = options;
  await claimSocketPath(path);
  const app = adminApp(tower, onDefect);
  if (observed !== undefined) {
    addObservationRoutes(app, observed);
    addActivityRoute(app, observed);
  }
  await app.ready();
  await listen(app.server, path);
  await chmod(path, 0o600);
  return {
    async close() {
      const closed = new Promise<void>((resolve) => app.server.close(() => resolve()));
      app.server.closeIdleConnections();
      const timer = setTimeout(() => app.server.closeAllConnections(), options.closingMs ?? closingMs);
      await closed;
      clearTimeout(timer);
      await app.close();
    },
  };
}

/** The calls, without a socket. */
export function adminApp(tower: AdminTower, onDefect: (error: unknown) => void): FastifyInstance {
  const app = fastify({
    schemaController,
    bodyLimit: maxBodyBytes,
    requestTimeout: requestMs,
    keepAliveTimeout: requestMs,
    clientErrorHandler: refuseUnread,
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', {parseAs: 'buffer'}, async (_request: unknown, body: Buffer) =>
    parseBody(body),
  );
  app.get('/status', async () => toWire(await tower.status()));
  app.post('/register', async ({body}) => toWire(await tower.register(checked(registerBody, body).key)));
  app.get('/users', async ({query}) => toWire(await tower.users(checked(usersQuery, query))));
  app.get('/users/:who', async ({params}) => toWire(await tower.user(referenceIn(params))));
  addAuthorizationRoutes(app, tower);
  addOperatorRoutes(app, tower, onDefect);
  addLogRoutes(app, tower);
  app.post('/mine', async ({body}) => toWire(await tower.mine(checked(mineBody, body).blocks)));
  app.get('/digest', async () => toWire(await tower.digest()));
  app.get('/verify', async () => toWire(await tower.verify()));
  app.post('/stop', async () => {
    tower.stop();
    return {};
  });
  app.setNotFoundHandler(({method, url}, reply) =>
    refuse(reply, new Rejection('TOWER_INVALID_PARAMETER', `there is no ${method} ${url}`), 404),
  );
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof BartizanError) return refuse(reply, error);
    const status = (error as {statusCode?: number}).statusCode;
    const message = error instanceof Error ? error.message : String(error);
    // Fastify's own refusals: no JSON, a body that is too large.
    if (status !== undefined && status < 500) {
      return refuse(reply, new Rejection('TOWER_INVALID_PARAMETER', message), status);
    }
    onDefect(error);
    return refuse(reply, new InvariantError(message, {cause: error}));
  });
  return app;
}

function refuse(reply: FastifyReply, error: BartizanError, status = statusOf(error)): FastifyReply {
  return reply.code(status).send(toErrorBody(error));
}

/** Answers what Node.js could not read as a request: there is no reply yet, only the connection. */
function refuseUnread(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, message] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'the address and the headers of the request are too long']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'the request did not arrive in time']
        : ['400 Bad Request', 'the request is not HTTP'];
  const body = JSON.stringify(toErrorBody(new Rejection('TOWER_INVALID_PARAMETER', message)));
  const headers = [
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end([`HTTP/1.1 ${status}`, ...headers, '', body].join('\r\n'));
}

/** The socket is created under a mask, so that it is at no instant open to others. */
function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new OperationalError('TOWER_ADDRESS_IN_USE', `cannot listen on ${path}`, {cause}));
    });
    const mask = process.umask(0o177);
    try {
      server.listen({path}, resolve);
    } finally {
      process.umask(mask);
    }
  });
}
