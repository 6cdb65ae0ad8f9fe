import {parseHeader} from '../../../src/chain/header.js';
import type {LoggedEvent} from './stored.js';

/** What a log says of the chain: the blocks that are connected now, by height, and what it took to get there. */
export interface ChainOfLog {
  readonly hashes: ReadonlyMap<number, string>;
  readonly start: number;
  readonly tip: number;
  readonly connected: number;
  readonly disconnected: number;
  /** The depth of each run of disconnects. */
  readonly reorgs: readonly number[];
}

/**
 * Replays the blocks of a whole log as a stack: a block goes on top only if its header extends the top, and only the
 * top goes off. So every height is connected exactly once, net of disconnects.
 * @throws Error at the first event that breaks it.
 */
export function chainOfLog(events: readonly LoggedEvent[]): ChainOfLog {
  const [first] = events;
  if (first?.type !== 'started') throw new Error('the log does not begin with the start of the store');
  const hashes = new Map([[first.height, first.hash]]);
  const reorgs: number[] = [];
  let {height: top} = first;
  let connected = 0;
  let disconnected = 0;
  let depth = 0;
  const endReorg = () => {
    if (depth > 0) reorgs.push(depth);
    depth = 0;
  };
  for (const event of events) {
    if (event.type === 'block_disconnected') {
      if (event.height !== top) throw new Error(`block ${event.height} is disconnected, but the tip is ${top}`);
      // No event tells of the blocks below the start.
      const known = hashes.get(top) ?? event.hash;
      if (known !== event.hash) throw new Error(`${event.hash} is disconnected, but ${known} is at ${top}`);
      hashes.delete(top--);
      disconnected++;
      depth++;
    } else if (event.type === 'block_connected') {
      const header = parseHeader(Buffer.from(event.header, 'hex'));
      const below = hashes.get(top) ?? header.previous;
      if (header.hash !== event.hash) throw new Error(`the header of ${event.hash} is that of ${header.hash}`);
      if (event.height !== top + 1) throw new Error(`block ${event.height} is connected to tip ${top}`);
      if (header.previous !== below) throw new Error(`${event.hash} does not extend ${below}`);
      hashes.set(++top, event.hash);
      connected++;
      endReorg();
    } else if (event.type === 'chain_accepted') {
      hashes.clear();
      hashes.set(event.height, event.hash);
      top = event.height;
      endReorg();
    }
  }
  endReorg();
  return {hashes, start: first.height, tip: top, connected, disconnected, reorgs};
}
