import type {Story, StoryColumn, StoryStep} from '../story.js';

/** Blocks of one column that are drawn apart; of longer runs, the first and the last. */
export const nodesApart = 6;
/** Units of a run that is folded: its first block, the break, its last block. */
const foldedUnits = 5;
const undoUnits = 2;
/** Space before the first block, in pixels, and after the last place, in units. */
export const leftMargin = 18;
const marginUnits = 0.5;

/** Where things lie from left to right: one unit for a block, and one for each place after it. */
export interface Axis {
  /** Pixels. */
  readonly unit: number;
  readonly width: number;
  readonly columns: readonly StoryColumn[];
  /** Left edges. */
  readonly lefts: readonly number[];
}

export const isFolded = ({type, from, to}: StoryColumn): boolean => type === 'blocks' && to - from >= nodesApart;

function unitsBefore(column: StoryColumn): number {
  if (column.type === 'undo') return undoUnits;
  return isFolded(column) ? foldedUnits : column.to - column.from + 1;
}

export const unitsOf = (story: Pick<Story, 'columns'>): number =>
  story.columns.reduce((sum, column) => sum + unitsBefore(column) + column.slots, marginUnits);

export function axisOf({columns}: Pick<Story, 'columns'>, unit: number): Axis {
  const lefts: number[] = [];
  let x = leftMargin;
  for (const column of columns) {
    lefts.push(x);
    x += (unitsBefore(column) + column.slots) * unit;
  }
  return {unit, width: x + marginUnits * unit, columns, lefts};
}

/** Centre of a place of a column; place 0 is its last block. */
export function placeX({unit, lefts, columns}: Axis, column: number, slot: number): number {
  const centre = columns[column]!.type === 'undo' ? undoUnits / 2 : unitsBefore(columns[column]!) - 0.5;
  return lefts[column]! + (centre + slot) * unit;
}

export const stepX = (axis: Axis, {column, slot}: StoryStep): number => placeX(axis, column, slot);

/** Centres of the blocks that are drawn of a column, lowest first. */
export function blockXs(axis: Axis, index: number): {readonly height: number; readonly x: number}[] {
  const column = axis.columns[index]!;
  const left = axis.lefts[index]!;
  const half = axis.unit / 2;
  if (column.type === 'undo') return [];
  if (isFolded(column)) {
    const last = left + foldedUnits * axis.unit - half;
    return [
      {height: column.from, x: left + half},
      {height: column.to, x: last},
    ];
  }
  return Array.from({length: column.to - column.from + 1}, (_, i) => ({
    height: column.from + i,
    x: left + i * axis.unit + half,
  }));
}

/** Marks of a row that are nearer to each other are not drawn: they would hide what they stand on. */
export const markGap = ({unit}: Axis): number => (unit >= 4 ? 0.5 : 6);

/** Index of the last of the ascending values that is not above the limit; -1 if all are. */
export function lastAtMost<T>(values: readonly T[], limit: number, valueOf: (value: T) => number): number {
  let low = -1;
  let high = values.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (valueOf(values[middle]!) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}
