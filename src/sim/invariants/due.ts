import {layout} from '../../store/index.js';
import type {Invariant, Moment} from './invariant.js';

/** Everything falls due where it should, and nothing else does. */
export const due: Invariant = {
  name: 'due',
  claim: 'the due index holds each user at his expiry, each pending request at its receipt, each closed one at its end',
  watch: () => (moment) => {
    const {tables} = moment.batch;
    return tables.has('user!') || tables.has('request!') || tables.has('due!') ? wrongDues(moment) : [];
  },
};

function wrongDues({rows}: Moment): string[] {
  const there = rows.keysOf('due');
  const wrong: string[] = [];
  let found = 0;
  const expect = (key: string, what: string) => {
    if (there.has(key)) found++;
    else wrong.push(`${what} does not stand in the due index`);
  };
  for (const [id, {expiry}] of rows.users)
    expect(layout.dueKey('e', expiry, id), `user ${id}, who expires at ${expiry},`);
  for (const [id, {receivedHeight, closing}] of rows.requests) {
    const key = closing ? layout.requestDueKey('c', closing.height, id) : layout.requestDueKey('t', receivedHeight, id);
    expect(key, `request ${id}, ${closing ? `closed at ${closing.height}` : `received at ${receivedHeight}`},`);
  }
  if (found < there.size) wrong.push(`${there.size - found} rows of the due index are nobody's`);
  return wrong;
}
