import type {FastifyInstance} from 'fastify';
import {z} from 'zod';
import {maxReasonCharacters} from '../../gatekeeper/auth/policy.js';
import {maxU32} from '../../gatekeeper/settings.js';
import {maxU48} from '../../store/layout.js';
import {toWire} from '../wire-names.js';
import {maxPageDevices, maxPageRequests, nodeRoles, requestStates} from './admin-authorization.js';
import type {AdminTower} from './admin-tower.js';
import {checked, keyText, wholeNumber} from './checked.js';

/** Texts that are too long for a request shall be refused for that, and not for the size of the body. */
const maxSubmissionBytes = 512 * 1024;

const userId = z.int().min(0).max(maxU32);
const role = z.enum(nodeRoles);

const requestsQuery = z.strictObject({
  state: z.enum(requestStates).optional(),
  after: wholeNumber({from: 0, to: maxU48}).default(0),
  limit: wholeNumber({from: 1, to: maxPageRequests}).default(maxPageRequests),
});
const devicesQuery = z.strictObject({
  after: keyText.optional(),
  limit: wholeNumber({from: 1, to: maxPageDevices}).default(maxPageDevices),
});
const requestParams = z.object({id: wholeNumber({from: 1, to: maxU48})});
const deviceParams = z.object({key: keyText});
/** The texts are the tower's to judge, each with a code of its own. */
const submitBody = z.strictObject({
  kind: z.string(),
  info: z.string().optional(),
  node_info: z.string(),
  block_height: z.int().min(0).max(maxU32),
  block_hash: z.string(),
  signature: z.string(),
});
const approveBody = z.strictObject({user_id: userId.optional(), role: role.optional()});
const denyBody = z.strictObject({reason: z.string().min(1).max(maxReasonCharacters)});
const authorizeUserBody = z.strictObject({key: keyText, user_id: userId});
const authorizeNodeBody = z.strictObject({key: keyText, role});
const pragmaBody = z.strictObject({line: z.string()});

/** The calls about authorization. */
export function addAuthorizationRoutes(app: FastifyInstance, {auth}: AdminTower): void {
  const idOf = (params: unknown): number => checked(requestParams, params).id;

  app.get('/requests', async ({query}) => toWire(await auth.requests(checked(requestsQuery, query))));
  app.get('/requests/:id', async ({params}) => toWire(await auth.request(idOf(params))));
  app.post('/requests', {bodyLimit: maxSubmissionBytes}, async ({body}) => {
    const {
      node_info: nodeInfo,
      block_height: blockHeight,
      block_hash: blockHash,
      ...others
    } = checked(submitBody, body);
    return toWire(await auth.submit({...others, nodeInfo, blockHeight, blockHash}));
  });
  app.post('/requests/:id/approve', async ({params, body}) => {
    const {user_id: userId, role} = checked(approveBody, body);
    return toWire(await auth.approve(idOf(params), {userId, role}));
  });
  app.post('/requests/:id/deny', async ({params, body}) =>
    toWire(await auth.deny(idOf(params), checked(denyBody, body).reason)),
  );
  app.post('/authorize-user', async ({body}) => {
    const {key, user_id: userId} = checked(authorizeUserBody, body);
    return toWire(await auth.authorizeUser(key, userId));
  });
  app.post('/authorize-node', async ({body}) => {
    const {key, role} = checked(authorizeNodeBody, body);
    return toWire(await auth.authorizeNode(key, role));
  });
  app.get('/devices', async ({query}) => toWire(await auth.devices(checked(devicesQuery, query))));
  app.post('/devices/:key/revoke', async ({params, body}) => {
    checked(z.strictObject({}), body);
    return toWire(await auth.revoke(checked(deviceParams, params).key));
  });
  app.post('/pragma', async ({body}) => toWire(await auth.pragma(checked(pragmaBody, body).line)));
}
