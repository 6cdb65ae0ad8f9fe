import type {Ledger, Reckoned} from './ledger.js';
import type {KeyValueReader} from '../../store/index.js';
import type {Reply} from './reply.js';
import type {RowView} from './row-view.js';

/** What was committed together, and how things stand after it. */
export interface Moment {
  /** The rows as they are now. */
  readonly rows: RowView;
  readonly batch: Batch;
  /** The events of the batch, in order, each with what should have come of it. */
  readonly events: readonly Reckoned[];
  /** What should be, by the events alone. */
  readonly ledger: Ledger;
  /** What clients and devices were answered since the moment before; their events were committed by then. */
  readonly replies: readonly Reply[];
  readonly chain: KnownBlocks;
  /** The tower's public key. */
  readonly towerId: string;
  /** The rows themselves, for those who look closely. */
  readonly store: KeyValueReader;
}

/** What one write changed. */
export interface Batch {
  readonly puts: ReadonlySet<string>;
  readonly deletions: ReadonlySet<string>;
  /** Tables that it touched, such as `user!`. */
  readonly tables: ReadonlySet<string>;
}

export interface KnownBlocks {
  /** Height of a block that was mined; undefined for one that never was. */
  heightOf(hash: string): number | undefined;
}

export type Finding = readonly string[];

/** Something that must always hold. */
export interface Invariant {
  /** One word, for messages and `docs/reference/invariants.md`. */
  readonly name: string;
  /** What must hold, in a sentence. */
  readonly claim: string;
  /** `dear` ones read every row, and are looked at now and then; the others after every commit. @default cheap */
  readonly cost?: 'dear';
  /**
   * Begins to watch one tower. The function answers sentences about what is wrong; where it has to remember something,
   * it remembers it.
   */
  watch(): (moment: Moment) => Finding | Promise<Finding>;
}

/** None, for those that have nothing to complain of. */
export const fine: Finding = [];
