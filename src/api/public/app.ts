import type {IncomingMessage, ServerResponse} from 'node:http';
import fastify, {type FastifyInstance, type FastifyRequest} from 'fastify';
import type {Tower} from '../../tower/tower.js';
import type {HttpObserver} from '../observation/http-observer.js';
import {schemaController} from '../schema-controller.js';
import {AddressLimits, type LimitOptions} from './address-limits.js';
import {addAdmission} from './admission.js';
import {refuse, sendJson} from './answer.js';
import {addAuthRoutes} from './auth/routes.js';
import {readBody} from './body-reader.js';
import type {Connections} from './connections.js';
import {createHttpServer, type HttpTimes} from './http-server.js';
import {misformed, Refusal, wireCodes} from './refusal.js';
import {openApiDocument} from './openapi/document.js';
import {isGone, toRefusal} from './refusals.js';
import {addTeosRoutes} from './teos-routes.js';

export interface PublicOptions extends LimitOptions {
  /** Longest blob that is accepted. */
  readonly maxBlobBytes: number;
  /** Connections that may be open at a time. */
  readonly maxConnections: number;
  /** Of the package. */
  readonly version: string;
  /** Hears of what should not happen: an error that is none of ours. */
  readonly onDefect: (error: unknown) => void;
  readonly onAnswered?: HttpObserver;
  /** How long parts of a request may take. @default 10 s for the head, 60 s for all of it */
  readonly times?: HttpTimes;
}

interface PublicApp {
  readonly app: FastifyInstance;
  readonly connections: Connections;
  /** Lets everybody go on whom the rate limit makes wait. */
  readonly release: () => void;
}

/** The public interface, without an address. */
export function publicApp(tower: Tower, options: PublicOptions): PublicApp {
  const {maxConnections, times, version, onDefect, onAnswered} = options;
  let connections: Connections | undefined;
  const app = fastify({
    schemaController,
    // A request that comes while the tower stops is answered like any other.
    return503OnClosing: false,
    rewriteUrl: ({url = '/'}) => originForm(url),
    frameworkErrors: (_error, _request, reply) => void refuse(reply, badPath),
    // The server has one of its own.
    clientErrorHandler: () => undefined,
    serverFactory: (handle) => {
      const made = createHttpServer(handle as Handle, {
        maxConnections,
        times,
        onRefused: (status) => onAnswered?.({method: 'other', route: undefined, status, seconds: undefined}),
      });
      ({connections} = made);
      return made.server;
    },
  });
  const open = connections!;
  app.removeAllContentTypeParsers();
  // What type it has to be of is judged before; none at all will do.
  app.addContentTypeParser('*', ({routeOptions}: FastifyRequest, stream: IncomingMessage) =>
    readBody(stream, routeOptions.config.maxBodyBytes ?? 0),
  );
  app.setErrorHandler((error, {routeOptions}, reply) => {
    const refusal = toRefusal(error, routeOptions.config.unauthenticated);
    if (refusal !== undefined) return refuse(reply, refusal);
    if (!isGone(error)) onDefect(error);
    return refuse(reply, unexpected);
  });
  app.addHook('onSend', ({raw}, reply, payload, done) => {
    if (open.isLast(raw)) reply.header('connection', 'close');
    done(null, payload);
  });
  if (onAnswered !== undefined) {
    app.addHook('onResponse', ({method, routeOptions}, {statusCode, elapsedTime}, done) => {
      onAnswered({method, route: routeOptions.url, status: statusCode, seconds: elapsedTime / 1000});
      done();
    });
  }
  const limits = new AddressLimits(options);
  const release = addAdmission(app, {limits, connections: open});
  const description = Buffer.from(JSON.stringify(openApiDocument(version)));
  app.get('/openapi.json', (_request, reply) => sendJson(reply, description));
  addTeosRoutes(app, tower, {limits, maxBlobBytes: options.maxBlobBytes});
  addAuthRoutes(app, tower);
  return {app, connections: open, release};
}

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

const badPath = misformed(404, 'There is nothing under this path');
const unexpected = new Refusal(500, wireCodes.unexpectedError, 'Unexpected error');

/** A proxy may name the whole address. */
const originForm = (url: string): string => url.replace(/^https?:\/\/[^/?#]*/i, '') || '/';
