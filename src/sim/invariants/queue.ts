import type {Invariant, Moment} from './invariant.js';
import type {Reckoned} from './ledger.js';
import {layout} from '../../store/index.js';

/** Requests wait where they should, and blocks take their answers in turn. */
export const queue: Invariant = {
  name: 'queue',
  claim: 'a pending request waits in one place; a block applies recorded answers oldest first, within its budget',
  watch: () => (moment) => [
    ...wrongTurns(moment),
    ...(['request!', 'ready!', 'answered!'].some((table) => moment.batch.tables.has(table)) ? wrongPlaces(moment) : []),
  ],
};

function wrongPlaces({rows}: Moment): string[] {
  const wrong: string[] = [];
  const ready = rows.keysOf('ready');
  const answered = rows.keysOf('answered');
  let waiting = 0;
  for (const [id, {state, stage, kind, readyHeight, proven, answer}] of rows.requests) {
    if (state !== 'pending') continue;
    waiting++;
    const there = answer
      ? answered.has(layout.answeredKey(id))
      : ready.has(layout.readyKey(stage, kind, readyHeight, id, proven));
    if (!there) wrong.push(`request ${id} is pending, and waits nowhere`);
  }
  if (ready.size + answered.size !== waiting) {
    wrong.push(`${waiting} requests are pending, and ${ready.size + answered.size} wait`);
  }
  return wrong;
}

function wrongTurns({events, rows, ledger}: Moment): string[] {
  const wrong: string[] = [];
  let block: number | undefined;
  let taken: number[] = [];
  const judge = (isLast: boolean) => {
    if (block === undefined) return;
    const budget = ledger.settings.authBudget;
    if (taken.length > budget) wrong.push(`block ${block} took ${taken.length} answers, and may take ${budget}`);
    if (taken.some((id, i) => i > 0 && id < taken[i - 1]!)) wrong.push(`block ${block} took answers [${taken.join()}]`);
    const left = isLast ? [...rows.keysOf('answered')].map(layout.idOfAnswered) : [];
    if (left.length > 0 && taken.length < budget) {
      wrong.push(`block ${block} took ${taken.length} of at most ${budget} answers, and left [${left.join()}]`);
    }
  };
  for (const {event} of events) {
    if (event.type === 'block_connected') {
      judge(false);
      [block, taken] = [event.height, []];
    } else if ((event as Actor).actor !== 'chain' || event.type === 'block_disconnected') {
      judge(false);
      block = undefined;
    } else if (isTaken(event)) taken.push(event.requestId);
  }
  judge(true);
  return wrong;
}

interface Actor {
  readonly actor?: string;
}

/** What a block makes of an answer; what is closed beside one, as needless, is no answer. */
function isTaken(event: Reckoned['event']): event is Extract<Reckoned['event'], {requestId: number}> {
  if (event.type === 'request_postponed') return true;
  return event.type === 'request_decided' && event.reason !== 'authorized otherwise';
}
