import type {Invariant, Moment} from './invariant.js';

/** Blocks for which a closed request is kept. */
const keptBlocks = 4_320;

/** No request is lost, doubled, or in two states. */
export const requests: Invariant = {
  name: 'requests',
  claim: 'every request that was received is in exactly one state, and none is lost, whatever block or process goes',
  watch: () => (moment) => {
    const wrong: string[] = [];
    for (const {event, expired} of moment.events) {
      if (event.type !== 'block_connected') continue;
      const named = [...(event.expiredRequests?.ids ?? [])].sort((a, b) => a - b);
      if ((event.expiredRequests?.count ?? 0) !== expired.length || named.join() !== expired.slice(0, 100).join()) {
        wrong.push(`block ${event.height} timed out requests [${named.join()}], not [${expired.join()}]`);
      }
    }
    return moment.batch.tables.has('request!') || wrong.length > 0 ? [...wrong, ...wrongStates(moment)] : wrong;
  },
};

function wrongStates({rows, ledger}: Moment): string[] {
  const wrong: string[] = [];
  for (const {id, state, closedHeight, odd} of ledger.requests.known.values()) {
    for (const what of odd.splice(0)) wrong.push(`request ${id} ${what}`);
    const row = rows.requests.get(id);
    if (row) {
      if (row.state !== state) wrong.push(`request ${id} is ${row.state}, not ${state}`);
      if ((row.closing?.height ?? null) !== closedHeight) {
        wrong.push(`request ${id} was closed at ${row.closing?.height ?? 'no height'}, not ${closedHeight}`);
      }
      continue;
    }
    if (closedHeight !== null && closedHeight <= ledger.highest - keptBlocks) ledger.requests.known.delete(id);
    else wrong.push(`request ${id}, which is ${state}, is lost`);
  }
  for (const {id, beside} of ledger.requests.needless())
    wrong.push(`request ${id} is pending beside request ${beside}`);
  for (const id of rows.requests.keys()) {
    if (!ledger.requests.known.has(id)) wrong.push(`request ${id} is there, and nobody has sent it`);
  }
  return wrong;
}
