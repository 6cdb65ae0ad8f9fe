import type {FastifyInstance} from 'fastify';
import {toWire} from '../wire-names.js';
import type {ObservedTower} from './observed-tower.js';

/** What probes and collectors of metrics ask. */
export function addObservationRoutes(app: FastifyInstance, observed: ObservedTower): void {
  app.get('/health', async (_request, reply) => {
    const health = observed.health();
    return reply.code(health.status === 'ok' ? 200 : 503).send(toWire(health));
  });
  app.get('/metrics', async (_request, reply) => {
    const {contentType, text} = await observed.metrics();
    return reply.header('content-type', contentType).send(text);
  });
}
