import type {Story, StoryRequest, StoryUser} from '../story.js';
import {type Axis, axisOf, blockXs, leftMargin, placeX, stepX, unitsOf} from './axis.js';
import {textWidth, thousands} from './text.js';

/** Users from which on a row gets less room, and all of them together a chart. */
export const manyUsers = 25;
/** Users up to which a row gets more room. */
const fewUsers = 5;

export type Row = {readonly height: number} & (
  | {readonly type: 'heading'; readonly text: string; readonly note: string | undefined}
  | {readonly type: 'rest'; readonly text: string}
  | {readonly type: 'population'}
  | {readonly type: 'user'; readonly user: StoryUser}
  | {readonly type: 'request'; readonly request: StoryRequest}
);

interface Label {
  readonly x: number;
  readonly text: string;
}

/** A story laid out: what lies where. Pixels, from the left end of the axis and the top of the chain or of the rows. */
export interface Scene {
  readonly story: Story;
  readonly axis: Axis;
  /** Horizontal place of each step. */
  readonly xs: readonly number[];
  readonly labelWidth: number;
  /** Room behind the last block, for what is still to come. */
  readonly futureWidth: number;
  readonly lanes: number;
  readonly chainHeight: number;
  /** Where a story begins that goes on in the world of a file. */
  readonly begins: number | undefined;
  /** Users at most at once. */
  readonly mostUsers: number;
  readonly rows: readonly Row[];
  /** Names that several users have had, or several requests. */
  readonly namesakes: ReadonlySet<string>;
  readonly tops: readonly number[];
  readonly rowsHeight: number;
  readonly heightLabels: readonly (Label & {readonly isStale: boolean})[];
  /** Branches that were left: from where to where, and how deep the reorg was. */
  readonly seams: readonly {
    readonly column: number;
    readonly from: number;
    readonly to: number;
    readonly depth: number;
    readonly isJump: boolean;
  }[];
}

export interface SceneOptions {
  readonly labelWidth: number;
  readonly futureWidth: number;
  readonly unit: number;
  readonly rows: readonly Row[];
  /** Of the whole picture: what the axis leaves of it is room for what is still to come. */
  readonly width: number;
}

/** Deeper nested branches share a lane. */
const maxLanes = 6;
export const laneGap = 22;
export const firstLane = 36;
const heightLabelSize = 10.5;
/** Under the chain, for the words where a story begins. */
export const beginRoom = 18;

export const laneY = (lane: number): number => firstLane + Math.min(lane, maxLanes - 1) * laneGap;

/** The unit with which a story fills a width, within limits. */
export function fittingUnit(story: Story, width: number, {least, most}: {least: number; most: number}): number {
  return Math.min(most, Math.max(least, (width - leftMargin) / unitsOf(story)));
}

export function rowsOf(
  {users, requests}: Pick<Story, 'users' | 'requests'>,
  all: {readonly users: number; readonly requests: number} = {users: users.length, requests: requests.length},
  notes: {readonly users?: string | undefined; readonly requests?: string | undefined} = {},
): Row[] {
  const isDense = all.users > manyUsers;
  const rest = (shown: number, count: number, noun: string): Row[] =>
    shown < count ? [{type: 'rest', height: 26, text: `and ${thousands(count - shown)} more ${noun}`}] : [];
  const userRows: Row[] = [
    {type: 'heading', height: 34, text: `Users (${thousands(all.users)})`, note: notes.users},
    ...(isDense ? [{type: 'population', height: 96} as const] : []),
    ...users.map((user): Row => ({type: 'user', height: isDense ? 22 : all.users <= fewUsers ? 46 : 40, user})),
    ...rest(users.length, all.users, 'users'),
  ];
  const requestRows: Row[] = [
    {
      type: 'heading',
      height: 34,
      text: `Authorization requests (${thousands(all.requests)})`,
      note: notes.requests,
    },
    ...requests.map((request): Row => ({type: 'request', height: all.requests > manyUsers ? 22 : 28, request})),
    ...rest(requests.length, all.requests, 'requests'),
  ];
  return [...(all.users > 0 ? userRows : []), ...(all.requests > 0 ? requestRows : [])];
}

