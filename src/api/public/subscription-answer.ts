import {Readable} from 'node:stream';
import type {FastifyReply} from 'fastify';
import type {SubscriptionInfo} from '../../gatekeeper/held-appointments.js';
import {answer} from './answer.js';

/** Locators that are put into text at a time, so that others have their turn. */
const locatorsAtOnce = 5_000;

/** Answers what a subscription has left and holds; a long list goes out in pieces. */
export function answerInfo(reply: FastifyReply, subscription: SubscriptionInfo): FastifyReply {
  const {availableSlots, subscriptionExpiry, locators} = subscription;
  const counts = {available_slots: availableSlots, subscription_expiry: subscriptionExpiry};
  if (locators.length <= locatorsAtOnce) return answer(reply, {...counts, locators});
  const pieces = Readable.from(
    (function* () {
      yield `${JSON.stringify(counts).slice(0, -1)},"locators":[`;
      for (let from = 0; from < locators.length; from += locatorsAtOnce) {
        const some = JSON.stringify(locators.slice(from, from + locatorsAtOnce)).slice(1, -1);
        yield from === 0 ? some : `,${some}`;
      }
      yield ']}';
    })(),
  );
  return reply.header('content-type', 'application/json').send(pieces);
}
