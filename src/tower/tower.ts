import {BlockProcessor} from '../chain/block-processor.js';
import type {ChainSource} from '../chain/chain-source.js';
import type {ChainHeader} from '../chain/header.js';
import type {Network} from '../chain/network.js';
import type {SourceState} from '../chain/source-state.js';
import {systemTimers} from '../chain/timers.js';
import {type BartizanError, OperationalError} from '../errors/index.js';
import {Authorization, type Decider} from '../gatekeeper/auth/authorization.js';
import {Dispatcher} from '../gatekeeper/auth/dispatcher.js';
import {RegisteredFunctions} from '../gatekeeper/auth/registered-functions.js';
import {Gatekeeper} from '../gatekeeper/gatekeeper.js';
import {Operator} from '../gatekeeper/operator.js';
import {InvalidParameter, NoTip} from '../gatekeeper/rejections.js';
import {defaultGatekeeperSettings, type GatekeeperSettings} from '../gatekeeper/settings.js';
import {digestOf} from '../store/digest.js';
import {readMeta} from '../store/meta.js';
import {Store} from '../store/store.js';
import {type Verification, verify} from '../store/verify.js';
import {changeSettings, defaultLogBlocks, finality} from './chain-events.js';
import type {TowerEvent} from './events.js';
import {StoreFollower} from './follower.js';
import {checkParts, checkSettings} from './parts-check.js';
import {type PragmaAnswer, runPragma} from './pragma.js';
import {acceptSourceChain, inspect, type Situation} from './recovery.js';
import {Signer} from './signer.js';
import {type Log, readLogEnd, readLogPage} from './log.js';
import type {TowerParts} from './tower-parts.js';
import {Writer} from './writer.js';

/**
 * A watchtower: a chain source, a store, and between them the block processor, the gatekeeper and the single writer.
 *
 * @example
 * const tower = await Tower.open({rows: new MemoryStore(), source: new SimulatedChain({seed: 1n}), network: 'regtest', key});
 * tower.start();
 * await tower.synced();
 * const {subscriptionExpiry} = await tower.gatekeeper.addUpdateUser(publicKey);
 */
export class Tower {
  readonly gatekeeper: Gatekeeper<BlockProcessor>;
  /** In charge of authorization requests and devices. */
  readonly auth: Authorization;
  /** What an operator does with users. */
  readonly operator: Operator;
  readonly #functions: RegisteredFunctions;
  readonly blockProcessor: BlockProcessor;
  /** The tower's public key, which clients call the tower id. */
  readonly id: string;
  readonly network: Network;
  readonly #store: Store;
  readonly #source: ChainSource;
  readonly #writer: Writer;
  readonly #follower: StoreFollower;
  readonly #listeners: Set<(event: TowerEvent) => void>;
  readonly #dispatcher: Dispatcher;

