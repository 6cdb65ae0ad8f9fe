import {Readable} from 'node:stream';
import type {FastifyReply} from 'fastify';
import type {ListedSubscription} from '../../gatekeeper/held-appointments.js';
import {answer} from './answer.js';

/** Locators that are answered at once; a longer list is read as its reader takes it, so that nobody can have many held. */
export const locatorsAtOnce = 1_000;

type Pages = AsyncGenerator<string[]>;

/** Of all the long lists that are asked for one page is read at a time, so that others have their turn. */
export class SubscriptionAnswers {
  #read: Promise<unknown> = Promise.resolve();

  /** Answers what a subscription has left and holds. */
  send(reply: FastifyReply, {availableSlots, subscriptionExpiry, locators}: ListedSubscription): FastifyReply {
    const counts = {available_slots: availableSlots, subscription_expiry: subscriptionExpiry};
    if (!('next' in locators)) return answer(reply, {...counts, locators});
    const pieces = Readable.from(this.#pieces(counts, locators), {highWaterMark: 1});
    return reply.header('content-type', 'application/json').send(pieces);
  }

  async *#pieces(counts: object, pages: Pages): AsyncGenerator<string> {
    let start = `${JSON.stringify(counts).slice(0, -1)},"locators":[`;
    for (let page = await this.#next(pages); page.done !== true; page = await this.#next(pages)) {
      yield `${start}${JSON.stringify(page.value).slice(1, -1)}`;
      start = ',';
    }
    yield start === ',' ? ']}' : `${start}]}`;
  }

  #next(pages: Pages): Promise<IteratorResult<string[]>> {
    const page = this.#read.then(() => pages.next());
    this.#read = page.catch(() => undefined);
    return page;
  }
}
