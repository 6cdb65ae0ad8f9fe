import {serializeHeader, type ChainHeader} from '../../chain/header.js';
import {genesisOf} from '../../chain/network.js';
import {SimulatedChain} from '../../chain/simulated-chain.js';
import {Rejection} from '../../errors/index.js';
import {infoHashOf} from '../../crypto/proof.js';
import {hash} from 'node:crypto';
import type {GatekeeperSettings} from '../../gatekeeper/settings.js';
import {MemoryStore} from '../../store/memory-store.js';
import type {Random} from '../random.js';
import type {Input} from '../tape/input.js';
import {Machine} from '../tape/machine.js';
import type {LogEntry} from '../../tower/log.js';
import type {BookedAnswer} from './answer-book.js';
import type {Load} from './load.js';
import {PolicyRound} from './policy-round.js';
import {Tally} from './tally.js';

/** Blocks that there are before the tower begins. */
const startHeight = 101;

/** Draws for each expected arrival: many small chances come close to what Poisson describes. */
const trials = 8;

/** How many of something come when `expected` come on average. */
export function countOf(random: Random, expected: number): number {
  const all = trials * Math.ceil(expected);
  let count = 0;
  for (let i = 0; i < all; i++) if (random.chance(expected / all)) count++;
  return count;
}

interface User {
  readonly key: string;
  /** As he was told last; 0 before. */
  expiry: number;
  /** Whether he sends appointments. */
  isActive: boolean;
}

/** One tower under a load that follows from a random stream. */
export class RandomRun {
  readonly tally: Tally;
  readonly refusalsByCode = new Map<string, number>();
  readonly #machine: Machine;
  readonly #load: Load;
  readonly #random: Random;
  readonly #chain: SimulatedChain;
  readonly #policies: PolicyRound;
  readonly #delays: Random;
  /** Those who send appointments. */
  readonly #users: User[] = [];
  /** What a user does at a height: renews. */
  readonly #plans = new Map<number, User[]>();
  readonly #booked = new Map<number, BookedAnswer>();
  #keys = 0;

