import {layout} from '../../store/index.js';
import type {Invariant, Moment} from './invariant.js';

/** Tip, headers, counters and log say the same. */
export const agreement: Invariant = {
  name: 'agreement',
  claim: 'the tip row, its header, the counters and the log agree with each other and with what the rows hold',
  watch() {
    let nextLog: number | undefined;
    return (moment) => {
      const {rows, events, ledger} = moment;
      const {tip, progress} = rows.meta;
      const wrong: string[] = [];
      const {height, hash} = ledger.tip;
      if (tip.height !== height || tip.hash !== hash) {
        wrong.push(`the tip row says ${tip.height} ${tip.hash}, the last block of the log is ${height} ${hash}`);
      }
      if (!rows.raw.has(layout.headerKey(tip.height))) wrong.push(`the header of the tip ${tip.height} is missing`);
      if (rows.raw.has(layout.headerKey(tip.height + 1))) wrong.push(`a header stands above the tip ${tip.height}`);
      const expected = (nextLog ?? progress.nextLog - events.length) + events.length;
      if (progress.nextLog !== expected)
        wrong.push(`the next event is said to be ${progress.nextLog}, not ${expected}`);
      nextLog = progress.nextLog;
      return [...wrong, ...wrongCounters(moment)];
    };
  },
};

function wrongCounters({rows}: Moment): string[] {
  const {counters} = rows.meta;
  const counted = {
    users: 0,
    appointments: 0,
    takenSlots: 0,
    pendingRequests: 0,
    closedRequests: 0,
    unprovenRequests: 0,
  };
  for (const {appointments, grantedSlots, availableSlots} of rows.users.values()) {
    counted.users++;
    counted.appointments += appointments;
    counted.takenSlots += grantedSlots - availableSlots;
  }
  for (const {state, proven} of rows.requests.values()) {
    if (state !== 'pending') counted.closedRequests++;
    else counted.pendingRequests++;
    if (state === 'pending' && !proven) counted.unprovenRequests++;
  }
  return (Object.keys(counted) as (keyof typeof counted)[])
    .filter((name) => counted[name] !== counters[name])
    .map((name) => `the counter ${name} says ${counters[name]}, and there are ${counted[name]}`);
}
