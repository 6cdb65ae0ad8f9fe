import {isAbsolute} from 'node:path';
import type {FastifyInstance} from 'fastify';
import {z} from 'zod';
import {maxForecastBlocks} from '../../gatekeeper/forecast.js';
import {maxU32} from '../../gatekeeper/settings.js';
import {toWire} from '../wire-names.js';
import {maxPageAppointments, maxPageHeights} from './admin-operator.js';
import {type AdminTower, maxPageUsers} from './admin-tower.js';
import {checked, wholeNumber} from './checked.js';
import {following} from './following.js';
import {referenceIn} from './user-params.js';

const extendBody = z.strictObject({blocks: z.int().min(1).max(maxU32)});
const blocks = wholeNumber({from: 1, to: maxForecastBlocks});
const forecastQuery = z.strictObject({
  blocks,
  after: wholeNumber({from: 0, to: maxU32}).default(0),
  limit: wholeNumber({from: 1, to: maxPageHeights}).default(maxPageHeights),
});
const dueUsersQuery = z.strictObject({
  blocks,
  after: z.string().max(32).optional(),
  limit: wholeNumber({from: 1, to: maxPageUsers}).default(maxPageUsers),
});

const appointmentsQuery = z.strictObject({
  locator: z.string().max(64).optional(),
  after: z.string().max(64).optional(),
  limit: wholeNumber({from: 1, to: maxPageAppointments}).default(maxPageAppointments),
});

/** Longer than any path that a system takes. */
const maxPathLetters = 4096;
const copyBody = z.strictObject({
  path: z.string().min(1).max(maxPathLetters).refine(isAbsolute, 'must be an absolute path'),
});

/** The calls about what an operator does with users, and what is to come. */
export function addOperatorRoutes(
  app: FastifyInstance,
  {operator}: AdminTower,
  onDefect: (error: unknown) => void,
): void {
  app.post('/users/:who/extend', async ({params, body}) =>
    toWire(await operator.extend(referenceIn(params), checked(extendBody, body).blocks)),
  );
  app.post('/users/:who/delete', async ({params, body}) => {
    checked(z.strictObject({}), body);
    return toWire(await operator.delete(referenceIn(params)));
  });
  app.get('/forecast', async ({query}) => toWire(await operator.forecast(checked(forecastQuery, query))));
  app.get('/forecast/users', async ({query}) => toWire(await operator.dueUsers(checked(dueUsersQuery, query))));
  app.get('/appointments', async ({query}) => toWire(await operator.appointments(checked(appointmentsQuery, query))));
  app.post('/copy', async ({body}, reply) => {
    const {path} = checked(copyBody, body);
    const lines = following((tell) => operator.copyStore(path, tell), onDefect);
    return reply.type('application/x-ndjson').send(lines);
  });
}
