import type {Invariant} from './invariant.js';

/** The chain as the log tells it has no gap, no block twice, and no block that was never mined. */
export const heights: Invariant = {
  name: 'heights',
  claim: 'each height of the active chain is processed exactly once, net of disconnects, and in order',
  watch: () => (moment) => {
    const wrong: string[] = [];
    for (const {event, height, hash} of moment.events) {
      if (event.type === 'block_connected') {
        if (event.height !== height + 1) wrong.push(`block ${event.height} was connected on a tip at ${height}`);
        const mined = moment.chain.heightOf(event.hash);
        if (mined !== event.height) {
          wrong.push(`block ${event.hash} was connected at ${event.height}, and was mined at ${mined ?? 'no height'}`);
        }
      } else if (event.type === 'block_disconnected') {
        // Of blocks below its start, the log has never told the hash.
        if (event.height !== height || (hash !== '' && event.hash !== hash)) {
          wrong.push(`block ${event.height} ${event.hash} was disconnected from the tip ${height} ${hash}`);
        }
      } else if ('height' in event && !setsTip.has(event.type) && event.height !== height) {
        wrong.push(`${event.type} is said to have been at ${event.height}, and the tip was ${height}`);
      }
    }
    return wrong;
  },
};

const setsTip: ReadonlySet<string> = new Set(['started', 'chain_accepted']);
