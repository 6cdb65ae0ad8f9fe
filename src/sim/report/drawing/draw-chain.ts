import {blockXs, isFolded, lastAtMost, placeX} from './axis.js';
import {drawMark, type MarkName} from './marks.js';
import {beginRoom, firstLane, foldX, laneY, type Scene} from './scene.js';
import {escapeText, px, textWidth, thousands} from './text.js';

/** What is looked at, from left to right and, in the rows, from top to bottom. */
export interface View {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** The columns that a view touches. */
export function columnsIn({axis}: Scene, {left, right}: View): {readonly first: number; readonly last: number} {
  const first = Math.max(
    0,
    lastAtMost(axis.lefts, left, (x) => x),
  );
  return {
    first,
    last: Math.max(
      first,
      lastAtMost(axis.lefts, right, (x) => x),
    ),
  };
}

/** The chain with the branches that were left, its heights, and what happened to the tower and to expectations. */
export function drawChain(scene: Scene, view: View): string {
  const {axis, chainHeight, lanes} = scene;
  const lines = {best: '', stale: ''};
  const blocks = {best: '', stale: ''};
  let breaks = '';
  let texts = '';
  let textEnd = -Infinity;
  // Blocks that fill no pixel are a line.
  const isDense = axis.unit < 0.7;
  const drawn = {best: -Infinity, stale: -Infinity};
  const half = Math.min(5.5, axis.unit * 0.36);
  const {first, last} = columnsIn(scene, view);
  const edge = (index: number) => {
    if (isDense && axis.columns[index]!.lane === 0) return;
    const {parent, lane} = axis.columns[index]!;
    const start = blockXs(axis, index)[0];
    if (parent === undefined || !start) return;
    const from = placeX(axis, parent, 0);
    const [fromY, toY] = [laneY(axis.columns[parent]!.lane), laneY(lane)];
    const bend = Math.min(axis.unit, start.x - from);
    const path =
      fromY === toY
        ? `M${px(from)} ${fromY}H${px(start.x)}`
        : `M${px(from)} ${fromY}C${px(from + bend * 0.7)} ${fromY} ${px(from + bend * 0.3)} ${toY} ${px(from + bend)} ${toY}H${px(start.x)}`;
    lines[lane > 0 ? 'stale' : 'best'] += path;
  };
  for (let i = first; i <= last; i++) {
    const column = axis.columns[i]!;
    const xs = blockXs(axis, i);
    if (xs.length === 0) continue;
    const kind = column.lane > 0 ? 'stale' : 'best';
    const y = laneY(column.lane);
    for (const {x} of xs) {
      if (x - drawn[kind] < 0.7) continue;
      drawn[kind] = x;
      blocks[kind] += `M${px(x - half)} ${px(y - half)}h${px(2 * half)}v${px(2 * half)}h${px(-2 * half)}z`;
    }
    const [from, to] = [xs[0]!.x, xs.at(-1)!.x];
    if (!isFolded(column)) lines[kind] += from === to ? '' : `M${px(from)} ${y}H${px(to)}`;
    else {
      const middle = foldX(axis, i);
      const gap = Math.min(4, axis.unit / 4);
      lines[kind] += `M${px(from)} ${y}H${px(middle - gap)}M${px(middle + gap)} ${y}H${px(to)}`;
      breaks += `M${px(middle - gap - 2)} ${y + 5}l4-10M${px(middle + gap - 2)} ${y + 5}l4-10`;
      const count = thousands(column.to - column.from - 1);
      const text = textWidth(`${count} blocks`, 10.5) < 5 * axis.unit ? `${count} blocks` : count;
      const reach = textWidth(text, 10.5) / 2;
      if (middle - reach > textEnd + 4) {
        textEnd = middle + reach;
        texts += `<text class="count" x="${px(middle)}" y="${y - 9}">${text}</text>`;
      }
    }
    if (column.parent === i - 1) edge(i);
  }
  if (isDense) lines.best += `M${px(Math.max(0, view.left))} ${firstLane}H${px(Math.min(axis.width, view.right))}`;
  // A branch may start far to the left of where it goes on.
  for (const {column} of scene.seams) if (column + 1 < axis.columns.length) edge(column + 1);
  for (let i = first; i <= last; i++)
    if (axis.columns[i]!.parent !== i - 1 && axis.columns[i - 1]?.type !== 'undo') edge(i);
  return [
    drawBegin(scene),
    `<path class="edge stale" d="${lines.stale}"/><path class="edge" d="${lines.best}"/>`,
    `<path class="break" d="${breaks}"/>`,
    `<path class="block stale" d="${blocks.stale}"/><path class="block" d="${blocks.best}"/>`,
    texts,
    drawSeams(scene, view),
    drawHeights(scene, view, laneY(lanes - 1) + 20),
    drawChecks(scene, view, chainHeight - 12 - (scene.begins === undefined ? 0 : beginRoom)),
  ].join('');
}

/** Arrows as shapes: not every font has them. */
const turn = 'M-4.5 2H2.2a2.3 2.3 0 0 0 0-4.6H0M-2-.5-4.5 2-2 4.5';
const jump = 'M-4.5-2H4.5L2-4.5M4.5 2H-4.5L-2 4.5';

function drawSeams({axis, seams}: Scene, view: View): string {
  let end = -Infinity;
  return seams
    .filter(({from, to}) => to >= view.left && from <= view.right)
    .map(({column, to, depth, isJump}) => {
      const left = axis.lefts[column]!;
      const middle = (left + to) / 2;
      const text = thousands(depth);
      const reach = textWidth(text, 11) / 2 + 16;
      if (middle - reach < end) return '';
      end = middle + reach;
      const y = firstLane - 25;
      const box = `<rect class="seam-tag" x="${px(middle - reach)}" y="${y - 10}" width="${px(2 * reach)}" height="16" rx="8"/>`;
      const blocks = `${thousands(depth)} ${depth === 1 ? 'block' : 'blocks'}`;
      const told = isJump ? `${blocks} left at once` : `reorg: ${blocks} disconnected`;
      return `<g><title>${told}</title>${box}<path class="seam-glyph" transform="translate(${px(middle - reach + 12.5)} ${y - 2})" d="${isJump ? jump : turn}"/><text class="seam-text" x="${px(middle + 7.5)}" y="${y + 2}">${text}</text></g>`;
    })
    .join('');
}

/** Where a story begins that goes on in the world of a file. */
function drawBegin({axis, begins, chainHeight, futureWidth}: Scene): string {
  if (begins === undefined) return '';
  const text = 'this story begins';
  const fits = begins + 8 + textWidth(text, 11) < axis.width + futureWidth;
  const [x, anchor] = fits ? [begins + 6, 'start'] : [begins - 6, 'end'];
  return `<path class="begins" d="M${px(begins)} 8V${px(chainHeight)}"/><text class="begins-text" text-anchor="${anchor}" x="${px(x)}" y="${px(chainHeight - 5)}">${text}</text>`;
}

function drawHeights({heightLabels}: Scene, {left, right}: View, y: number): string {
  return heightLabels
    .filter(({x}) => x > left - 60 && x < right + 60)
    .map(({x, text, isStale}) => `<text class="height${isStale ? ' stale' : ''}" x="${px(x)}" y="${y}">${text}</text>`)
    .join('');
}

/** Expectations, refusals, restarts and changes of settings. */
function drawChecks({story, xs, axis}: Scene, {left, right}: View, y: number): string {
  const radius = Math.min(6, axis.unit * 0.42);
  let drawn = '';
  let end = -Infinity;
  const first = Math.max(
    0,
    lastAtMost(xs, left - 10, (x) => x),
  );
  for (let i = first; i < xs.length && xs[i]! <= right + 10; i++) {
    const mark = checkMark(story.steps[i]!);
    if (mark === undefined || (xs[i]! < end && mark !== 'unmet')) continue;
    end = xs[i]! + 2;
    const title = escapeText(story.steps[i]!.lines.map(({text}) => text).join('\n'));
    drawn += `<g><title>${title}</title>${drawMark(mark, xs[i]!, y, {radius: mark === 'unmet' ? 7 : radius, step: i})}</g>`;
  }
  return drawn;
}

const towerMarks: Readonly<Record<string, MarkName>> = {'○': 'restart', '=': 'setting', '~': 'fault'};

export function checkMark({kind, lines, met = 0, unmet = 0}: Scene['story']['steps'][number]): MarkName | undefined {
  if (kind === 'check') return unmet > 0 ? 'unmet' : met > 0 ? 'met' : 'refused';
  if (kind !== 'tower') return undefined;
  return towerMarks[lines[0]?.mark ?? ''];
}
