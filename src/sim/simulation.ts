import {type SimulatedChain, systemTimers, type Timers} from '../chain/index.js';
import {OperationalError} from '../errors/index.js';
import {defaultGatekeeperSettings, type GatekeeperSettings} from '../gatekeeper/settings.js';
import {MemoryStore} from '../store/index.js';
import {settingsTable} from '../tower/settings-table.js';
import type {Tower} from '../tower/tower.js';
import {Acts} from './acts.js';
import type {Cast} from './world/cast.js';
import type {Finding} from './world/finding.js';
import {AutoMining} from './auto-mining.js';
import {lookOn, requireNoOnlooker} from './onlooker.js';
import {blocksInWords} from './timeline/heights.js';
import {acceptSettings, openShape, optionSchemas, pace, predicate, waiting} from './option-schema.js';
import {accept} from './scenario/accept.js';
import {filePath} from './scenario/scenario-schema.js';
import {noActionOf, Performer} from './world/performer.js';
import type {Roster} from './world/roster.js';
import type {Action, NotedAction} from './scenario/scenario.js';
import {Snapshots} from './world/snapshots.js';
import {ExpectationUnmet} from './world/unmet.js';
import {World} from './world/world.js';
import type {WorldParts} from './world/world-parts.js';
import {readWorld} from './world-file/reader.js';

export interface SimulationOptions extends Partial<Omit<WorldParts, 'settings'>> {
  /** What differs from the defaults of a tower. */
  readonly settings?: Partial<GatekeeperSettings> | undefined;
  /** Blocks that are mined, really, before the tower starts. @default 120 */
  readonly startHeight?: number | undefined;
  /** Awaited after each action, whether or not it brought what was expected. */
  readonly afterStep?: ((action: Action, simulation: Simulation) => void | Promise<void>) | undefined;
}

/** What a world from a file is opened with; seed and settings are its own. */
export type ImportOptions = Omit<SimulationOptions, 'seed' | 'settings' | 'startHeight'>;
/** What a fork has of its own; it begins with nobody looking on. */
export type ForkOptions = Omit<ImportOptions, 'mirror'>;

/**
 * A live world: a simulated chain and a production tower on it, with users who act when told. It does the same for the
 * same seed, settings and actions, on any machine.
 */
export class Simulation extends Acts {
  readonly #world: World;
  readonly #options: SimulationOptions;
  readonly #snapshots: Snapshots;
  readonly #performer: Performer;
  readonly #autoMining = new Set<AutoMining>();
  /** Actions come one after the other, whoever starts them. */
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;
  /** No tower is there any more; what was begun before it was closed is done. */
  #isOver = false;

  private constructor(world: World, options: SimulationOptions, snapshots = new Snapshots()) {
    super();
    this.#world = world;
    this.#options = options;
    this.#snapshots = snapshots;
    this.#performer = new Performer(world, snapshots);
  }

  /**
   * Mines the chain to start from, and starts a tower on it. Its rows are in memory unless told otherwise.
   * @throws Rejection TOWER_INVALID_PARAMETER for a setting or option that is none; whatever ends a tower, such as
   * OperationalError TOWER_STORE_*
   */
  static async open(options: SimulationOptions = {}): Promise<Simulation> {
    accept(optionSchemas.open, options, 'options');
    const {startHeight = settingsTable.simStartHeight.fallback} = options;
    const world = await begun(options, (it) => it.start(startHeight));
    return new Simulation(world, options);
  }

  /**
   * Opens a world from its file: it goes on as the one did that was exported, but for what that could be rolled back
   * through.
   * @throws OperationalError TOWER_FILE_FAILED; TOWER_INVALID_WORLD when it is of another version, damaged or cut short;
   * Rejection TOWER_INVALID_PARAMETER
   */
  static async import(path: string, options: ImportOptions = {}): Promise<Simulation> {
    accept(optionSchemas.import, options, 'options');
    const {seed, settings, present, snapshots} = await readWorld(accept(filePath, path, 'path'));
    const all = {...options, seed, settings};
    const world = await begun(all, (it) => it.begin(present));
    return new Simulation(world, all, new Snapshots(snapshots));
  }

