import {fine, type Finding, type Invariant} from './invariant.js';
import {namedAtMost, type Reckoned} from './ledger.js';

/** A block that goes brings back whom it deleted and what it timed out, and nothing else. */
export const restoration: Invariant = {
  name: 'restoration',
  claim: 'a block that is disconnected brings back exactly the users and requests that it took away',
  watch: () => (moment) => {
    const wrong: string[] = [];
    for (const reckoned of moment.events) wrong.push(...wrongRestorations(reckoned));
    if (!moment.batch.tables.has('undo!')) return wrong;
    const {tip, highest} = moment.ledger;
    for (const height of moment.rows.undo.keys()) {
      if (height > tip.height) wrong.push(`an undo row stands at ${height}, above the tip ${tip.height}`);
    }
    // What is kept at 0 waits for the purge alone.
    for (let height = Math.max(0, tip.height - finality, highest - finality) + 1; height <= tip.height; height++) {
      const kept = [...(moment.rows.undo.get(height)?.values() ?? [])].flat().map(({id}) => id);
      const deleted = moment.ledger.deletedAt(height);
      if (kept.sort((a, b) => a - b).join() !== deleted.join()) {
        wrong.push(`the undo rows of block ${height} hold users [${kept.join()}], not [${deleted.join()}]`);
      }
    }
    return wrong;
  },
};

/** Depth that can be undone, counted from the highest tip. */
const finality = 100;

function wrongRestorations({event, restored, reopened}: Reckoned): Finding {
  if (event.type !== 'block_disconnected') return fine;
  const {height, restoredUsers, userIds, restoredRequests} = event;
  const wrong = (what: string, count: number, ids: readonly number[], should: readonly number[]): Finding => {
    const named = [...ids].sort((a, b) => a - b);
    const isSame = count === should.length && (count > namedAtMost || named.join() === should.join());
    return isSame ? fine : [`block ${height} went and brought back ${what} [${named.join()}], not [${should.join()}]`];
  };
  return [
    ...wrong('users', restoredUsers, userIds, restored),
    ...wrong('requests', restoredRequests?.count ?? 0, restoredRequests?.ids ?? [], reopened),
  ];
}
