import type {ChainSource, SimulatedChain, Timers} from '../chain/index.js';
import {assert} from '../errors/index.js';
import type {Policy} from '../gatekeeper/auth/policy.js';
import type {GatekeeperSettings} from '../gatekeeper/settings.js';
import type {KeyValueStore} from '../store/index.js';
import type {TowerEvent} from '../tower/events.js';
import type {Tower} from '../tower/tower.js';
import {Cast} from './cast.js';
import {ChainDriver, type Mirror} from './chain-driver.js';
import type {Story} from './finding.js';
import type {RowGuard} from './kill-switch.js';
import {requestText} from './request-text.js';
import {Roster} from './roster.js';
import type {Refusable, RestartKind, Step} from './scenario.js';
import {ScriptedPolicy} from './scripted-policy.js';
import {Sender} from './sender.js';
import {Timeline, type TimelineEntry} from './timeline.js';
import {TowerHost} from './tower-host.js';

export interface WorldParts {
  readonly seed: string | number;
  readonly settings: GatekeeperSettings;
  /** Opens the rows of the tower, the same ones each time; called at every start of the tower. */
  readonly openRows: () => Promise<KeyValueStore>;
  /** @default the tower reads the simulated chain itself */
  readonly mirror?: Mirror | undefined;
  /** What the tower reads the simulated chain through, such as an adapter over a made-up node. */
  readonly source?: ((chain: SimulatedChain) => ChainSource) | undefined;
  /** Stand between the tower and its rows, the first one next to the rows, and may end it. */
  readonly guards?: readonly RowGuard[] | undefined;
  /** Stands before the policy of the story, and may answer in its place. */
  readonly policy?: ((scripted: Policy) => Policy) | undefined;
  /** Of the tower. @default the system's */
  readonly timers?: Timers | undefined;
  /** Steps that will come: the policy handles from the start what they say. */
  readonly steps?: readonly Step[] | undefined;
  /** Given each line of the story as it happens. */
  readonly onEntry?: ((entry: TimelineEntry) => void) | undefined;
  /** Given each event of the tower's log, in order, after its commit. */
  readonly onEvent?: ((event: TowerEvent) => void) | undefined;
  /** Told how far the tower has come with the blocks of the present step: entries wait for the last of them. */
  readonly onHeight?: ((at: {readonly height: number; readonly from: number; readonly to: number}) => void) | undefined;
  /** Awaited after each block; the tower is then given them one by one. */
  readonly afterBlock?: (() => void | Promise<void>) | undefined;
}

/** What each registration that is no renewal was instead. */
export const registrations = {
  user_registered: 'had none and registered anew',
  receipt_issued: 'was told of it for the first time, and nothing was added',
  subscription_renewed: 'renewed it',
} as const;

/** A chain and a tower on it, with everybody who acts in a story, and the moves that they make. */
export class World implements Story {
  readonly seed: string | number;
  readonly cast: Cast;
  readonly roster: Roster;
  readonly driver: ChainDriver;
  readonly tell: (entry: TimelineEntry) => void;
  /** What the last registration was, however the answer got lost. */
  lastRegistration: keyof typeof registrations | undefined;
  readonly #parts: WorldParts;
  readonly #sender: Sender;
  readonly #host: TowerHost;

  constructor(parts: WorldParts) {
    this.#parts = parts;
    this.seed = parts.seed;
    this.tell = parts.onEntry ?? (() => {});
    this.cast = new Cast(parts.seed);
    this.roster = new Roster(this.cast);
    this.driver = new ChainDriver({
      seed: parts.seed,
      mirror: parts.mirror,
      pace: () => this.#pace,
      follow: () => this.#follow(),
    });
    const timeline = new Timeline({names: this.roster, settings: parts.settings});
    const policy = new ScriptedPolicy({
      scenario: {steps: parts.steps ?? []},
      stand: () => ({height: this.chain.tip.height, budget: this.tower.gatekeeper.settings.authBudget}),
      idOf: async (user) => {
        await this.#host.tell();
        return this.roster.idOf(user);
      },
      onHang: async ({requestId, height}, blocks) => {
        await this.#host.tell();
        this.tell({type: 'policy_hangs', height, request: timeline.titleOf(requestId), blocks});
      },
    });
    this.#sender = new Sender({cast: this.cast, roster: this.roster, policy, chain: this.chain});
    this.#host = new TowerHost({
      openRows: parts.openRows,
      source: parts.mirror?.source ?? parts.source?.(this.chain) ?? this.chain,
      key: this.cast.towerKey(),
      policy: parts.policy?.(policy) ?? policy,
      settings: parts.settings,
      guards: parts.guards,
      timers: parts.timers,
      onEvent: (event) => {
        if (event.type in registrations) this.lastRegistration = event.type as keyof typeof registrations;
        this.roster.learn(event);
        const entry = timeline.entryOf(event);
        if (entry) this.tell(entry);
        parts.onEvent?.(event);
      },
      onHeight: (height) => parts.onHeight?.({height, ...this.driver.span}),
      onKilled: (kind, lost) => this.tell({type: 'restarted', height: this.height, kind, lost}),
    });
  }

  get tower(): Tower {
    return this.#host.tower;
  }

  /** Height of the tower's tip. */
  get height(): number {
    return this.#host.tower.tip?.height ?? this.chain.tip.height;
  }

  get chain(): SimulatedChain {
    return this.driver.chain;
  }

  /** Mines the chain to start from, and starts the tower on it. */
  async start(startHeight: number): Promise<void> {
    await this.driver.mineTo(startHeight);
    await this.#host.start();
    this.driver.blocks = 0;
    this.tell({type: 'started', height: this.height, seed: this.seed});
  }

  stop(): Promise<void> {
    return this.#host.stop();
  }

  /** Sends what a user or the operator asks for. @throws Rejection */
  ask(request: Refusable): Promise<void> {
    return this.#host.request(requestText(request), this.#sender.prepare(request));
  }

  async restart(kind: RestartKind): Promise<void> {
    // A kill that has not come yet gives way: its tower goes down now.
    if (this.#host.disarm() && kind !== 'clean') await this.restart('clean');
    if (kind !== 'clean') return this.#host.arm(kind);
    await this.#host.restart();
    this.tell({type: 'restarted', height: this.height, kind, lost: undefined});
  }

  /** A kill that has found no commit is a plain restart. */
  async endKill(): Promise<void> {
    if (this.#host.disarm()) await this.restart('clean');
  }

  /** Stops the tower, and starts it with other settings. */
  async set(settings: Partial<GatekeeperSettings>): Promise<void> {
    const before = this.tower.gatekeeper.settings;
    const after: GatekeeperSettings = {...before, ...settings};
    await this.#host.restart();
    await this.#host.request('the change of settings', (tower) => tower.changeSettings(after));
  }

  get #pace(): 'one by one' | 'at once' | undefined {
    if (!this.#host.isRunning) return undefined;
    return this.#parts.afterBlock || this.#host.pendingRequests > 0 ? 'one by one' : 'at once';
  }

  async #follow(): Promise<void> {
    await this.#host.settle();
    // What a source over the chain makes of it is its own affair.
    if (!this.#parts.source) {
      const {tip} = this.tower;
      assert(tip?.hash === this.chain.tip.hash, `the tower is at ${tip?.hash}, the chain at ${this.chain.tip.hash}`);
    }
    await this.#parts.afterBlock?.();
  }
}