  /**
   * Writes all that is now into one file, whole or not at all: every block that was ever there, rows, users, requests,
   * what the policy is at, and the snapshots.
   * @throws OperationalError TOWER_FILE_FAILED
   */
  export(path: string): Promise<void> {
    return this.#exclusive(() => this.#performer.export(accept(filePath, path, 'path')));
  }

  get seed(): string | number {
    return this.#world.seed;
  }

  /** The tower as it runs now; a restart puts another in its place. @throws OperationalError TOWER_HALTED when closed */
  get tower(): Tower {
    if (this.#isOver) throw closed();
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

  /** Height of the tower's tip. @throws OperationalError TOWER_HALTED when closed */
  get height(): number {
    if (this.#isOver) throw closed();
    return this.#world.height;
  }

  /** Blocks mined since the start. */
  get blocks(): number {
    return this.#world.driver.blocks;
  }

  /** SHA-256 over the tower's state: same seed, settings and actions, same digest. */
  async digest(): Promise<string> {
    return await this.tower.digest();
  }

  /**
   * Does what a step of a scenario says. The action is taken as its type has it and is not checked again: it comes from
   * the reader of scenarios, or from code that explores or measures and performs hundreds of thousands. What comes from
   * elsewhere goes to `step`, which says what is wrong with it.
   * @returns what was expected of it, met or not: a request is expected to be accepted
   * @throws whatever ends a tower; Rejection TOWER_INVALID_PARAMETER for what has no type that there is
   */
  perform(action: NotedAction): Promise<Finding[]> {
    return this.#exclusive(async () => {
      if (typeof (action as Partial<NotedAction> | undefined)?.type !== 'string') throw noActionOf(action);
      const {note: text} = action;
      if (text !== undefined) this.#world.tell({type: 'note', height: this.height, text});
      const findings = await this.#performer.perform(action);
      const {afterStep} = this.#options;
      if (afterStep) await lookOn(this.#world, 'afterStep', () => afterStep(action, this));
      return findings;
    });
  }

  async act(action: NotedAction): Promise<void> {
    const unmet = (await this.perform(action)).filter(({met}) => !met);
    const refusal = unmet.find((finding) => finding.refusal)?.refusal;
    if (refusal) throw refusal;
    if (unmet.length > 0) throw new ExpectationUnmet(unmet, this.height);
  }

  /**
   * Mines one by one until it holds.
   * @param options `within`: blocks to mine at most
   * @returns blocks mined
   * @throws ExpectationUnmet when it still does not hold then; Rejection TOWER_INVALID_PARAMETER
   */
  mineUntil(
    holds: (simulation: Simulation) => boolean | Promise<boolean>,
    options: {readonly within: number},
  ): Promise<number> {
    return this.#exclusive(async () => {
      accept(predicate, holds, 'mineUntil');
      const {within} = accept(waiting, options, 'mineUntil');
      for (let mined = 0; ; mined++) {
        if (await lookOn(this.#world, 'mineUntil', () => holds(this))) return mined;
        if (mined >= within) {
          const claim = `what mineUntil waits for holds within ${blocksInWords(within)}`;
          throw new ExpectationUnmet([{met: false, claim, actual: 'it does not'}], this.height);
        }
        await this.#world.driver.mine(1);
      }
    });
  }

  /**
   * Mines a block again and again, with a pause between, beside whatever else is done, until it is ended, the simulation
   * is closed, or a block cannot be mined.
   * @param options `everyMs`: from one block to the next
   * @returns the function that ends it; it rejects with what has gone wrong meanwhile
   * @throws Rejection TOWER_INVALID_PARAMETER; OperationalError TOWER_HALTED when closed
   */
  autoMine(options: {readonly everyMs: number; readonly timers?: Timers}): () => Promise<void> {
    const {everyMs} = accept(pace, options, 'autoMine');
    if (this.#isClosed) throw closed();
    const mining = new AutoMining({everyMs, timers: options.timers ?? systemTimers, mine: () => this.mine()});
    this.#autoMining.add(mining);
    return () => {
      this.#autoMining.delete(mining);
      return mining.end();
    };
  }

  /** Names of the snapshots, in the order in which they were taken. @throws OperationalError TOWER_HALTED when closed */
  get snapshots(): readonly string[] {
    if (this.#isOver) throw closed();
    return this.#snapshots.names;
  }

  /**
   * Keeps all that is now under a name: chain, rows, users, requests and what the policy is at.
   * @throws OperationalError TOWER_SNAPSHOT_EXISTS
   */
  snapshot(name: string): Promise<void> {
    return this.step({snapshot: name});
  }

  /**
   * Goes back to a snapshot, which stays as it is.
   * @throws OperationalError TOWER_UNKNOWN_SNAPSHOT, TOWER_NO_TIME_TRAVEL
   */
  restore(name: string): Promise<void> {
    return this.step({restore: name});
  }

  /** Forgets a snapshot. @throws OperationalError TOWER_UNKNOWN_SNAPSHOT, TOWER_HALTED when closed */
  dropSnapshot(name: string): void {
    if (this.#isOver) throw closed();
    this.#snapshots.remove(name);
  }

  /**
   * Goes back to the last time at which the chain had this height. What users have done since has not happened.
   * @throws OperationalError TOWER_NOT_REMEMBERED, TOWER_NO_TIME_TRAVEL; Rejection TOWER_INVALID_PARAMETER
   */
  rollBack(height: number): Promise<void> {
    return this.step({roll_back: height});
  }

  /**
   * A second simulation, in memory, that begins as a snapshot is, or as this one is now, and has the same snapshots.
   * @param options its own hooks; none are inherited
   * @throws OperationalError TOWER_UNKNOWN_SNAPSHOT
   */
  fork(name?: string, options: ForkOptions = {}): Promise<Simulation> {
    return this.#exclusive(async () => {
      accept(optionSchemas.fork, options, 'options');
      const state = name === undefined ? await this.#world.state() : this.#snapshots.get(name);
      const {policy, source, timers, rememberedBlocks, settings} = this.#options;
      const all = {policy, source, timers, rememberedBlocks, settings, ...options, seed: this.seed};
      const world = await begun(all, (it) => it.begin(state));
      return new Simulation(world, all, new Snapshots(this.#snapshots));
    });
  }

  /** Ends what is still under way: a kill that has found no commit is a plain restart. */
  finish(): Promise<void> {
    return this.#exclusive(async () => {
      await this.#world.sendTogether();
      await this.#world.endKill();
    });
  }

  /** Does what was begun before, and stops the tower. @throws Rejection TOWER_INVALID_PARAMETER inside an onlooker */
  async close(): Promise<void> {
    requireNoOnlooker(this.#world);
    const stopped = this.#last.then(() => {
      this.#isOver = true;
      return this.#world.stop();
    });
    this.#last = stopped.catch(() => undefined);
    this.#isClosed = true;
    for (const mining of this.#autoMining) mining.abort(closed());
    return stopped;
  }

  #exclusive<Result>(run: () => Promise<Result>): Promise<Result> {
    if (this.#isClosed) return Promise.reject(closed());
    try {
      requireNoOnlooker(this.#world);
    } catch (error) {
      return Promise.reject(error as Error);
    }
    const done = this.#last.then(run);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

const closed = () =>
  new OperationalError('TOWER_HALTED', 'the simulation is closed', {
    hint: 'Open another one with Simulation.open, or close this one only when all is done.',
  });

/** Each option has its schema. */
openShape satisfies Record<keyof SimulationOptions, unknown>;

async function begun(options: SimulationOptions, begin: (world: World) => Promise<void>): Promise<World> {
  const rows = new MemoryStore();
  const {afterBlock} = options;
  const world: World = new World({
    ...options,
    afterBlock: afterBlock && (() => lookOn(world, 'afterBlock', afterBlock)),
    seed: options.seed ?? settingsTable.simSeed.fallback,
    settings: {...defaultGatekeeperSettings, ...acceptSettings(options.settings ?? {})},
    openRows: options.openRows ?? (async () => rows),
  });
  try {
    await begin(world);
  } catch (error) {
    await world.stop();
    throw error;
  }
  return world;
}
