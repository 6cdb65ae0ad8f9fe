import type {Invariant, Moment} from './invariant.js';

/** Rows that go for good: a reorg does not bring them back, and is not meant to. */
const permanent = ['appointment!', 'locator!', 'told!', 'request!'];
/** States that are remembered. */
const remembered = 400;

/** Back at a block, with nothing but blocks in between, the state is what it was. */
export const sameness: Invariant = {
  name: 'sameness',
  claim: 'whenever the tower is back at a block, and only blocks came between, its state is the same byte for byte',
  watch() {
    const digests = new Map<string, string>();
    let gone = 0;
    return ({rows, batch, ledger}: Moment) => {
      for (const key of batch.deletions) if (permanent.some((table) => key.startsWith(table))) gone++;
      if (!batch.tables.has('header!')) return [];
      const place = `${ledger.tip.hash} ${ledger.deeds} ${gone}`;
      const digest = rows.digest();
      const before = digests.get(place);
      if (before === undefined) digests.set(place, digest);
      if (digests.size > remembered) digests.delete(digests.keys().next().value!);
      return before === undefined || before === digest
        ? []
        : [`back at block ${ledger.tip.height}, the state is ${digest}, and was ${before}`];
    };
  },
};
