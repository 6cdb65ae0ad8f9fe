import type {SimulatedChain} from '../../chain/index.js';
import {assert, OperationalError, Rejection} from '../../errors/index.js';
import type {GatekeeperSettings} from '../../gatekeeper/settings.js';
import type {Tower} from '../../tower/tower.js';
import {Cast} from './cast.js';
import {ChainDriver} from './chain-driver.js';
import {DueCount} from './due-count.js';
import type {Finding, Story} from './finding.js';
import {usualRememberedBlocks} from './history.js';
import {Memory} from './memory.js';
import {Outbox} from './outbox.js';
import {retell} from './retelling.js';
import {Roster} from './roster.js';
import type {Refusable, RestartKind} from '../scenario/scenario.js';
import {ScriptedPolicy} from './scripted-policy.js';
import {Sender} from './sender.js';
import {healingPolls, Troubles} from '../faults/troubles.js';
import type {FaultStep} from '../faults/fault.js';
import {Timeline, type TimelineEntry} from '../timeline/timeline.js';
import {TimeMachine} from './time-machine.js';
import {TowerHost} from './tower-host.js';
import type {WorldParts} from './world-parts.js';
import type {WorldState} from './world-state.js';

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
  /** What the blocks have brought that was due. */
  readonly fallenDue = new DueCount();
  readonly #parts: WorldParts;
  readonly #sender: Sender;
  readonly #outbox: Outbox;
  readonly #policy: ScriptedPolicy;
  readonly #host: TowerHost;
  readonly #troubles: Troubles | undefined;
  readonly #time: TimeMachine;

  constructor(parts: WorldParts) {
    this.#parts = parts;
    this.seed = parts.seed;
    this.tell = (entry) => {
      if (!this.#time.isUnderWay) parts.onEntry?.(entry);
    };
    const {rememberedBlocks: maxBlocks = usualRememberedBlocks} = parts;
    const memory = new Memory({keepsUndo: maxBlocks > 0});
    this.cast = new Cast(parts.seed, memory);
    this.roster = new Roster(this.cast, memory);
    this.driver = new ChainDriver({
      seed: parts.seed,
      mirror: parts.mirror,
      pace: () => this.#pace,
      follow: () => this.#follow(),
      beforeMove: (move) => this.#time.note(move),
      memory,
    });
    this.#time = new TimeMachine({
      chain: this.chain,
      memory,
      maxBlocks,
      host: () => this.#host,
      mined: () => this.driver.blocks,
    });
    const troubles = parts.troubles && new Troubles(this.chain, parts.troubles);
    this.#troubles = troubles;
    const timeline = new Timeline({names: this.roster, settings: parts.settings, memory});
    const policy = (this.#policy = new ScriptedPolicy({
      memory,
      stand: () => ({height: this.chain.tip.height, budget: this.tower.gatekeeper.settings.authBudget}),
      idOf: async (user) => {
        await this.#host.tell();
        return this.roster.idOf(user);
      },
      onHang: async ({requestId, height}, blocks) => {
        await this.#host.tell();
        this.tell({type: 'policy_hangs', height, request: timeline.titleOf(requestId), blocks});
      },
    }));
    this.#sender = new Sender({
      cast: this.cast,
      roster: this.roster,
      policy,
      chain: this.chain,
      level: () => this.tower.gatekeeper.settings.auth,
    });
    this.#host = new TowerHost({
      openRows: parts.openRows,
      source: parts.mirror?.source ?? troubles?.node.source ?? parts.source?.(this.chain) ?? this.chain,
      key: this.cast.towerKey(),
      policy: parts.policy?.(policy) ?? policy,
      settings: parts.settings,
      guards: [...this.#time.guards, ...(parts.guards ?? []), ...(troubles ? [troubles.disk] : [])],
      timers: parts.timers ?? troubles?.time,
      pace: troubles,
      onEvent: (event) => {
        if (event.type in registrations) this.lastRegistration = event.type as keyof typeof registrations;
        this.roster.learn(event);
        if (!this.#time.isUnderWay) parts.onEvent?.(event, this.roster);
        const entry = timeline.entryOf(event);
        if (entry) {
          this.fallenDue.note(entry);
          this.tell(entry);
        }
      },
      onHeight: (height) => parts.onHeight?.({height, ...this.driver.span}),
      onKilled: (kind, lost) => this.tell({type: 'restarted', height: this.height, kind, lost}),
    });
    this.#outbox = new Outbox(this.#host);
  }

  get tower(): Tower {
    return this.#host.tower;
  }

  /** Events of the tower's log that have been told. */
  get toldEvents(): number {
    return this.#host.toldEvents;
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

  /** Begins as another world of the same seed was. */
  async begin(state: WorldState): Promise<void> {
    const {chain} = state;
    await this.#parts.mirror?.submit(chain.blocks.slice(1));
    if (chain.invalid.length > 0) {
      await this.#parts.mirror?.choose?.(chain.invalid.map((hash) => ({type: 'invalidate', hash})));
    }
    await this.#time.enter(state);
    await this.#tellPast();
    this.tell({type: 'started', height: this.height, seed: this.seed, goesOn: true});
  }

  stop(): Promise<void> {
    return this.#host.stop();
  }

  /**
   * Sends what a user or the operator asks for. Answers whether it was answered: some requests wait for others.
   * @throws Rejection
   */
  async ask(request: Refusable): Promise<boolean> {
    const prepared = this.#sender.prepare(request);
    try {
      const isSent = await this.#outbox.send(request, async (tower) => {
        const answer = await prepared(tower);
        this.#parts.onReply?.(request, answer);
      });
      if (isSent) await this.#hearPolicy();
      return isSent;
    } catch (error) {
      if (error instanceof Rejection) await this.#hearPolicy();
      throw error;
    }
  }

  /** Sends the requests that wait for each other. */
  async sendTogether(): Promise<void> {
    await this.#outbox.sendTogether();
    await this.#hearPolicy();
  }

  /** Lets the policy say what it has to say since the last requests. */
  async #hearPolicy(): Promise<void> {
    if (this.#policy.sent() && this.#host.pendingRequests > 0) await this.#host.settle();
  }

  /** Lets something go wrong, or ends all that does. Answers what is expected of the tower then. */
  async fault(step: FaultStep): Promise<Finding[]> {
    const troubles = this.#troubles;
    if (!troubles) {
      throw new Rejection(
        'TOWER_INVALID_PARAMETER',
        'something can go wrong only in a simulation opened with `troubles: {}`',
      );
    }
    this.tell({type: 'fault', height: this.height, fault: step.fault, amount: step.amount});
    if (step.fault === 'race') this.#outbox.gather(step.amount);
    else if (step.fault === 'resend') this.#outbox.doubleNext();
    troubles.strike(step);
    if (step.fault !== 'heal') {
      await this.#host.tend(() => troubles.linger());
      return [];
    }
    const isThere = () => this.tower.tip?.hash === this.chain.tip.hash;
    let polls = 0;
    for (; polls < healingPolls && !isThere(); polls++) await this.#host.tend(() => troubles.poll());
    const claim = `the tip is ${this.chain.tip.height} after ${healingPolls} polls of a healthy node`;
    const {tip, state} = this.tower;
    const actual = `it is ${tip?.height}, and the tower is ${state.name}${state.error ? `: ${state.error.message}` : ''}`;
    if (!isThere()) return [{met: false, claim, actual}];
    await this.#host.settle();
    return [];
  }

  /** All that the world is now. */
  state(): Promise<WorldState> {
    return this.#time.state();
  }

  /** Becomes what it was; the tower is started there. @throws OperationalError TOWER_NO_TIME_TRAVEL */
  async become(state: WorldState): Promise<void> {
    this.#requireTimeTravel();
    await this.#time.enter(state);
    await this.#tellPast();
  }

  /**
   * Becomes what it was when its chain last had this height; what users have done since has not happened.
   * @throws OperationalError TOWER_NOT_REMEMBERED, TOWER_NO_TIME_TRAVEL; Rejection TOWER_INVALID_PARAMETER
   */
  async rollBack(height: number): Promise<void> {
    this.#requireTimeTravel();
    if (height === this.chain.tip.height) return;
    await this.#time.rollBack(height);
    this.driver.movedBack();
    await this.#tellPast();
  }

  async #tellPast(): Promise<void> {
    const {onTravel, settings} = this.#parts;
    if (!onTravel) return;
    const {roster, seed} = this;
    onTravel(retell(await this.#host.logged(), {roster, seed, settings}), roster);
  }

  #requireTimeTravel(): void {
    const whose = this.#parts.mirror ? 'belongs to a node' : 'is read from a node that is faulty; heal it before';
    if (!this.#parts.mirror && !this.#troubles?.strays) return;
    throw new OperationalError('TOWER_NO_TIME_TRAVEL', `the story cannot go back: its chain ${whose}`);
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
    const strays = this.#troubles?.strays ?? false;
    await this.#host.settle();
    // What a source over the chain makes of it is its own affair.
    if (!this.#parts.source && !strays) {
      const {tip} = this.tower;
      assert(tip?.hash === this.chain.tip.hash, `the tower is at ${tip?.hash}, the chain at ${this.chain.tip.hash}`);
    }
    await this.#parts.afterBlock?.();
  }
}
