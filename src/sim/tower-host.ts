import type {ChainSource, Timers} from '../chain/index.js';
import type {SigningKey} from '../crypto/index.js';
import {assert} from '../errors/index.js';
import type {Policy} from '../gatekeeper/auth/policy.js';
import {type GatekeeperSettings, maxU32} from '../gatekeeper/settings.js';
import {type KeyValueStore, layout, pageRows} from '../store/index.js';
import type {TowerEvent} from '../tower/events.js';
import {Tower} from '../tower/tower.js';
import {type Kill, KillSwitch, type RowGuard} from './kill-switch.js';

export interface TowerHostParts {
  /** Opens the rows as they are on disk; called at every start. */
  readonly openRows: () => Promise<KeyValueStore>;
  readonly source: ChainSource;
  readonly key: SigningKey;
  /** Who decides requests; it outlives each tower. */
  readonly policy: Policy;
  /** The settings that the tower starts with. */
  readonly settings: GatekeeperSettings;
  /** Others that may end the tower, the first one next to the rows. */
  readonly guards?: readonly RowGuard[] | undefined;
  /** @default the system's */
  readonly timers?: Timers | undefined;
  /** Given every committed event once, in order, as the tower's log has it. */
  readonly onEvent: (event: TowerEvent) => void;
  /** Told the height of each block at once, while `onEvent` waits for the tower to reach its source's tip. */
  readonly onHeight: (height: number) => void;
  /** Told between what was on disk when the tower was killed and what happened after it was started again. */
  readonly onKilled: (kill: Kill, lost: string | undefined) => void;
}

/** Runs a tower as a machine does: starts it, stops it, loses it at a commit, and starts it again on what is on disk. */
export class TowerHost {
  readonly #parts: TowerHostParts;
  readonly #killSwitch = new KillSwitch();
  #tower: Tower | undefined;
  #seenLog = 0;
  #telling: Promise<void> = Promise.resolve();

  constructor(parts: TowerHostParts) {
    this.#parts = parts;
  }

  get tower(): Tower {
    assert(this.#tower, 'the tower is running');
    return this.#tower;
  }

  /** Starts the tower and brings it to the tip of its source. */
  async start(): Promise<void> {
    await this.#open();
    this.tower.start();
    await this.settle();
  }

  /** A kill that is armed stays so. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async stop(): Promise<void> {
    await this.#tower?.close();
    this.#tower = undefined;
  }

  /** Lets the next commit kill the tower. */
  arm(kill: Kill): void {
    this.#killSwitch.arm(kill);
  }

  /** Answers whether a kill was waiting, which is then forgotten. */
  disarm(): boolean {
    return this.#killSwitch.disarm();
  }

  get isRunning(): boolean {
    return this.#tower !== undefined;
  }

  /** Requests that wait to be decided. */
  get pendingRequests(): number {
    return this.#tower?.auth.pendingRequests ?? 0;
  }

  /**
   * Waits until the tower has processed its source's tip, and everybody has been asked about requests who can be asked
   * there, however often it is killed on the way.
   */
  async settle(): Promise<void> {
    for (;;) {
      try {
        await this.tower.synced();
        await this.tower.auth.settled();
      } catch (error) {
        if (!(await this.#revive(undefined))) throw error;
        continue;
      }
      // Nobody waits for an answer that a policy gives, so nobody hears when its commit fails.
      if (!(await this.#revive(undefined))) return this.tell();
    }
  }

  /**
   * Asks for something that is committed at once. When the commit is lost, it is asked for again; when the tower dies
   * right after it, nobody answers, but it is done.
   */
  async request(what: string, ask: (tower: Tower) => Promise<unknown>): Promise<void> {
    const firstLog = this.#logEnd;
    try {
      await ask(this.tower);
    } catch (error) {
      if (!(await this.#revive(what))) throw error;
      await this.settle();
      if (this.#logEnd === firstLog) await ask(this.tower);
    }
    if (this.pendingRequests > 0) await this.settle();
    await this.tell();
  }

  /** Starts the tower again if it was killed; answers how. It may not have reached the tip yet. */
  async #revive(what: string | undefined): Promise<Kill | undefined> {
    const kill = this.#takeFired();
    if (!kill) return undefined;
    await this.stop();
    await this.#open();
    await this.tell();
    this.#parts.onKilled(kill, kill === 'kill_before_commit' ? what : undefined);
    this.tower.start();
    return kill;
  }

  #takeFired(): Kill | undefined {
    const fired = this.#guards.map((guard) => guard.takeFired());
    return fired.find((kill) => kill !== undefined);
  }

  get #guards(): readonly RowGuard[] {
    return [...(this.#parts.guards ?? []), this.#killSwitch];
  }

  async #open(): Promise<void> {
    const {openRows, source, key, policy, settings, timers} = this.#parts;
    const rows = await openRows();
    const fresh = (await rows.range({...layout.tableRange('meta'), limit: 1})).length === 0;
    this.#tower = await Tower.open({
      rows: this.#guards.reduce((guarded, guard) => guard.guard(guarded), rows),
      source: outliving(source),
      network: 'regtest',
      key,
      policies: [outlivingPolicy(policy)],
      // From then on the store knows them, and what an operator changes stays.
      ...(fresh ? {settings} : {}),
      logBlocks: maxU32,
      ...(timers ? {timers} : {}),
    });
    this.#tower.on((event) => {
      if (event.type === 'block_connected') this.#parts.onHeight(event.height);
    });
  }

  /** Hands on what the log has got since the last time: what was committed, whether or not anybody was told. */
  tell(): Promise<void> {
    // One after the other, so that each event is handed on once.
    const told = this.#telling.then(() => this.#tellNow());
    this.#telling = told.catch(() => undefined);
    return told;
  }

  async #tellNow(): Promise<void> {
    const {rows} = this.tower.gatekeeper.userDb;
    const end = this.#logEnd;
    while (this.#seenLog < end) {
      const to = Math.min(this.#seenLog + pageRows, end);
      const page = await rows.range({from: layout.logKey(this.#seenLog), to: layout.logKey(to), limit: pageRows});
      for (const [, entry] of page) this.#parts.onEvent(JSON.parse(Buffer.from(entry).toString()) as TowerEvent);
      this.#seenLog = to;
    }
  }

  get #logEnd(): number {
    return this.tower.gatekeeper.userDb.meta?.progress.nextLog ?? 0;
  }
}

/** The same source for the next tower, which closing this one must not close. */
const outliving = (source: ChainSource): ChainSource => ({
  identity: () => source.identity(),
  sourceTip: () => source.sourceTip(),
  header: (hash) => source.header(hash),
  block: (hash) => source.block(hash),
  standing: (hashes) => source.standing(hashes),
  headers: (from, to) => source.headers(from, to),
  onWake: (wake) => source.onWake(wake),
  close: async () => {},
});

const outlivingPolicy = (policy: Policy): Policy => ({
  name: policy.name,
  handles: (stage, kind) => policy.handles(stage, kind),
  ask: (question) => policy.ask(question),
  onChange: () => {},
  close: async () => {},
});