export function sceneOf(story: Story, options: SceneOptions): Scene {
  const axis = axisOf(story, options.unit);
  const xs = story.steps.map((step) => stepX(axis, step));
  const first = story.begins === undefined ? undefined : xs[story.begins];
  const tops: number[] = [];
  let rowsHeight = 0;
  for (const row of options.rows) {
    tops.push(rowsHeight);
    rowsHeight += row.height;
  }
  const lanes = Math.min(maxLanes, 1 + story.columns.reduce((most, {lane}) => Math.max(most, lane), 0));
  return {
    story,
    axis,
    xs,
    labelWidth: options.labelWidth,
    futureWidth: Math.max(options.futureWidth, options.width - options.labelWidth - axis.width),
    lanes,
    chainHeight: laneY(lanes - 1) + 46 + (first === undefined ? 0 : beginRoom),
    begins: first === undefined ? undefined : first - axis.unit / 2,
    mostUsers: story.steps.reduce((most, {active, grace}) => Math.max(most, active + grace), 1),
    rows: options.rows,
    namesakes: namesakesOf([...story.users, ...story.requests]),
    tops,
    rowsHeight,
    heightLabels: heightLabels(axis),
    seams: seamsOf(axis),
  };
}

/** Heights under the chain as far as there is room: first those at which something happened. */
function heightLabels(axis: Axis): (Label & {isStale: boolean})[] {
  const candidates: (Label & {isStale: boolean; rank: number})[] = axis.columns.flatMap((column, i) => {
    const rank = column.slots > 0 ? 0 : column.from === column.to ? 1 : 2;
    return blockXs(axis, i).map(({height, x}) => ({
      x,
      text: thousands(height),
      isStale: column.lane > 0,
      rank: height === column.to ? rank : rank + 3,
    }));
  });
  const byRank = [...thinned(candidates)].sort((a, b) => a.rank - b.rank || a.x - b.x);
  const cells = new Map<number, {from: number; to: number}[]>();
  const cell = 200;
  const shown = byRank.filter(({x, text}) => {
    const half = textWidth(text, heightLabelSize) / 2 + 4;
    const [from, to] = [x - half, x + half];
    const near = [-1, 0, 1].flatMap((d) => cells.get(Math.floor(x / cell) + d) ?? []);
    if (near.some((it) => from < it.to && to > it.from)) return false;
    const home = cells.get(Math.floor(x / cell));
    if (home) home.push({from, to});
    else cells.set(Math.floor(x / cell), [{from, to}]);
    return true;
  });
  return shown.sort((a, b) => a.x - b.x);
}

function namesakesOf(users: readonly (StoryUser | StoryRequest)[]): ReadonlySet<string> {
  const seen = new Set<string>();
  return new Set(users.flatMap(({name}) => (seen.size === seen.add(name).size ? [name] : [])));
}

/** Of candidates that are too many, the best ones of each few pixels. */
function thinned<T extends Label & {readonly rank: number}>(candidates: readonly T[]): Iterable<T> {
  const best = new Map<number, T>();
  for (const candidate of candidates) {
    const place = Math.floor(candidate.x / 8);
    const other = best.get(place);
    if (!other || candidate.rank < other.rank) best.set(place, candidate);
  }
  return best.values();
}

function seamsOf(axis: Axis): Scene['seams'] {
  const first = new Map<number, number>();
  const seams: {column: number; from: number; to: number; depth: number; isJump: boolean}[] = [];
  const open: number[] = [];
  for (const [i, {type, from, to, isJump}] of axis.columns.entries()) {
    if (type === 'blocks') {
      open.push(i);
      continue;
    }
    while (open.length > 0 && axis.columns[open.at(-1)!]!.from >= from) first.set(i, open.pop()!);
    const right = i + 1 < axis.lefts.length ? axis.lefts[i + 1]! : axis.width;
    seams.push({
      column: i,
      from: axis.lefts[first.get(i) ?? i]!,
      to: right,
      depth: to - from + 1,
      isJump: isJump === true,
    });
  }
  return seams;
}

/** Middle of a folded run, where it is torn. */
export const foldX = (axis: Axis, column: number): number => placeX(axis, column, 0) - 2 * axis.unit;
