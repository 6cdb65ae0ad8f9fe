import {systemTimers} from '../../chain/timers.js';
import {addressGroup} from './address-group.js';
import {RateLimit} from './rate-limit.js';

/** Seconds of the rate that may come at once: a node that was offline has much to tell. */
const burstSeconds = 10;
/** The part of the requests of an address that may be registrations: each of them leaves rows behind for a month. */
const registrationShare = 1 / 10;
/** Registrations of one key: a client asks for one a month, or a few when it has run out of slots. */
const ofKey = {perSecond: 1, burst: 60};

export interface LimitOptions {
  /** Requests a second of one address; 0 is no limit. */
  readonly rateLimit: number;
  /**
   * Whether it does not count for the machine's own addresses: behind Tor or a proxy everybody comes from there, and one
   * of them could shut all others out.
   */
  readonly sparesLoopback: boolean;
}

interface Limits {
  readonly requests: RateLimit;
  readonly registrations: RateLimit;
  readonly keys: RateLimit;
}

/** How often an address may ask, and how often it, or anybody for one key, may register. */
export class AddressLimits {
  readonly #limits: Limits | undefined;
  readonly #sparesLoopback: boolean;

  constructor({rateLimit, sparesLoopback}: LimitOptions) {
    this.#sparesLoopback = sparesLoopback;
    if (rateLimit === 0) return;
    const nowMs = () => systemTimers.nowMs();
    this.#limits = {
      requests: new RateLimit({perSecond: rateLimit, burst: rateLimit * burstSeconds, nowMs}),
      registrations: new RateLimit({perSecond: rateLimit * registrationShare, burst: rateLimit, nowMs}),
      keys: new RateLimit({...ofKey, nowMs}),
    };
  }

  /** Milliseconds that a request has to wait. It counts unless that is longer than `maxWaitMs`. */
  request(address: string | undefined, maxWaitMs = 0): number {
    return this.#limitsFor(address)?.requests.take(addressGroup(address), maxWaitMs) ?? 0;
  }

  /** Milliseconds until a registration is within the limits. It counts if that is 0. */
  registration(address: string | undefined, key: string): number {
    const limits = this.#limitsFor(address);
    if (limits === undefined) return 0;
    return limits.registrations.take(addressGroup(address)) || limits.keys.take(key);
  }

  #limitsFor(address: string | undefined): Limits | undefined {
    return this.#sparesLoopback && isLoopback(address) ? undefined : this.#limits;
  }
}

const isLoopback = (address = ''): boolean => /^(?:(?:::ffff:)?127\.\d+\.\d+\.\d+|::1)$/i.test(address);
