import type {FastifyInstance} from 'fastify';
import type {Tower} from '../../tower/tower.js';
import {answer} from './answer.js';
import {registerBody} from './bodies.js';
import {bodyOf} from './body-reader.js';
import {refuseUnready} from './refusals.js';

/** Room for the fields that clients send, and for some that later ones may add. */
const smallBodyBytes = 4096;

/** The endpoints of the TEOS wire. */
export function addTeosRoutes(app: FastifyInstance, tower: Tower): void {
  app.get('/ping', (_request, reply) => reply.send());

  app.post('/register', {config: {maxBodyBytes: smallBodyBytes}}, async (request, reply) => {
    const key = registerBody(bodyOf(request));
    refuseUnready(tower);
    const promise = await tower.gatekeeper.addUpdateUser(key);
    return answer(reply, {
      user_id: key,
      available_slots: promise.availableSlots,
      subscription_start: promise.subscriptionStart,
      subscription_expiry: promise.subscriptionExpiry,
      subscription_signature: promise.subscriptionSignature,
    });
  });
}
