import type {AddressInfo} from 'node:net';
import fastify from 'fastify';
import {OperationalError} from '../../errors/index.js';
import {addObservationRoutes} from './observation-routes.js';
import {schemaController} from '../schema-controller.js';
import type {ObservedTower} from './observed-tower.js';

/** Collectors and probes send a short GET at once. */
const requestMs = 5_000;
const keepAliveMs = 60_000;
/** A few collectors, each with a connection or two. */
const maxConnections = 32;

export interface MetricsServer {
  /** Such as `http://127.0.0.1:9815`. */
  readonly address: string;
  close(): Promise<void>;
}

interface ServeOptions {
  readonly bind: string;
  /** 0: the system picks one. */
  readonly port: number;
  readonly onDefect: (error: unknown) => void;
}

/**
 * Serves /metrics and /health, and nothing else, to whoever reaches the address.
 * @throws OperationalError TOWER_ADDRESS_IN_USE
 */
export async function serveMetrics(
  observed: ObservedTower,
  {bind, port, onDefect}: ServeOptions,
): Promise<MetricsServer> {
  const app = fastify({schemaController, bodyLimit: 1, requestTimeout: requestMs, keepAliveTimeout: keepAliveMs});
  app.server.maxConnections = maxConnections;
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({error: 'there are /metrics and /health'}));
  app.setErrorHandler((error, _request, reply) => {
    const status = (error as {statusCode?: number}).statusCode ?? 500;
    if (status >= 500) onDefect(error);
    return reply.code(status).send({error: status >= 500 ? 'the tower could not answer' : 'the request is refused'});
  });
  addObservationRoutes(app, observed);
  try {
    await app.listen({host: bind.replace(/^\[(.*)\]$/, '$1'), port});
  } catch (cause) {
    throw new OperationalError('TOWER_ADDRESS_IN_USE', `cannot serve metrics on ${bind}, port ${port}`, {
      cause,
      hint: 'Set metrics_bind and metrics_port to an address of this machine that is free.',
    });
  }
  return {
    address: addressOf(app.server.address() as AddressInfo),
    async close() {
      const closed = app.close();
      app.server.closeAllConnections();
      await closed;
    },
  };
}

const addressOf = ({address, family, port}: AddressInfo): string =>
  `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
