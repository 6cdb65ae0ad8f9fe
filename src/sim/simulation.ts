import {type ChainSource, SimulatedChain} from '../chain/index.js';
import type {BartizanError} from '../errors/index.js';
import {assert, type ErrorCode, Rejection, unreachable} from '../errors/index.js';
import type {GatekeeperSettings} from '../gatekeeper/settings.js';
import type {KeyValueStore} from '../store/index.js';
import {Cast} from './cast.js';
import {examine} from './expectation.js';
import type {Finding} from './finding.js';
import {requestText} from './request-text.js';
import {Roster} from './roster.js';
import {isRefusable, type Refusable, type RestartKind, type Scenario, type Step} from './scenario.js';
import {ScriptedPolicy} from './scripted-policy.js';
import {Sender} from './sender.js';
import {Timeline, type TimelineEntry} from './timeline.js';
import {TowerHost} from './tower-host.js';
import type {Verdict} from './verdict.js';

/** A real node that gets every block that the simulated chain mines, and from which the tower then reads them. */
export interface Mirror {
  readonly source: ChainSource;
  /** Gives the node blocks, in order. Throws when it refuses one. */
  submit(rawBlocks: readonly Uint8Array[]): Promise<void>;
}

export interface SimulationParts {
  /** Opens the rows of the tower, the same ones each time; called at every start of the tower. */
  readonly openRows: () => Promise<KeyValueStore>;
  /** @default the tower reads the simulated chain itself */
  readonly mirror?: Mirror | undefined;
  /** Instead of the scenario's. */
  readonly seed?: string | number | undefined;
  /** Given each line of the story as it happens. */
  readonly onEntry?: (entry: TimelineEntry) => void;
  /** Told how far the tower has come with the blocks of the present step: entries wait for the last of them. */
  readonly onHeight?: (at: {readonly height: number; readonly from: number; readonly to: number}) => void;
}

export interface Outcome {
  readonly verdict: Verdict;
  /** Lines of the file whose expectations were not met, in order. */
  readonly unmetLines: readonly number[];
}

/** Blocks mined between two turns of the event loop. */
const blocksPerTurn = 1_000;

/**
 * Plays a scenario against the production tower. It changes nothing outside the rows and the mirror that it is given.
 * @throws whatever ends a tower, such as OperationalError TOWER_STORE_*; unmet expectations are in the outcome
 */
export async function simulate(scenario: Scenario, parts: SimulationParts): Promise<Outcome> {
  const simulation = new Simulation(scenario, parts);
  try {
    return await simulation.run();
  } finally {
    await simulation.stop();
  }
}

/** What each registration that is no renewal was instead. */
const registrations = {
  user_registered: 'had none and registered anew',
  receipt_issued: 'was told of it for the first time, and nothing was added',
  subscription_renewed: 'renewed it',
} as const;

class Simulation {
  readonly #scenario: Scenario;
  readonly #mirror: Mirror | undefined;
  readonly #seed: string | number;
  readonly #tell: (entry: TimelineEntry) => void;
  readonly #cast: Cast;
  readonly #roster: Roster;
  readonly #sender: Sender;
  readonly #chain: SimulatedChain;
  readonly #host: TowerHost;
  /** Blocks that the mirror has not got yet. */
  readonly #unsent: Uint8Array[] = [];
  /** Heights between which the present step takes the tower. */
  #span = {from: 0, to: 0};
  #blocks = 0;
  #met = 0;
  readonly #unmetLines: number[] = [];
  /** What the last registration was, however the answer got lost. */
  #lastRegistration: keyof typeof registrations | undefined;

