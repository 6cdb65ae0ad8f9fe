import type {SimulatedChain} from '../chain/index.js';
import {defaultGatekeeperSettings, type GatekeeperSettings} from '../gatekeeper/settings.js';
import {MemoryStore} from '../store/index.js';
import {settingsTable} from '../tower/settings-table.js';
import type {Tower} from '../tower/tower.js';
import type {Cast} from './cast.js';
import type {Finding} from './finding.js';
import {Performer} from './performer.js';
import type {Roster} from './roster.js';
import type {Action} from './scenario.js';
import {World, type WorldParts} from './world.js';

export interface SimulationOptions extends Partial<Omit<WorldParts, 'settings'>> {
  /** What differs from the defaults of a tower. */
  readonly settings?: Partial<GatekeeperSettings> | undefined;
  /** Blocks that are mined, really, before the tower starts. @default 120 */
  readonly startHeight?: number | undefined;
  /** Awaited after each action, whether or not it brought what was expected. */
  readonly afterStep?: ((action: Action, simulation: Simulation) => void | Promise<void>) | undefined;
}

/** What somebody does, and what its author says to it. */
export type NotedAction = Action & {readonly note?: string | undefined};

/**
 * A live world: a simulated chain and a production tower on it, with users who act when told. It does the same for the
 * same seed, settings and actions, on any machine.
 */
export class Simulation {
  readonly #world: World;
  readonly #performer: Performer;
  readonly #afterStep: NonNullable<SimulationOptions['afterStep']>;
  /** Actions come one after the other, whoever starts them. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(world: World, afterStep: SimulationOptions['afterStep']) {
    this.#world = world;
    this.#performer = new Performer(world);
    this.#afterStep = afterStep ?? (() => {});
  }

  /**
   * Mines the chain to start from, and starts a tower on it. Its rows are in memory unless told otherwise.
   * @throws whatever ends a tower, such as OperationalError TOWER_STORE_*
   */
  static async open(options: SimulationOptions = {}): Promise<Simulation> {
    const {settings, startHeight, afterStep, ...parts} = options;
    const rows = new MemoryStore();
    const world = new World({
      ...parts,
      seed: parts.seed ?? settingsTable.simSeed.fallback,
      settings: {...defaultGatekeeperSettings, ...settings},
      openRows: parts.openRows ?? (async () => rows),
    });
    try {
      await world.start(startHeight ?? settingsTable.simStartHeight.fallback);
    } catch (error) {
      await world.stop();
      throw error;
    }
    return new Simulation(world, afterStep);
  }

  get seed(): string | number {
    return this.#world.seed;
  }

  /** The tower as it runs now; a restart puts another in its place. */
  get tower(): Tower {
    return this.#world.tower;
  }

  get chain(): SimulatedChain {
    return this.#world.chain;
  }

  /** Keys by name. */
  get cast(): Cast {
    return this.#world.cast;
  }

  /** User ids and requests by name. */
  get roster(): Roster {
    return this.#world.roster;
  }

  /** Height of the tower's tip. */
  get height(): number {
    return this.#world.height;
  }

  /** Blocks mined since the start. */
  get blocks(): number {
    return this.#world.driver.blocks;
  }

  /** SHA-256 over the tower's state: same seed, settings and actions, same digest. */
  digest(): Promise<string> {
    return this.tower.digest();
  }

  /**
   * Does what a step of a scenario says.
   * @returns what was expected of it, met or not: a request is expected to be accepted
   * @throws whatever ends a tower
   */
  perform(action: NotedAction): Promise<Finding[]> {
    return this.#exclusive(async () => {
      const {note: text} = action;
      if (text !== undefined) this.#world.tell({type: 'note', height: this.height, text});
      const findings = await this.#performer.perform(action);
      await this.#afterStep(action, this);
      return findings;
    });
  }

  /** Ends what is still under way: a kill that has found no commit is a plain restart. */
  finish(): Promise<void> {
    return this.#exclusive(async () => {
      await this.#world.sendTogether();
      await this.#world.endKill();
    });
  }

  /** Stops the tower. */
  close(): Promise<void> {
    return this.#exclusive(() => this.#world.stop());
  }

  #exclusive<Result>(run: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(run);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