  private constructor(machine: Machine, load: Load, random: Random) {
    this.#machine = machine;
    this.#load = load;
    this.#random = random.stream('load');
    this.#delays = random.stream('policy');
    this.tally = new Tally(machine);
    this.#chain = new SimulatedChain({seed: String(random.stream('chain').u64())});
    const apply = async (input: Input, actor: string) => void (await this.#apply(input, actor));
    this.#policies = new PolicyRound(machine, (id, answers) => (answers === 0 ? this.#answerTo(id) : undefined), apply);
  }

  static async begin(settings: GatekeeperSettings, load: Load, random: Random): Promise<RandomRun> {
    const run = new RandomRun(await Machine.open(new MemoryStore()), load, random);
    const headers = run.#chain.mine(startHeight).slice(-101);
    const history = {headers: headers.map(hexOf), chainwork: run.#chain.tip.chainwork.toString(16)};
    const chain = {network: 'regtest', genesis: genesisOf.regtest} as const;
    await run.#apply({type: 'begin', chain, history, height: startHeight, settings}, 'chain');
    return run;
  }

  /** One block, what comes with it, and perhaps a reorg. */
  async block(): Promise<void> {
    if (this.#random.chance(this.#load.reorgs)) await this.#reorg();
    await this.#connect(this.#chain.mine(1));
    const {height} = this.#chain.tip;
    for (const user of this.#plans.get(height) ?? []) await this.#register(user);
    this.#plans.delete(height);
    for (let left = countOf(this.#random, this.#load.arrivals); left > 0; left--) await this.#arrive();
    for (let left = countOf(this.#random, this.#load.deposits); left > 0 && this.#users.length > 0; left--) {
      await this.#deposit();
    }
  }

  async #reorg(): Promise<void> {
    let depth = 1;
    while (depth < this.#load.reorgDepth && this.#random.chance(0.5)) depth++;
    for (let left = depth; left > 0; left--) await this.#apply({type: 'disconnect'}, 'chain');
    await this.#connect(this.#chain.reorg({depth, blocks: depth + 1}));
  }

  async #connect(headers: readonly ChainHeader[]): Promise<void> {
    for (const header of headers) {
      const events = await this.#apply({type: 'connect', header: hexOf(header)}, 'chain');
      for (const event of events)
        if (event.type === 'device_authorized') await this.#register({key: event.key, expiry: 0, isActive: false});
      await this.#policies.ask();
    }
  }

  async #arrive(): Promise<void> {
    const key = `02${hash('sha256', `${this.#random.u64()} ${this.#keys++}`)}`;
    const {settings, tip} = this.#machine.now.meta;
    if (settings.auth === 'none') return this.#register({key, expiry: 0, isActive: false});
    const kind = settings.auth === 'user' ? 'user_signup' : 'new_node';
    const info = kind === 'user_signup' ? '' : null;
    const nodeInfo = JSON.stringify({public_key: key});
    const block = {blockHeight: tip.height, blockHash: tip.hash};
    const infoHash = info === null ? null : infoHashOf(info);
    const events = await this.#ask({type: 'submit', submission: {kind, key, info, infoHash, nodeInfo, ...block}}, key);
    const received = events?.find((event) => event.type === 'request_received');
    if (!received) return;
    // The fast callback leaves every request to the check.
    const answer = {id: received.requestId, stage: 'callback', outcome: {type: 'later'}, actor: 'policy'} as const;
    await this.#apply({type: 'answer', answer}, 'policy');
  }

  /** Registers or renews, and plans what he does when that comes to its end. */
  async #register(user: User): Promise<void> {
    const events = await this.#ask({type: 'register', key: user.key}, user.key);
    const [told] = events ?? [];
    if (!told || !('subscriptionExpiry' in told)) return this.#leave(user);
    if (!user.isActive) this.#users.push(user);
    user.isActive = true;
    user.expiry = told.subscriptionExpiry;
    if (!this.#random.chance(this.#load.renewals)) return;
    const {height} = this.#chain.tip;
    const {subscriptionDuration, expiryDelta} = this.#machine.now.meta.settings;
    // Somewhen in the last tenth of it, or in the grace period.
    const last = user.expiry + expiryDelta - 1;
    const first = Math.max(height + 1, user.expiry - Math.floor(subscriptionDuration / 10));
    const at = first >= last ? first : this.#random.between(first, last);
    const plans = this.#plans.get(at);
    if (plans) plans.push(user);
    else this.#plans.set(at, [user]);
  }

  async #deposit(): Promise<void> {
    const user = this.#random.pick(this.#users);
    // He knows when his subscription ends.
    if (user.expiry <= this.#chain.tip.height) return this.#leave(user);
    const {channels, blobBytes: most} = this.#load;
    const channel = this.#random.below(channels);
    const blobBytes = this.#random.between(100, most);
    const blobHash = hash('sha256', `${user.key} ${channel} ${blobBytes} ${this.#random.u32()}`);
    const locator = hash('sha256', `${user.key} ${channel}`).slice(0, 32);
    const {key} = user;
    const deposit = {
      type: 'deposit',
      key,
      locator,
      blobBytes,
      blobHash,
      toSelfDelay: 42,
      signature: 'unsigned',
    } as const;
    await this.#ask(deposit, key);
  }

  #leave(user: User): void {
    const at = this.#users.indexOf(user);
    if (at !== -1) this.#users.splice(at, 1);
    user.isActive = false;
  }

  #answerTo(requestId: number): BookedAnswer {
    const known = this.#booked.get(requestId);
    if (known) return known;
    const isApproved = this.#delays.chance(this.#load.approvals);
    const isNode = this.#machine.now.meta.settings.auth === 'node';
    const approval = isNode
      ? ({type: 'approve_node', role: 'secondary'} as const)
      : ({type: 'approve_user', userId: 0} as const);
    const verdict = isApproved ? approval : ({type: 'deny', reason: 'not authorized'} as const);
    const delay = this.#delays.between(0, this.#load.policyBlocks);
    const answer: BookedAnswer = {outcome: {type: 'verdict', verdict}, actor: 'policy', delay};
    this.#booked.set(requestId, answer);
    return answer;
  }

  /** Undefined when it is refused. */
  async #ask(input: Input, key: string): Promise<LogEntry[] | undefined> {
    try {
      return await this.#apply(input, `user:${key}`);
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
      this.refusalsByCode.set(error.code, (this.refusalsByCode.get(error.code) ?? 0) + 1);
      return undefined;
    }
  }

  async #apply(input: Input, actor: string): Promise<LogEntry[]> {
    const events = await this.#machine.apply(input, actor);
    await this.tally.take(events);
    return events;
  }
}

const hexOf = (header: ChainHeader): string => serializeHeader(header).toString('hex');
