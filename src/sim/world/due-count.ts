import type {TimelineEntry} from '../timeline/timeline.js';
import type {DueKind} from './next-due.js';

/** How often something has fallen due in a block so far. */
export class DueCount {
  readonly #counts = {expiry: 0, deletion: 0, timeout: 0};

  /** Given each line of the story. */
  note(entry: TimelineEntry): void {
    if (entry.type !== 'connected') return;
    this.#counts.expiry += entry.expired.count;
    this.#counts.deletion += entry.deleted.count;
    this.#counts.timeout += entry.expiredRequests.count;
  }

  of(kind: DueKind): number {
    const {expiry, deletion, timeout} = this.#counts;
    return kind === 'due' ? expiry + deletion + timeout : this.#counts[kind];
  }
}
