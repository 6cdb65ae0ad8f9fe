import {Rejection} from '../../errors/index.js';
import type {Tower} from '../../tower/tower.js';
import type {Refusable} from '../scenario/scenario.js';
import {requestText} from '../timeline/request-text.js';
import type {TowerHost} from './tower-host.js';

type Ask = (tower: Tower) => Promise<unknown>;

/** Sends requests to the tower, each when it comes, or as a fault would have it: twice, or only when there are several. */
export class Outbox {
  readonly #host: TowerHost;
  /** Requests that are to be sent at once, and how many of them are still to come. */
  #together: Ask[] = [];
  #awaited = 0;
  #twice = false;

  constructor(host: TowerHost) {
    this.#host = host;
  }

  /** The next so many requests are sent at once. */
  gather(requests: number): void {
    this.#awaited = requests;
  }

  /** The next request is sent twice. */
  doubleNext(): void {
    this.#twice = true;
  }

  /** Answers whether it was answered: some requests wait for others. @throws Rejection */
  async send(request: Refusable, ask: Ask): Promise<boolean> {
    if (this.#awaited > 0) {
      this.#together.push(ask);
      if (--this.#awaited === 0) await this.sendTogether();
      return false;
    }
    if (!this.#twice) {
      await this.#host.request(requestText(request), ask);
      return true;
    }
    this.#twice = false;
    const [first] = await this.#host.requestTogether([ask, ask]);
    if (first?.status === 'rejected' && first.reason instanceof Rejection) throw first.reason;
    return true;
  }

  /** Sends the requests that wait for each other. */
  async sendTogether(): Promise<void> {
    const asks = this.#together;
    this.#together = [];
    this.#awaited = 0;
    if (asks.length > 0) await this.#host.requestTogether(asks);
  }
}