  private constructor(
    store: Store,
    {source, network, key, signatures, settings, timers, listeners, policies, ...limits}: Required<TowerParts>,
  ) {
    this.id = key.publicKey;
    this.network = network;
    this.#listeners = new Set(listeners);
    this.#store = store;
    this.#source = source;
    this.#writer = new Writer(
      store,
      (event) => this.#publish(event),
      (error) => this.blockProcessor.halt(error),
    );
    this.#follower = new StoreFollower(store, this.#writer, settings, limits);
    this.blockProcessor = new BlockProcessor({
      source,
      follower: this.#follower,
      timers,
      network,
      onState: (state) => this.#publish({type: 'state_changed', state, tip: this.tip}),
    });
    this.gatekeeper = new Gatekeeper({
      store,
      lock: this.#writer,
      blockProcessor: this.blockProcessor,
      settings,
      signatures,
    });
    this.#functions = new RegisteredFunctions({
      timers,
      onSlow: (call) => this.#publish({type: 'function_slow', height: this.tip?.height ?? 0, ...call}),
    });
    this.#dispatcher = new Dispatcher({
      store,
      lock: this.#writer,
      policies: [this.#functions, ...policies],
      isReady: () => this.isReady,
      onDefect: throwLater,
    });
    this.operator = new Operator({store, lock: this.#writer});
    this.auth = new Authorization({store, lock: this.#writer, dispatcher: this.#dispatcher, towerId: this.id});
  }

  /**
   * Opens the store. It reads a handful of rows, however many users there are; other settings than the store's are
   * recorded as an event. Nothing follows the chain before `start`.
   *
   * @throws InvalidParameter; OperationalError TOWER_STORE_*, TOWER_WRONG_NETWORK, TOWER_MAINNET_REFUSED
   */
  static async open(parts: TowerParts): Promise<Tower> {
    checkParts(parts);
    const store = await Store.open(parts.rows);
    const tower = new Tower(store, {
      settings: defaultGatekeeperSettings,
      signatures: new Signer(parts.key),
      timers: systemTimers,
      logBlocks: defaultLogBlocks,
      finality,
      listeners: [],
      policies: [],
      ...parts,
    });
    const network = store.meta?.chain.network;
    if (network && network !== parts.network) {
      throw new OperationalError(
        'TOWER_WRONG_NETWORK',
        `the store belongs to ${network}, the settings to ${parts.network}`,
      );
    }
    if (store.meta && parts.settings) await tower.changeSettings(parts.settings);
    return tower;
  }

  /** The last processed block; undefined before the first. */
  get tip(): ChainHeader | undefined {
    return this.#store.meta?.tip;
  }

  /** The height at which this store began. */
  get startHeight(): number | undefined {
    return this.#store.meta?.start;
  }

  get state(): SourceState {
    return this.blockProcessor.state;
  }

  /** Whether it has reached its source's tip and takes events; requests are put to policies only then. */
  get isReady(): boolean {
    return this.state.name === 'synced' && this.halted === undefined;
  }

  /** Why the tower takes no more events, if it does not. */
  get halted(): BartizanError | undefined {
    return this.#writer.halted;
  }

  /** Changes that wait for the single writer. */
  get queued(): number {
    return this.#writer.queued;
  }

  /**
   * Calls `listener` with every event, after its commit. Answers the function that ends it.
   * @throws InvalidParameter
   */
  on(listener: (event: TowerEvent) => void): () => void {
    if (typeof listener !== 'function') {
      const expected = 'a function, the only argument, which is called with every event: on((event) => ...)';
      throw new InvalidParameter('listener', expected);
    }
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Registers a fast callback of the program that the tower is part of; it is asked before any other policy. See
   * `RegisteredFunctions`.
   * @throws Rejection TOWER_INVALID_FUNCTION
   */
  get registerFunction(): RegisteredFunctions['register'] {
    return this.#functions.register.bind(this.#functions);
  }

  /**
   * Does what one of OctoDB's lines says: `PRAGMA authorize_user="KEY:ID"`, `authorize_node="KEY:ROLE"`, `sync_status`,
   * `nodes`.
   * @throws Rejection TOWER_INVALID_PRAGMA, TOWER_INVALID_PARAMETER, and what `auth.authorizeUser` and `auth.authorizeNode` throw
   */
  async pragma(line: string, actor: Decider = 'program'): Promise<PragmaAnswer> {
    if (typeof line !== 'string') throw new InvalidParameter('line', 'a text, such as PRAGMA nodes');
    return runPragma(this, line, actor);
  }

  /** Begins to follow the chain. */
  start(): void {
    this.blockProcessor.start();
  }

  /** Resolves once the tower has reached the tip that its source has now. */
  synced(): Promise<void> {
    return this.blockProcessor.synced();
  }

  /** Puts other settings in force, from the next event on. @throws InvalidParameter; NoTip */
  async changeSettings(settings: GatekeeperSettings): Promise<void> {
    checkSettings(settings);
    await this.#writer.submit({
      actor: 'operator',
      run: async (transaction, publish) => {
        if (!transaction.begun) throw new NoTip();
        changeSettings(transaction, publish, settings);
      },
    });
  }

  /** How our chain stands to the node's, for an operator who has to choose. */
  async situation(): Promise<Situation> {
    return inspect(this.#recoveryParts);
  }

  /**
   * Takes the node's tip as ours, whatever lies between, and keeps every user as he is. Before `start` only.
   * Answers the new tip.
   */
  async acceptChain(): Promise<ChainHeader> {
    return acceptSourceChain(this.#recoveryParts, this.#writer);
  }

  /** SHA-256 over the state: the same events give the same digest. */
  async digest(): Promise<string> {
    return this.#onSnapshot(digestOf);
  }

  /**
   * The digest with the tip that it belongs to, whatever is connected meanwhile.
   * @throws NoTip
   */
  async digestAtTip(): Promise<{readonly height: number; readonly hash: string; readonly digest: string}> {
    return this.#onSnapshot(async (rows) => {
      const meta = await readMeta(rows);
      if (!meta) throw new NoTip();
      return {height: meta.tip.height, hash: meta.tip.hash, digest: await digestOf(rows)};
    });
  }

  /** Every committed event that is still kept. */
  get log(): Log {
    return {end: () => this.#onSnapshot(readLogEnd), page: (options) => readLogPage(this.#store.rows, options)};
  }

  /** Holds all rows against each other. */
  async verify(): Promise<Verification> {
    return this.#onSnapshot(verify);
  }

  /** Stops following, finishes what is queued, closes the source and the store. */
  async close(): Promise<void> {
    this.#dispatcher.close();
    const stopped = this.blockProcessor.stop();
    // Otherwise a source that does not answer would hold up the end.
    await this.#source.close();
    await stopped;
    await this.#functions.close();
    await this.#writer.close();
    await this.#store.close();
  }

  get #recoveryParts(): Parameters<typeof inspect>[0] {
    return {source: this.#source, follower: this.#follower, network: this.network};
  }

  async #onSnapshot<Result>(read: (rows: ReturnType<Store['snapshot']>) => Promise<Result>): Promise<Result> {
    const snapshot = this.#store.snapshot();
    try {
      return await read(snapshot);
    } finally {
      await snapshot.close();
    }
  }

  #publish(event: TowerEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        // A listener's defect is loud, but it must not undo what is committed.
        throwLater(error);
      }
    }
    if (event.type === 'block_disconnected') this.#dispatcher.disconnected();
    if (asksAnew.has(event.type)) this.#dispatcher.wake();
  }
}

/** Events after which somebody may be asked who could not be before. */
const asksAnew: ReadonlySet<TowerEvent['type']> = new Set([
  'block_connected',
  'block_disconnected',
  'request_received',
  'settings_changed',
  'state_changed',
]);

function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
