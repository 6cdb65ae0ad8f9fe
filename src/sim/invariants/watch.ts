import {BartizanError} from '../../errors/index.js';
import {type Change, type Changes, guardedStore, type KeyValueStore} from '../../store/index.js';
import {tableOf} from '../../store/tables.js';
import type {TowerEvent} from '../../tower/events.js';
import {invariants} from './index.js';
import type {Batch, KnownBlocks, Moment} from './invariant.js';
import {Ledger} from './ledger.js';
import type {Reply} from './reply.js';
import {wrongReplay} from './replay.js';
import {RowView} from './row-view.js';

/** An invariant that does not hold. */
export interface Violation {
  readonly invariant: string;
  /** What is wrong, a sentence each. */
  readonly wrong: readonly string[];
  /** The tip at which it showed. */
  readonly height: number;
}

export interface WatchParts {
  readonly chain: KnownBlocks;
  readonly towerId: string;
  /** Commits between two close looks. @default 200 */
  readonly lookEvery?: number;
}

/** Sentences that one violation keeps. */
const maxSentences = 10;

/**
 * Stands between a tower and its rows, and holds every invariant against them after each commit. The first that does not
 * hold is kept; the tower is not told.
 */
export class Watch {
  readonly #parts: WatchParts;
  readonly #lookEvery: number;
  #checks = invariants.map((invariant) => ({...invariant, check: invariant.watch()}));
  #looksAway = false;
  #rows = new RowView();
  #ledger: Ledger | undefined;
  #store: KeyValueStore | undefined;
  readonly #replies: Reply[] = [];
  /** What was being written when the disk or the process failed. */
  #uncertain: readonly Change[] | undefined;
  #commits = 0;
  #events = 0;
  /** The first event that it has seen. */
  #firstEvent = 0;
  #violation: Violation | undefined;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.#lookEvery = parts.lookEvery ?? 200;
  }

  /** The first that was found. */
  get violation(): Violation | undefined {
    return this.#violation;
  }

  /** Events that were committed. */
  get events(): number {
    return this.#events;
  }

  get rows(): RowView {
    return this.#rows;
  }

  /** Begins to watch these rows, or the same ones opened again. */
  async attach(store: KeyValueStore): Promise<KeyValueStore> {
    if (!this.#looksAway) await this.#reopened(store);
    this.#store = store;
    return guardedStore(store, (...writing) => this.#write(...writing));
  }

  /** Somebody was answered. */
  reply(reply: Reply): void {
    this.#replies.push(reply);
  }

  /** Looks away while the rows become others, and then begins anew with those. */
  async aside<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#looksAway = true;
    try {
      return await work();
    } finally {
      this.#looksAway = false;
      this.#begin();
      if (this.#store) await this.#reopened(this.#store);
    }
  }

  /** Looks closely, at the dear invariants, too. */
  async look(): Promise<Violation | undefined> {
    if (this.#ledger && this.#store) await this.#judge(noBatch, [], true);
    return this.#violation;
  }

  /** Holds the log against the state to which it has led. */
  async replay(): Promise<Violation | undefined> {
    if (!this.#ledger || !this.#store || this.#violation) return this.#violation;
    const wrong = await wrongReplay(this.#store, this.#firstEvent);
    if (wrong.length > 0) this.report({invariant: 'replay', wrong, height: this.#ledger.tip.height});
    return this.#violation;
  }

  report(violation: Violation): void {
    this.#violation ??= violation;
  }

  async #write(store: KeyValueStore, changes: Changes): Promise<void> {
    const all: Change[] = [];
    for await (const change of changes) all.push(change);
    if (this.#looksAway) return store.write(all);
    this.#uncertain = all;
    await store.write(all);
    this.#uncertain = undefined;
    await this.#committed(all);
  }

  #begin(): void {
    this.#checks = invariants.map((invariant) => ({...invariant, check: invariant.watch()}));
    this.#ledger = undefined;
    this.#uncertain = undefined;
    this.#replies.length = 0;
  }

  /** What survived is what was there, or that with the whole batch that was being written. */
  async #reopened(store: KeyValueStore): Promise<void> {
    const found = await RowView.read(store);
    const lost = this.#uncertain;
    this.#uncertain = undefined;
    if (this.#ledger === undefined) {
      this.#rows = found;
      if (found.begun) this.#ledger = Ledger.of(found);
      if (found.begun && this.#events === 0) this.#firstEvent = found.meta.progress.nextLog;
      return;
    }
    if (found.isEqual(this.#rows)) return;
    if (lost) {
      this.#store = store;
      await this.#committed(lost);
      if (found.isEqual(this.#rows)) return;
    }
    const wrong = [
      'what was on disk after the tower went down is neither the state before its last batch nor after it',
    ];
    this.report({invariant: 'atomicity', wrong, height: this.#ledger.tip.height});
  }

  async #committed(changes: readonly Change[]): Promise<void> {
    const events: TowerEvent[] = [];
    const batch = {puts: new Set<string>(), deletions: new Set<string>(), tables: new Set<string>()};
    for (const [key, value] of changes) {
      (value === null ? batch.deletions : batch.puts).add(key);
      batch.tables.add(tableOf(key));
      if (value && key.startsWith('log!')) events.push(JSON.parse(Buffer.from(value).toString()) as TowerEvent);
    }
    this.#rows.apply(changes);
    this.#events += events.length;
    if (!this.#rows.begun) return;
    await this.#judge(batch, events, ++this.#commits % this.#lookEvery === 0);
  }

  async #judge(batch: Batch, events: readonly TowerEvent[], closely: boolean): Promise<void> {
    if (this.#violation) return;
    try {
      const ledger = (this.#ledger ??= new Ledger(this.#rows.meta.settings));
      const reckoned = events.map((event) => ledger.enter(event));
      ledger.findTip(this.#rows.meta.tip);
      const replies = this.#replies.splice(0);
      const {chain, towerId} = this.#parts;
      const moment: Moment = {
        rows: this.#rows,
        batch,
        events: reckoned,
        ledger,
        replies,
        chain,
        towerId,
        store: this.#store!,
      };
      for (const {name, cost, check} of this.#checks) {
        if (cost === 'dear' && !closely) continue;
        const wrong = await check(moment);
        if (wrong.length === 0) continue;
        this.report({invariant: name, wrong: wrong.slice(0, maxSentences), height: ledger.tip.height});
        return;
      }
      if (ledger.isLost) this.#ledger = Ledger.of(this.#rows);
    } catch (error) {
      // Rows that cannot even be read.
      if (!(error instanceof BartizanError)) throw error;
      this.report({invariant: 'integrity', wrong: [error.message], height: this.#ledger?.tip.height ?? 0});
    }
  }
}

const noBatch: Batch = {puts: new Set(), deletions: new Set(), tables: new Set()};
