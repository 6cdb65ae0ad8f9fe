import type {Activity} from '../../api/observation/activity.js';
import {countInWords, plural} from '../../sim/timeline/heights.js';
import {prettySegments} from '../daemon/log-line.js';
import {type Paint, plain} from '../paint.js';
import {printable} from '../../errors/printable.js';
import {fit, painted, type Segment, widthOf} from '../segments.js';
import {ageInWords} from './age.js';
import type {Update} from './updates.js';

/** What is known: how the tower was when it last answered, and why it does not any more, if it does not. */
export interface View {
  readonly activity: Activity;
  readonly gone: Extract<Update, {running: false}> | undefined;
}

interface Size {
  readonly columns: number;
  readonly rows: number;
}

interface Look extends Size {
  readonly now: Date;
  readonly paint?: Paint;
  /** The last line, when keys are taken. */
  readonly help?: string;
}

type Line = readonly Segment[];
/** A name and what is said of it. */
type Fact = readonly [name: string, ...said: Segment[]];

/** Narrower than this, the facts stand below each other. */
const twoColumns = 76;
const leftWidth = 33;
const nameWidth = 10;
/** Events that are worth a few lines even where the facts fill the screen. */
const leastEvents = 3;

/** A picture of a tower, as lines of at most `columns` characters, and at most `rows` of them. */
export function frame(view: View, {columns, rows, now, paint = plain, help}: Look): string[] {
  const foot: Line[] = help === undefined ? [] : [[], [[help, 'dim']]];
  const head: Line[] = [title(view, now, columns), [], ...trouble(view), ...facts(view, now, columns)];
  const above = head.slice(0, Math.max(1, rows - foot.length - 2 - leastEvents));
  const room = rows - above.length - foot.length - 2;
  const body: Line[] = room > 0 ? [...above, [], [['last events', 'dim']], ...lastEvents(view.activity, room)] : above;
  const space = help === undefined ? [] : Array.from({length: rows - body.length - foot.length}, (): Line => []);
  return [...body, ...space, ...foot].slice(0, rows).map((line) => painted(fit(line, columns), paint).trimEnd());
}

function title({activity, gone}: View, now: Date, columns: number): Line {
  const {version, network, chain, pid, startedAt} = activity;
  const running = gone === undefined ? `process ${pid}, up ${ageInWords(startedAt, now)}` : 'not running';
  const left: Line = [
    [`bartizan ${version}`, 'bold'],
    [`   ${network}${chain === 'simulated' ? ', simulated chain' : ''}   ${running}`],
  ];
  const time = now.toTimeString().slice(0, 8);
  const gap = columns - widthOf(left) - time.length;
  return gap < 1 ? left : [...left, [`${' '.repeat(gap)}${time}`, 'dim']];
}

/** What is wrong, over the whole width. */
function trouble({activity, gone}: View): Line[] {
  const problem = gone ?? activity.problem;
  if (problem === null) return [];
  const said = gone === undefined ? printable(problem.error) : 'the tower does not answer; it is looked for';
  return [line('problem', [said, 'red'], [`   [${problem.code}]`, 'dim']), line('hint', [printable(problem.hint)]), []];
}

function facts(view: View, now: Date, columns: number): Line[] {
  const [left, right] = [chainFacts(view, now).map(lineOf), userFacts(view.activity).map(lineOf)];
  if (columns < twoColumns) return [...left, ...right];
  return Array.from({length: Math.max(left.length, right.length)}, (_, row) => {
    const start = fit(left[row] ?? [], leftWidth - 2);
    return [...start, [' '.repeat(leftWidth - widthOf(start))], ...(right[row] ?? [])];
  });
}

function chainFacts({activity, gone}: View, now: Date): Fact[] {
  const {tip, sourceHeight, lastBlockAt, queued} = activity;
  return [
    ['state', gone === undefined ? stateOf(activity) : ['gone', 'red']],
    ['tip', [tip === null ? 'none yet' : `${tip.height}  ${tip.hash.slice(0, 6)}…${tip.hash.slice(-6)}`]],
    ['source', [sourceHeight === null ? 'not heard of' : sourceInWords(sourceHeight, tip?.height)]],
    ['block', [lastBlockAt === null ? 'none since start' : `${ageInWords(lastBlockAt, now)} ago`]],
    ['queue', [plural(queued, 'change')]],
  ];
}

function userFacts({sinceStart, ...activity}: Activity): Fact[] {
  const {users, userStates, appointments, takenSlots, pendingRequests, requestsPerSecond} = activity;
  const {deposits, registrations, renewals, requests, requestsRefused} = sinceStart;
  return [
    ['users', [usersInWords(users, userStates)]],
    ['stored', [`${plural(appointments, 'appointment')}, ${plural(takenSlots, 'slot')}`]],
    ['pending', [plural(pendingRequests, 'request'), pendingRequests > 0 ? 'yellow' : undefined]],
    ['http', [`${requestsPerSecond.toFixed(1)} requests/s`]],
    ['so far', [`${countInWords(requests)} answered, ${countInWords(requestsRefused)} refused`]],
    ['', [`${plural(deposits, 'deposit')}, ${plural(registrations, 'user')}, ${plural(renewals, 'renewal')}`]],
  ];
}

function usersInWords(users: number, states: Activity['userStates']): string {
  if (states === null) return countInWords(users);
  const outdated = states.outdated === 0 ? '' : `, ${countInWords(states.outdated)} outdated`;
  return `${countInWords(users)}: ${countInWords(states.active)} active, ${countInWords(states.expired)} in grace${outdated}`;
}

function stateOf({state}: Activity): Segment {
  const words = state.replaceAll('_', ' ');
  if (state === 'synced') return [words, 'green'];
  return [words, state === 'halted' || state === 'stalled' ? 'red' : 'yellow'];
}

function sourceInWords(sourceHeight: number, tipHeight = 0): string {
  const behind = sourceHeight - tipHeight;
  return behind > 0 ? `${sourceHeight}, ${plural(behind, 'block')} ahead` : String(sourceHeight);
}

/** The newest last, as in a log. */
const lastEvents = ({events}: Activity, room: number): Line[] =>
  events.slice(-room).map((event) => prettySegments(event, new Date(event.time)));

const line = (name: string, ...said: Segment[]): Line => [[name.padEnd(nameWidth), 'dim'], ...said];
const lineOf = ([name, ...said]: Fact): Line => line(name, ...said);
