import {layout} from '../../store/index.js';
import {tableOf} from '../../store/tables.js';
import type {Invariant} from './invariant.js';

const stateTables: ReadonlySet<string> = new Set(layout.stateTables.map((table) => `${table}!`));

/** A batch holds whole events. That nothing else survives a crash is looked at when the rows are opened again. */
export const atomicity: Invariant = {
  name: 'atomicity',
  claim: 'a batch holds whole events: what is on disk is the state before an event or after it, never a mixture',
  watch: () => (moment) => {
    const {batch, events, rows} = moment;
    const wrong: string[] = [];
    if (events.length > 0 && !batch.puts.has(layout.localKey('progress'))) {
      wrong.push(`a batch has ${events.length} events, and does not say how far the log has come`);
    }
    if (events.length === 0) {
      const changed = [...batch.puts, ...batch.deletions].filter((key) => stateTables.has(tableOf(key)));
      if (changed.length > 0) wrong.push(`a batch changes ${changed.length} rows of the state, and has no event`);
    }
    const blocks = events.some(({event}) => event.type === 'block_connected' || event.type === 'block_disconnected');
    if (blocks && !batch.puts.has(layout.metaKey('tip'))) {
      wrong.push(`a batch has blocks, and leaves the tip at ${rows.meta.tip.height}`);
    }
    return wrong;
  },
};
