import {type ChainSource, SimulatedChain} from '../chain/index.js';
import type {BartizanError} from '../errors/index.js';
import {assert, type ErrorCode, Rejection, unreachable} from '../errors/index.js';
import type {GatekeeperSettings} from '../gatekeeper/settings.js';
import type {KeyValueStore} from '../store/index.js';
import type {TowerEvent} from '../tower/events.js';
import type {Tower} from '../tower/tower.js';
import {Cast} from './cast.js';
import {examine, type Finding} from './expectation.js';
import {requestText} from './render-timeline.js';
import type {RestartKind, Scenario, Step, UserRequest} from './scenario.js';
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

class Simulation {
  readonly #scenario: Scenario;
  readonly #mirror: Mirror | undefined;
  readonly #seed: string | number;
  readonly #tell: (entry: TimelineEntry) => void;
  readonly #cast: Cast;
  readonly #chain: SimulatedChain;
  readonly #host: TowerHost;
  /** Blocks that the mirror has not got yet. */
  readonly #unsent: Uint8Array[] = [];
  /** Heights between which the present step takes the tower. */
  #span = {from: 0, to: 0};
  #blocks = 0;
  #met = 0;
  readonly #unmetLines: number[] = [];
  /** What the tower did last for a user, however the answer got lost. */
  #lastEvent: TowerEvent['type'] | undefined;

  constructor(scenario: Scenario, parts: SimulationParts) {
    this.#scenario = scenario;
    this.#mirror = parts.mirror;
    this.#seed = parts.seed ?? scenario.chain.seed;
    this.#tell = parts.onEntry ?? (() => {});
    this.#cast = new Cast(this.#seed);
    this.#chain = new SimulatedChain({
      seed: this.#seed,
      ...(parts.mirror ? {onBlock: (raw: Uint8Array) => void this.#unsent.push(raw)} : {}),
    });
    const timeline = new Timeline({
      settings: scenario.tower,
      userOf: (key) => this.#cast.userOf(key),
      appointmentOf: (locator) => this.#cast.appointmentOf(locator),
    });
    this.#host = new TowerHost({
      openRows: parts.openRows,
      source: parts.mirror?.source ?? this.#chain,
      key: this.#cast.towerKey(),
      settings: scenario.tower,
      onEvent: (event) => {
        this.#lastEvent = event.type;
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
    switch (step.type) {
      case 'register':
      case 'renew':
      case 'appointment':
        return this.#accepted(step, step.line);
      case 'refuse':
        return this.#refused(step.request, step.code, step.line);
      case 'expect':
        for (const expectation of step.expectations) {
          this.#find(await examine(expectation, this.#host.tower, this.#cast), step.line);
        }
        return;
      case 'mine':
        await this.#mineTo(this.#chain.tip.height + step.blocks);
        return this.#follow();
      case 'mine_to':
        await this.#mineTo(step.height);
        return this.#follow();
      case 'reorg':
        this.#tell({type: 'reorg', height: this.#height, depth: step.depth, blocks: step.blocks});
        this.#blocks += this.#chain.reorg({depth: step.depth, blocks: step.blocks}).length;
        return this.#follow();
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

  async #accepted(request: UserRequest, line: number): Promise<void> {
    const claim = `${requestText(request)}: accepted`;
    try {
      await this.#ask(request);
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
      this.#tellRefusal(request, error, false);
      return this.#find({met: false, claim, actual: `it was refused with ${error.code}`}, line);
    }
    if (request.type === 'renew' && this.#lastEvent === 'user_registered') {
      const actual = `${request.user} had none and registered anew`;
      this.#find({met: false, claim: `${request.user} has a subscription to renew`, actual}, line);
    }
  }

  async #refused(request: UserRequest, code: ErrorCode, line: number): Promise<void> {
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

  #ask(request: UserRequest): Promise<void> {
    const key = this.#cast.keyOf(request.user);
    const send = ({gatekeeper}: Tower): Promise<unknown> =>
      request.type === 'appointment'
        ? gatekeeper.addUpdateAppointment(key, this.#cast.locatorOf(request.user, request.name), request)
        : gatekeeper.addUpdateUser(key);
    return this.#host.request(requestText(request), send);
  }

  #tellRefusal(request: UserRequest, {code, message}: BartizanError, isExpected: boolean): void {
    this.#tell({type: 'refused', height: this.#height, request, code, reason: message, isExpected});
  }

  #find(finding: Finding, line: number): void {
    if (finding.met) this.#met++;
    else this.#unmetLines.push(line);
    this.#tell({type: 'expected', height: this.#height, ...finding});
  }

  async #mineTo(height: number): Promise<void> {
    this.#span = {from: this.#chain.tip.height, to: height};
    while (this.#chain.tip.height < height) {
      const blocks = Math.min(height - this.#chain.tip.height, blocksPerTurn);
      this.#blocks += this.#chain.mine(blocks).length;
      await this.#send();
    }
  }

  /** Lets the tower process what was mined. */
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
