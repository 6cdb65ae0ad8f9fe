import type {FastifyInstance} from 'fastify';
import {z} from 'zod';
import {checked, wholeNumber} from '../admin/checked.js';
import {toWire} from '../wire-names.js';
import {maxWaitMs} from './activity.js';
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

/** Without `after` it answers at once. */
const activityQuery = z.strictObject({
  after: wholeNumber({from: 0, to: Number.MAX_SAFE_INTEGER}).optional(),
  wait_ms: wholeNumber({from: 0, to: maxWaitMs}).default(maxWaitMs),
});

/** What somebody asks who watches. Events name users and devices, so it is the operator's alone. */
export function addActivityRoute(app: FastifyInstance, observed: ObservedTower): void {
  app.get('/activity', async ({query}) => {
    const {after = -1, wait_ms: waitMs} = checked(activityQuery, query);
    return toWire(await observed.activity({after, waitMs}));
  });
}
