import {EventEmitter} from 'node:events';
import {homedir} from 'node:os';
import type {Mined} from '../api/admin/admin-tower.js';
import {toWire} from '../api/wire-names.js';
import type {ChainSource} from '../chain/chain-source.js';
import type {SourceState} from '../chain/source-state.js';
import {systemTimers, type Timers} from '../chain/timers.js';
import type {Daemon} from '../daemon/daemon.js';
import type {PolicyReport} from '../daemon/policies.js';
import {causesOf} from '../errors/causes.js';
import {OperationalError, Rejection} from '../errors/index.js';
import type {Policy} from '../gatekeeper/auth/policy.js';
import type {DeviceView} from '../gatekeeper/auth/views.js';
import {RegisteredFunctions} from '../gatekeeper/auth/registered-functions.js';
import type {TowerEvent} from '../tower/events.js';
import type {NodeView, PragmaAnswer, SyncStatus} from '../tower/pragma.js';
import {loadSettings} from '../tower/settings.js';
import type {Tower} from '../tower/tower.js';
import {parseTowerUri, type TowerUri} from './tower-uri.js';

export interface OpenOptions {
  /** Who else decides requests; the functions that the program registers come first. The program closes them. */
  readonly policies?: readonly Policy[];
  /** Told of every event from the first on, which opening the tower may already cause. */
  readonly listeners?: readonly ((event: TowerEvent) => void)[];
  /** @default the system's */
  readonly timers?: Timers;
  /** Blocks from elsewhere than the URI says, on its `btc_network`; the tower closes it. */
  readonly source?: ChainSource;
}

export type RequestReceived = Extract<TowerEvent, {type: 'request_received'}>;
export type RequestDecided = Extract<TowerEvent, {type: 'request_decided'}>;

/** What listeners of an embedded tower are called with. */
export interface EmbeddedTowerEvents {
  /** The tower has reached the tip of its source. */
  ready: [];
  /** It has left it again: the node is away, or more than a block ahead; `state` tells. */
  not_ready: [state: SourceState];
  /** The public API listens; it does where the URI, or bartizan.toml, sets `api_port`. */
  listening: [address: {readonly host: string; readonly port: number}];
  /** A request is on disk, and pending. */
  request: [event: RequestReceived];
  /** A request was approved or denied, has failed or was superseded. (Of those that expire, blocks tell.) */
  decided: [event: RequestDecided];
  /** Something works, but may not be what was meant. Without a listener it is a warning of the process. */
  warning: [warning: string];
  /** It could not be opened, or has halted. When nobody listens and no call waits, it is thrown. */
  error: [error: unknown];
  /** It is closed: by `close`, or by `bartizan stop`. */
  closed: [];
}

/**
 * Opens the tower of a data directory in this process, where no other has it open: `file:PATH` and, after a `?`, any
 * settings by name. It answers at once and opens in the background; calls wait for it.
 *
 * @example
 * const db = open('file:tower.db?node=primary&auth=user');
 * db.registerFunction('user_signup', 2, (signupInfo, nodeInfo) => -2);
 * await db.ready();
 * @throws OperationalError TOWER_INVALID_SETTING naming what is wrong in the URI
 */
export function open(uri: string, options: OpenOptions = {}): EmbeddedTower {
  return new EmbeddedTower(parseTowerUri(uri), options);
}

/** A tower in the program's own process. See `open`. */
export class EmbeddedTower extends EventEmitter<EmbeddedTowerEvents> {
  readonly #opening: Promise<Daemon>;
  /** What is registered before the tower is open: judged at once, handed on later. */
  readonly #early = new RegisteredFunctions({timers: systemTimers});
  readonly #registrations: Parameters<RegisteredFunctions['register']>[] = [];
  #daemon: Daemon | undefined;
  #closing: Promise<void> | undefined;
  /** Calls that have not been answered. */
  #waiting = 0;
  #isReady = false;

