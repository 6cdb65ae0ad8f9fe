import type {ChainSource, Timers} from '../../chain/index.js';
import type {SigningKey} from '../../crypto/index.js';
import {assert, Rejection} from '../../errors/index.js';
import type {Policy} from '../../gatekeeper/auth/policy.js';
import {type GatekeeperSettings, maxU32} from '../../gatekeeper/settings.js';
import {type KeyValueStore, layout, pageRows, pagesOf} from '../../store/index.js';
import type {TowerEvent} from '../../tower/events.js';
import {Tower} from '../../tower/tower.js';
import {type Kill, KillSwitch, type RowGuard} from './kill-switch.js';

/** How time passes while somebody waits for the tower. */
export interface Pace {
  /** Whether the source may keep the tip from the tower for now, so that nobody waits until it is there. */
  readonly strays: boolean;
  /** Lets time pass until the work is done. */
  drive<Result>(work: Promise<Result>): Promise<Result>;
  /** Gives the tower some time. */
  linger(): Promise<void>;
}

const realTime: Pace = {strays: false, drive: (work) => work, linger: async () => {}};

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
  /** @default time passes by itself, and the source keeps nothing from the tower */
  readonly pace?: Pace | undefined;
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
  #rows: KeyValueStore | undefined;
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
    const tower = this.#tower;
    this.#tower = undefined;
    if (tower) await this.#pace.drive(tower.close());
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

  /** The rows as they are on disk. */
  get rows(): KeyValueStore {
    assert(this.#rows, 'the rows are open');
    return this.#rows;
  }

  /** Events of the log that have been handed on. */
  get toldEvents(): number {
    return this.#seenLog;
  }

  /** Everything that the tower's log holds. */
  async logged(): Promise<TowerEvent[]> {
    const {rows} = this.tower.gatekeeper.userDb;
    const events: TowerEvent[] = [];
    for await (const page of pagesOf(rows, layout.tableRange('log'))) {
      for (const [, entry] of page) events.push(JSON.parse(Buffer.from(entry).toString()) as TowerEvent);
    }
    return events;
  }

  /**
   * Goes elsewhere in time: stops the tower, changes the rows while nobody has them open, and starts it on them.
   * @param toldEvents how many events of the log that is there then have been handed on
   */
  async travel(change: (rows: KeyValueStore) => Promise<void>, toldEvents: number): Promise<void> {
    this.#killSwitch.disarm();
    await this.stop();
    const rows = await this.#parts.openRows();
    try {
      await change(rows);
    } finally {
      await rows.close();
    }
    this.#seenLog = toldEvents;
    await this.start();
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
        if (this.#pace.strays) await this.#pace.linger();
        else {
          await this.#pace.drive(this.tower.synced());
          await this.#pace.drive(this.tower.auth.settled());
        }
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
    for (let isDone = false; !isDone;) {
      try {
        await this.#pace.drive(ask(this.tower));
        isDone = true;
      } catch (error) {
        if (!(await this.#revive(what))) throw error;
        await this.settle();
        isDone = this.#logEnd !== firstLog;
      }
    }
    if (this.pendingRequests > 0) await this.settle();
    await this.tell();
  }

  /** Asks for several things at once. Whoever gets no answer because the tower has died gives up. */
  async requestTogether(
    asks: readonly ((tower: Tower) => Promise<unknown>)[],
  ): Promise<PromiseSettledResult<unknown>[]> {
    const answers = await this.#pace.drive(Promise.allSettled(asks.map((ask) => ask(this.tower))));
    const failed = answers.find((answer) => answer.status === 'rejected' && !(answer.reason instanceof Rejection));
    if (failed?.status === 'rejected' && !(await this.#revive(undefined))) throw failed.reason;
    await this.settle();
    return answers;
  }

  /** Gives the tower time, and starts it again if it dies. */
  async tend(wait: () => Promise<void>): Promise<void> {
    await wait();
    await this.#revive(undefined);
    await this.tell();
  }

  get #pace(): Pace {
    return this.#parts.pace ?? realTime;
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
    const fired = this.#guards.map((guard) => guard.takeFired?.());
    return fired.find((kill) => kill !== undefined);
  }

  get #guards(): readonly RowGuard[] {
    return [...(this.#parts.guards ?? []), this.#killSwitch];
  }

  async #open(): Promise<void> {
    const {openRows, source, key, policy, settings, timers} = this.#parts;
    const rows = (this.#rows = await openRows());
    const fresh = (await rows.range({...layout.tableRange('meta'), limit: 1})).length === 0;
    const tower = Tower.open({
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
    this.#tower = await this.#pace.drive(tower);
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
  onChange: (listener) => policy.onChange(listener),
  close: async () => {},
});