  constructor(scenario: Scenario, parts: SimulationParts) {
    this.#scenario = scenario;
    this.#mirror = parts.mirror;
    this.#seed = parts.seed ?? scenario.chain.seed;
    this.#tell = parts.onEntry ?? (() => {});
    this.#cast = new Cast(this.#seed);
    this.#roster = new Roster(this.#cast);
    this.#chain = new SimulatedChain({
      seed: this.#seed,
      ...(parts.mirror ? {onBlock: (raw: Uint8Array) => void this.#unsent.push(raw)} : {}),
    });
    const timeline = new Timeline({names: this.#roster, settings: scenario.tower});
    const policy = new ScriptedPolicy({
      scenario,
      stand: () => ({height: this.#chain.tip.height, budget: this.#host.tower.gatekeeper.settings.authBudget}),
      idOf: async (user) => {
        await this.#host.tell();
        return this.#roster.idOf(user);
      },
      onHang: async ({requestId, height}, blocks) => {
        await this.#host.tell();
        this.#tell({type: 'policy_hangs', height, request: timeline.titleOf(requestId), blocks});
      },
    });
    this.#sender = new Sender({cast: this.#cast, roster: this.#roster, policy, chain: this.#chain});
    this.#host = new TowerHost({
      openRows: parts.openRows,
      source: parts.mirror?.source ?? this.#chain,
      key: this.#cast.towerKey(),
      policy,
      settings: scenario.tower,
      onEvent: (event) => {
        if (event.type in registrations) this.#lastRegistration = event.type as keyof typeof registrations;
        this.#roster.learn(event);
        const entry = timeline.entryOf(event);
        if (entry) this.#tell(entry);
      },
      onHeight: (height) => parts.onHeight?.({height, ...this.#span}),
      onKilled: (kind, lost) => this.#tell({type: 'restarted', height: this.#height, kind, lost}),
    });
  }

  async run(): Promise<Outcome> {
    await this.#mineTo(this.#scenario.chain.startHeight);
    await this.#host.start();
    this.#blocks = 0;
    this.#tell({type: 'started', height: this.#height, seed: this.#seed});
    for (const step of this.#scenario.steps) {
      if (step.note !== undefined) this.#tell({type: 'note', height: this.#height, text: step.note});
      await this.#perform(step);
    }
    if (this.#host.disarm()) await this.#restart('clean');
    return {verdict: await this.#verdict(), unmetLines: this.#unmetLines};
  }

  stop(): Promise<void> {
    return this.#host.stop();
  }

  get #height(): number {
    return this.#host.tower.tip?.height ?? this.#chain.tip.height;
  }

  async #perform(step: Step): Promise<void> {
    if (isRefusable(step)) return this.#accepted(step, step.line);
    switch (step.type) {
      case 'refuse':
        return this.#refused(step.request, step.code, step.line);
      case 'expect': {
        const story = {tower: this.#host.tower, cast: this.#cast, roster: this.#roster};
        for (const expectation of step.expectations) {
          this.#find(await examine(expectation, story), step.line);
        }
        return;
      }
      case 'mine':
        return this.#mineTo(this.#chain.tip.height + step.blocks);
      case 'mine_to':
        return this.#mineTo(step.height);
      case 'reorg':
        this.#tell({type: 'reorg', height: this.#height, depth: step.depth, blocks: step.blocks});
        return this.#reorg(step.depth, step.blocks);
      case 'restart':
        return this.#restart(step.kind);
      case 'set':
        return this.#set(step.settings);
      case 'note':
        return;
      default:
        return unreachable(step);
    }
  }

  async #accepted(request: Refusable, line: number): Promise<void> {
    const claim = `${requestText(request)}: accepted`;
    try {
      await this.#ask(request);
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
      this.#tellRefusal(request, error, false);
      return this.#find({met: false, claim, actual: `it was refused with ${error.code}`}, line);
    }
    if (request.type === 'renew' && this.#lastRegistration !== 'subscription_renewed') {
      const actual = `${request.user} ${registrations[this.#lastRegistration ?? 'user_registered']}`;
      this.#find({met: false, claim: `${request.user} has a subscription to renew`, actual}, line);
    }
  }

  async #refused(request: Refusable, code: ErrorCode, line: number): Promise<void> {
    const claim = `it is refused with ${code}`;
    try {
      await this.#ask(request);
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
      const isExpected = error.code === code;
      this.#tellRefusal(request, error, isExpected);
      // The line above has said it all.
      if (isExpected) this.#met++;
      else this.#find({met: false, claim, actual: `it was refused with ${error.code}`}, line);
      return;
    }
    this.#find({met: false, claim, actual: 'it was accepted'}, line);
  }

  #ask(request: Refusable): Promise<void> {
    return this.#host.request(requestText(request), this.#sender.prepare(request));
  }

  #tellRefusal(request: Refusable, {code, message}: BartizanError, isExpected: boolean): void {
    this.#tell({type: 'refused', height: this.#height, request, code, reason: message, isExpected});
  }

  #find(finding: Finding, line: number): void {
    if (finding.met) this.#met++;
    else this.#unmetLines.push(line);
    this.#tell({type: 'expected', height: this.#height, ...finding});
  }

  /**
   * Mines, and lets the tower process the blocks: all at once, or while requests wait one by one, so that policies are
   * asked at every height, whatever the tower's speed.
   */
  async #mineTo(height: number): Promise<void> {
    this.#span = {from: this.#chain.tip.height, to: height};
    while (this.#chain.tip.height < height) {
      const oneByOne = this.#host.pendingRequests > 0;
      const blocks = oneByOne ? 1 : Math.min(height - this.#chain.tip.height, blocksPerTurn);
      this.#blocks += this.#chain.mine(blocks).length;
      await (oneByOne ? this.#follow() : this.#send());
    }
    if (this.#host.isRunning) await this.#follow();
  }

  async #reorg(depth: number, blocks: number): Promise<void> {
    // The branch wins with its last block here; those that follow come as others do.
    this.#blocks += this.#chain.reorg({depth, blocks: depth + 1}).length;
    await this.#follow();
    await this.#mineTo(this.#chain.tip.height + blocks - depth - 1);
  }

  async #follow(): Promise<void> {
    await this.#send();
    await this.#host.settle();
    const {tip} = this.#host.tower;
    assert(tip?.hash === this.#chain.tip.hash, `the tower is at ${tip?.hash}, the chain at ${this.#chain.tip.hash}`);
  }

  async #send(): Promise<void> {
    await this.#mirror?.submit(this.#unsent.splice(0));
    await new Promise((resolve) => setImmediate(resolve));
  }

  async #restart(kind: RestartKind): Promise<void> {
    // A kill that has not come yet gives way: its tower goes down now.
    if (this.#host.disarm() && kind !== 'clean') await this.#restart('clean');
    if (kind !== 'clean') return this.#host.arm(kind);
    await this.#host.restart();
    this.#tell({type: 'restarted', height: this.#height, kind, lost: undefined});
  }

  async #set(settings: Partial<GatekeeperSettings>): Promise<void> {
    const before = this.#host.tower.gatekeeper.settings;
    const after: GatekeeperSettings = {...before, ...settings};
    await this.#host.restart();
    await this.#host.request('the change of settings', (tower) => tower.changeSettings(after));
  }

  async #verdict(): Promise<Verdict> {
    const {tower} = this.#host;
    return {
      scenario: this.#scenario.name,
      seed: this.#seed,
      chain: this.#mirror ? 'bitcoind' : 'simulated',
      height: this.#height,
      blocks: this.#blocks,
      expectations: {met: this.#met, unmet: this.#unmetLines.length},
      digest: await tower.digest(),
    };
  }
}