  /** @internal */
  constructor(uri: TowerUri, options: OpenOptions) {
    super();
    if (options.source !== undefined && 'chain' in uri.settings) {
      throw new OperationalError('TOWER_INVALID_SETTING', 'chain (from the URI) and a source of your own exclude', {
        hint: 'Leave one of them out.',
        facts: {setting: 'chain', origin: 'the URI'},
      });
    }
    this.#opening = this.#open(uri.settings, options, process.cwd());
    this.#opening.catch((error: unknown) => {
      this.#fail(error);
      return options.source?.close();
    });
    // Whoever wants to hear of them has yet to say so.
    queueMicrotask(() => uri.warnings.forEach((warning) => this.#warn(warning)));
  }

  /** The tower itself. @throws OperationalError TOWER_NOT_RUNNING before it is open: await `opened` or `ready` */
  get tower(): Tower {
    if (this.#daemon !== undefined) return this.#daemon.tower;
    throw new OperationalError('TOWER_NOT_RUNNING', 'the tower is not open yet', {
      hint: 'Await opened() or ready() first.',
    });
  }

  /** Resolves once the store is open: requests and decisions are taken from then on. Rejects with why it is not. */
  opened(): Promise<Tower> {
    return this.#call(async ({tower}) => tower);
  }

  /** Resolves once the tower has reached the tip that its source has now. Rejects when it halts or is closed before. */
  ready(): Promise<void> {
    return this.#call(({tower}) => tower.synced());
  }

  /**
   * Registers a fast callback: `user_signup` and `user_login` with 2 arguments, `new_node` with 1; one more for the
   * request's id and the like. Requests that came before it are put to it, too.
   * @throws Rejection TOWER_INVALID_FUNCTION
   */
  get registerFunction(): RegisteredFunctions['register'] {
    return (...registration: Parameters<RegisteredFunctions['register']>) => {
      if (this.#daemon !== undefined) return this.#daemon.tower.registerFunction(...registration);
      this.#early.register(...registration);
      this.#registrations.push(registration);
    };
  }

  /**
   * Does what one of OctoDB's lines says, once the tower is open; see `Tower.pragma`. The answer has OctoDB's names:
   * `{db_is_ready, node_id, state, height, pending_requests}` for `PRAGMA sync_status`, `{nodes, more}` for `PRAGMA nodes`,
   * the device for an authorization.
   */
  pragma<Answer = unknown>(text: string): Promise<Answer> {
    return this.#call(async ({tower}) => toWire(resultOf(await tower.pragma(text))) as Answer);
  }

  /** Mines on the simulated chain; resolves when the tower has connected the blocks. @throws OperationalError TOWER_NOT_SIMULATED */
  mine(blocks = 1): Promise<Mined> {
    return this.#call((daemon) => {
      if (Number.isSafeInteger(blocks) && blocks > 0) return daemon.mine(blocks);
      throw new Rejection('TOWER_INVALID_PARAMETER', `blocks is a whole number from 1, not ${blocks}`);
    });
  }

  /** Stops following the chain, finishes what is queued, and closes the store. Pending requests stay in it. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #open(uri: TowerUri['settings'], options: OpenOptions, workingDirectory: string): Promise<Daemon> {
    const {values, origins} = await loadSettings({flags: {}, environment: {}, uri, home: homedir(), workingDirectory});
    // Late, so that programs that only use the classes need not load it.
    const {openDaemon} = await import('../daemon/daemon.js');
    const {source, timers, policies = [], listeners = []} = options;
    const daemon = await openDaemon(values, {
      listeners: [...listeners, (event) => this.#tell(event)],
      policies,
      ...(timers === undefined ? {} : {timers}),
      ...(source === undefined ? {} : {source: {source, network: values.btcNetwork}}),
      warn: (warning) => this.#warn(warning),
      onDefect: (error) => this.#warn(error instanceof Error ? error.message : String(error)),
      onFailure: (error) => this.#fail(error),
      onPolicyReport: (report) => this.#report(report),
      // A program that opens a tower does not expect a port to be opened, unless it names one.
      ...(origins.apiPort.type === 'default' ? {} : {api: ({host, port}) => void this.emit('listening', {host, port})}),
    });
    for (const registration of this.#registrations.splice(0)) daemon.tower.registerFunction(...registration);
    this.#daemon = daemon;
    void daemon.stopAsked.then(() => this.close());
    daemon.tower.start();
    return daemon;
  }

  async #close(): Promise<void> {
    const daemon = await this.#opening.catch(() => undefined);
    await daemon?.close();
    this.emit('closed');
  }

  async #call<Result>(run: (daemon: Daemon) => Promise<Result>): Promise<Result> {
    this.#waiting++;
    try {
      const daemon = await this.#opening;
      if (this.#closing !== undefined) throw new OperationalError('TOWER_HALTED', 'the tower is closed');
      return await run(daemon);
    } finally {
      this.#waiting--;
    }
  }

  #tell(event: TowerEvent): void {
    if (event.type === 'request_received') this.emit('request', event);
    else if (event.type === 'request_decided') this.emit('decided', event);
    else if (event.type === 'state_changed') this.#changed(event.state);
  }

  #changed(state: SourceState): void {
    const isReady = state.name === 'synced';
    if (isReady === this.#isReady) return;
    this.#isReady = isReady;
    if (isReady) this.emit('ready');
    else this.emit('not_ready', state);
  }

  #report(report: PolicyReport): void {
    if ('error' in report) this.#warn([report.error.message, ...causesOf(report.error)].join(': '));
    if (report.type !== 'policy_export_unused') return;
    this.#warn(`the policy file exports ${report.name}, which is never asked: did you mean ${report.didYouMean}?`);
  }

  #warn(warning: string): void {
    if (!this.emit('warning', warning)) process.emitWarning(warning, 'BartizanWarning');
  }

  #fail(error: unknown): void {
    if (this.listenerCount('error') > 0) this.emit('error', error);
    else if (this.#waiting === 0) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}

/** The answer itself: whoever wrote the line knows what it is. */
function resultOf(answer: PragmaAnswer): DeviceView | SyncStatus | {nodes: readonly NodeView[]; more: boolean} {
  switch (answer.type) {
    case 'authorize_user':
    case 'authorize_node':
      return answer.device;
    case 'sync_status':
      return answer.status;
    case 'nodes':
      return {nodes: answer.nodes, more: answer.more};
  }
}
