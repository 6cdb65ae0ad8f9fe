import type {ExecutionContext} from 'ava';
import type {ChainHeader} from '../../src/chain/header.js';
import type {Timers} from '../../src/chain/timers.js';
import type {Policy} from '../../src/gatekeeper/auth/policy.js';
import type {RegistrationReply} from '../../src/gatekeeper/gatekeeper.js';
import {defaultGatekeeperSettings, type GatekeeperSettings} from '../../src/gatekeeper/settings.js';
import type {UserInfo} from '../../src/gatekeeper/user-info.js';
import {type KeyValueStore, layout, MemoryStore, type Transaction} from '../../src/store/index.js';
import type {TowerEvent} from '../../src/tower/events.js';
import {Tower} from '../../src/tower/tower.js';
import {publicKey, quickKey} from './keys.js';
import {SteeredSource} from './steered-source.js';

/** Few blocks and slots, so that stories are short: expiry 10 blocks after registration, deletion 2 later. */
export const shortSettings: GatekeeperSettings = {
  ...defaultGatekeeperSettings,
  subscriptionSlots: 10,
  subscriptionDuration: 10,
  expiryDelta: 2,
  renewal: 'extend',
};

export interface WorldOptions {
  /** Opens the rows, at first and after each restart. @default one store in memory */
  readonly openRows?: () => Promise<KeyValueStore>;
  readonly source?: SteeredSource;
  readonly settings?: Partial<GatekeeperSettings>;
  /** Height of the tip when the tower begins. @default 100 */
  readonly startHeight?: number;
  readonly logBlocks?: number;
  readonly finality?: number;
  readonly timers?: Timers;
  readonly key?: {publicKey: string; sign(message: Uint8Array): string};
  readonly policies?: readonly Policy[];
}

export type LogEntry = TowerEvent & {readonly actor: string};

/** A real tower on a chain that the test steers. Users are numbers, from 1. */
export class World {
  readonly source: SteeredSource;
  rows!: KeyValueStore;
  /** Everything that was published, restarts included. */
  readonly events: TowerEvent[] = [];
  tower!: Tower;
  #settings: GatekeeperSettings;
  readonly #options: WorldOptions;
  readonly #openRows: () => Promise<KeyValueStore>;

  private constructor(options: WorldOptions) {
    this.#options = options;
    this.source = options.source ?? new SteeredSource();
    const memory = new MemoryStore();
    this.#openRows = options.openRows ?? (async () => memory);
    this.#settings = {...shortSettings, ...options.settings};
  }

  /** A world whose tower has begun at the tip of its source. */
  static async begin(t: ExecutionContext, options: WorldOptions = {}): Promise<World> {
    const world = await World.open(t, options);
    world.source.mine((options.startHeight ?? 100) - world.source.tip.height);
    await world.start();
    return world;
  }

  /** A world whose tower is open, and follows nothing yet. */
  static async open(t: ExecutionContext, options: WorldOptions = {}): Promise<World> {
    const world = new World(options);
    await world.#openTower();
    t.teardown(() => world.tower.close().catch(() => undefined));
    return world;
  }

  /** The settings with which the tower is opened again. */
  get settings(): GatekeeperSettings {
    return this.#settings;
  }

  get height(): number {
    return this.tower.tip!.height;
  }

  get userCount(): number {
    return this.tower.gatekeeper.registeredUsers.size;
  }

  async start(): Promise<void> {
    this.tower.start();
    await this.tower.synced();
  }

  /** Closes the tower and opens it again. */
  async restart(settings: Partial<GatekeeperSettings> = {}): Promise<void> {
    await this.tower.close();
    this.#settings = {...this.#settings, ...settings};
    await this.reopen();
    await this.start();
  }

  /** Opens the tower again after it was closed; it follows nothing yet. */
  reopen(): Promise<void> {
    return this.#openTower();
  }

  async mine(blocks = 1): Promise<void> {
    this.source.mine(blocks);
    await this.tower.synced();
  }

  async mineTo(height: number): Promise<void> {
    await this.mine(height - this.height);
  }

  /** The tower sees the blocks go, one after the other, and nothing in their place yet. */
  async disconnect(depth: number): Promise<void> {
    await this.pointAt(this.source.at(this.source.tip.height - depth));
  }

  async reorg(shape: {depth: number; blocks: number}): Promise<void> {
    this.source.reorg(shape);
    await this.tower.synced();
  }

  async pointAt(tip: ChainHeader): Promise<void> {
    this.source.pointAt(tip);
    await this.tower.synced();
  }

  register(user: number): Promise<RegistrationReply> {
    return this.tower.gatekeeper.addUpdateUser(publicKey(user));
  }

  user(user: number): Promise<UserInfo | undefined> {
    return this.tower.gatekeeper.registeredUsers.get(publicKey(user));
  }

  async changeSettings(settings: Partial<GatekeeperSettings>): Promise<void> {
    this.#settings = {...this.#settings, ...settings};
    await this.tower.changeSettings(this.#settings);
  }

  /** Changes rows directly, as an event of its own. */
  change(run: (transaction: Transaction) => Promise<void> | void): Promise<void> {
    return this.tower.gatekeeper.lock.submit({actor: 'operator', run: async (transaction) => run(transaction)});
  }

  async log(): Promise<LogEntry[]> {
    const rows = await this.rows.range({...layout.tableRange('log'), limit: Number.POSITIVE_INFINITY});
    return rows.map(([, value]) => JSON.parse(Buffer.from(value).toString()) as LogEntry);
  }

  async count(table: layout.Table): Promise<number> {
    return (await this.rows.range({...layout.tableRange(table), limit: Number.POSITIVE_INFINITY})).length;
  }

  async problems(): Promise<readonly string[]> {
    return (await this.tower.verify()).problems;
  }

  async #openTower(): Promise<void> {
    const {logBlocks, finality, timers, policies, key = quickKey} = this.#options;
    this.rows = await this.#openRows();
    this.tower = await Tower.open({
      rows: this.rows,
      source: this.source,
      network: 'regtest',
      key,
      settings: this.#settings,
      ...(logBlocks === undefined ? {} : {logBlocks}),
      ...(finality === undefined ? {} : {finality}),
      ...(timers === undefined ? {} : {timers}),
      ...(policies === undefined ? {} : {policies}),
    });
    this.tower.on((event) => this.events.push(event));
  }
}

/**
 * The chain that the log tells: every block must have been connected on top of the one before, exactly once net of
 * disconnects. Answers hashes by height, from the start upward.
 */
export function chainOfLog(log: readonly LogEntry[]): Map<number, string> {
  const chain = new Map<number, string>();
  let height = -1;
  for (const entry of log) {
    if (entry.type === 'started') {
      if (height !== -1) throw new Error(`started twice, at ${height} and at ${entry.height}`);
      ({height} = entry);
      chain.set(height, entry.hash);
    } else if (entry.type === 'block_connected') {
      if (entry.height !== height + 1) throw new Error(`${entry.height} was connected on ${height}`);
      ({height} = entry);
      chain.set(height, entry.hash);
    } else if (entry.type === 'block_disconnected') {
      if (entry.height !== height) throw new Error(`${entry.height} was disconnected from ${height}`);
      if (chain.has(height) && chain.get(height) !== entry.hash) throw new Error(`another ${height} was disconnected`);
      chain.delete(height);
      height--;
    }
  }
  return chain;
}
