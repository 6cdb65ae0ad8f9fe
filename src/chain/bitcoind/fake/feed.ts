import type {Timers} from '../../timers.js';
import type {Notification} from '../transport.js';
import type {Faults} from './faults.js';

/** What bitcoind publishes. Source: Bitcoin Core's doc/zmq.md. */
export type Topic = 'hashblock' | 'rawblock' | 'hashtx' | 'rawtx' | 'sequence';

export const topics = ['hashblock', 'rawblock', 'hashtx', 'rawtx', 'sequence'] as const satisfies readonly Topic[];

/** Messages are counted modulo this. */
const period = 2 ** 32;

/** The notifications of a node: numbered by topic from its start, and then up to the faults on their way. */
export class Feed {
  readonly #topics: ReadonlySet<Topic>;
  readonly #faults: Faults;
  readonly #timers: Timers;
  readonly #listeners = new Set<(notification: Notification) => void>();
  readonly #counters = new Map<Topic, number>();
  #held: Notification[] = [];
  #published = 0;

  constructor(options: {readonly topics: readonly Topic[]; readonly faults: Faults; readonly timers: Timers}) {
    this.#topics = new Set(options.topics);
    this.#faults = options.faults;
    this.#timers = options.timers;
    options.faults.onHeal(() => this.#releaseHeld());
  }

  /** Notifications since the beginning, those that faults have eaten included. */
  get published(): number {
    return this.#published;
  }

  get topics(): Topic[] {
    return [...this.#topics];
  }

  publishes(topic: Topic): boolean {
    return this.#topics.has(topic);
  }

  /** Hears what comes through. Answers the function that ends it. */
  subscribe(onMessage: (notification: Notification) => void): () => void {
    const listener = (notification: Notification): void => onMessage(notification);
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** The number that the next message of a topic gets, to see what becomes of a client when they wrap. */
  countFrom(topic: Topic, counter: number): void {
    this.#counters.set(topic, counter % period);
  }

  /** The node has started anew: every topic counts from 0 again. */
  restart(): void {
    this.#counters.clear();
    this.#held = [];
  }

  publish(topic: Topic, body: Uint8Array): void {
    if (!this.#topics.has(topic)) return;
    const counter = this.#counters.get(topic) ?? 0;
    this.#counters.set(topic, (counter + 1) % period);
    this.#published++;
    this.#send(topic, {topic, body, counter});
  }

  /** A client has made its connection anew. */
  reconnected(): void {
    if (this.#faults.active.some((fault) => fault.kind === 'silence' && fault.until === 'reconnected')) {
      this.#faults.heal('silence');
    }
  }

  #send(topic: Topic, notification: Notification): void {
    const fault = this.#faults.strike(
      ['silence', 'lose', 'delay', 'double', 'reorder'],
      (set) => set.kind === 'silence' || (set.topic ?? 'hashblock') === topic,
    );
    switch (fault?.kind) {
      case 'silence':
      case 'lose':
        return;
      case 'delay':
        this.#timers.after(fault.ms, () => this.#deliver(notification));
        return;
      case 'double':
        this.#deliver(notification);
        break;
      case 'reorder':
        this.#held.push(notification);
        if (this.#held.length >= fault.next) this.#releaseHeld();
        return;
      case undefined:
    }
    this.#deliver(notification);
  }

  /** Last come, first delivered. */
  #releaseHeld(): void {
    const held = this.#held.reverse();
    this.#held = [];
    for (const notification of held) this.#deliver(notification);
  }

  #deliver(notification: Notification): void {
    for (const listener of this.#listeners) listener(notification);
  }
}
