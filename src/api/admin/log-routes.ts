import type {FastifyInstance} from 'fastify';
import {z} from 'zod';
import {maxLogEntries} from '../../tower/log.js';
import {toWire} from '../wire-names.js';
import type {AdminTower} from './admin-tower.js';
import {checked, wholeNumber} from './checked.js';

const pageQuery = z.strictObject({
  from: wholeNumber({from: 0, to: Number.MAX_SAFE_INTEGER}),
  limit: wholeNumber({from: 1, to: maxLogEntries}).default(maxLogEntries),
});

/** The calls about the log of committed events. */
export function addLogRoutes(app: FastifyInstance, {log}: AdminTower): void {
  app.get('/log/end', async () => toWire(await log.end()));
  app.get('/log', async ({query}) => toWire(await log.page(checked(pageQuery, query))));
}
