import {nodesApart} from './drawing/axis.js';
import {checkMark, drawChain, type View} from './drawing/draw-chain.js';
import {drawLabels, drawRows} from './drawing/draw-rows.js';
import {drawMark, markDefinitions, type MarkName, marks} from './drawing/marks.js';
import {fittingUnit, rowsOf, type Scene, sceneOf} from './drawing/scene.js';
import {escapeText, fitText, px, textWidth, thousands} from './drawing/text.js';
import {plural} from '../timeline/heights.js';
import type {Story, StoryRequest, StoryUser} from './story.js';
import {drawingStyle, themeStyle} from './style.js';

/** A still picture is as wide as a page, and has room for so many users and requests. */
const width = 1200;
const labelWidth = 218;
const futureWidth = 132;
const stillRows = 40;
const padding = 16;
const rightMargin = 8;

/** By it, a page knows what is still to come. */
const stepTag = / data-step="\d+"/g;

export const definitions = `<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatching" d="M0 0V6"/></pattern>${markDefinitions()}</defs>`;

/** The story as one picture: the chain, its users and requests from beginning to end. */
export function renderSvg(story: Story): string {
  const style = `<style>${themeStyle('svg')}\n${drawingStyle}</style>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${drawStill(story, style)}\n`;
}

export const drawStill = (story: Story, style = ''): string => drawAll(story, style).replaceAll(stepTag, '');

function drawAll(story: Story, style: string): string {
  const users = chosen(story.users, ({changes}) => changes.map(({mark}) => mark));
  const requests = chosen(story.requests, ({changes}) => changes.map(({phase}) => phase));
  const rows = rowsOf(
    {users: users.shown, requests: requests.shown},
    {users: story.users.length, requests: story.requests.length},
    {users: users.note, requests: requests.note},
  );
  const room = width - labelWidth - futureWidth - rightMargin;
  const unit = fittingUnit(story, room, {least: 0, most: 26});
  const scene = sceneOf(story, {labelWidth, futureWidth, unit, rows, width: width - rightMargin});
  const view: View = {left: 0, right: scene.axis.width + scene.futureWidth, top: 0, bottom: scene.rowsHeight};
  const drawn = drawRows(scene, view);
  const top = 84;
  const rowsTop = top + scene.chainHeight + 4;
  const legend = drawLegend(scene, rowsTop + scene.rowsHeight + 26);
  const height = legend.bottom + 44;
  const footer = story.marks.map(([name, value]) => `${name} ${value}`).join(' · ');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="drawing" viewBox="0 0 ${width} ${px(height)}" width="${width}" height="${px(height)}" role="img" aria-labelledby="still-title still-text">`,
    `<title id="still-title">${escapeText(story.title)}</title><desc id="still-text">${escapeText(summary(story))}</desc>`,
    style,
    definitions,
    `<rect class="sheet" width="${width}" height="${px(height)}" rx="12"/>`,
    `<text class="title" x="${padding}" y="36">${escapeText(fitText(story.title, width - 2 * padding, 20))}</text>`,
    drawOutcome(story, 60),
    `<g transform="translate(${labelWidth} ${top})">${drawChain(scene, view)}</g>`,
    `<g transform="translate(${labelWidth} ${px(rowsTop)})">${drawn.under}${drawn.marks}${drawn.words}</g>`,
    `<g transform="translate(0 ${px(rowsTop)})">${drawLabels(scene, view, story.steps.length - 1)}</g>`,
    legend.drawn,
    `<text class="detail" x="${padding}" y="${px(height - 14)}">${escapeText(fitText(footer, width - 2 * padding, 11))}</text>`,
    '</svg>',
  ].join('\n');
}

function drawOutcome({outcome: {tone, text}, facts}: Story, y: number): string {
  const mark = {good: 'approved', bad: 'unmet', plain: 'received'} as const;
  const rest = facts.map(([name, value]) => `${name} ${value}`).join(' · ');
  const x = padding + 36 + textWidth(text, 14);
  return `${drawMark(mark[tone], padding + 7, y - 4)}<text class="verdict fate ${tone}" x="${padding + 20}" y="${y}">${escapeText(text)}</text><text class="detail" x="${px(x)}" y="${y}">${escapeText(fitText(rest, width - padding - x, 11))}</text>`;
}

export function summary({outcome, height, users, requests, columns}: Story): string {
  const reorgs = columns.filter(({type}) => type === 'undo').length;
  const counts = [
    plural(users.length, 'user'),
    plural(requests.length, 'authorization request'),
    plural(reorgs, 'reorg'),
  ];
  return `The chain ends at height ${thousands(height)}. ${counts.join(', ')}. Outcome: ${outcome.text}.`;
}

/** Those that are drawn, in their order, and which they are: if possible one of each course, then whoever has most to show. */
function chosen<T extends StoryUser | StoryRequest>(
  all: readonly T[],
  courseOf: (it: T) => readonly string[],
): {readonly shown: readonly T[]; readonly note: string | undefined} {
  if (all.length <= stillRows) return {shown: all, note: undefined};
  const courses = new Map<string, T>();
  for (const it of all) {
    const course = courseOf(it).join(' ');
    if (!courses.has(course)) courses.set(course, it);
  }
  const hasAll = courses.size <= stillRows;
  const kept = new Set(hasAll ? courses.values() : []);
  const others = all.filter((it) => !kept.has(it)).sort((a, b) => b.changes.length - a.changes.length || a.id - b.id);
  const room = stillRows - kept.size;
  const least = others[room - 1]?.changes.length ?? Infinity;
  const [more, equal] = [
    others.filter(({changes}) => changes.length > least),
    others.filter(({changes}) => changes.length === least),
  ];
  // Of those with as many events as others, some from the whole story.
  const places = room - more.length;
  const spread = Array.from({length: places}, (_, i) => equal[Math.floor((i * equal.length) / places)]!);
  for (const it of [...more, ...spread]) kept.add(it);
  const which = hasAll ? 'one of each course that there was, then those with most events' : 'those with most events';
  const note = `${stillRows} of ${thousands(all.length)} are drawn: ${which}`;
  return {shown: all.filter((it) => kept.has(it)), note};
}

/** What the marks that are used mean. */
function drawLegend({story}: Scene, top: number): {readonly drawn: string; readonly bottom: number} {
  let x = padding;
  let y = top;
  let drawn = '';
  for (const {sample, text} of legendOf(story)) {
    const reach = 44 + textWidth(text, 11);
    if (x + reach > width - padding) {
      x = padding;
      y += 22;
    }
    drawn += `<g transform="translate(${px(x)} ${px(y)})">${sample}<text class="detail" x="26" y="4">${text}</text></g>`;
    x += reach;
  }
  return {drawn: `<g>${drawn}</g>`, bottom: y};
}

export function legendOf(story: Story): readonly {readonly sample: string; readonly text: string}[] {
  const used = new Set<MarkName>([
    ...story.users.flatMap((user) => user.changes.map(({mark}) => mark)),
    ...story.requests.flatMap((request) => request.changes.map(({phase, isBefore}) => (isBefore ? 'present' : phase))),
    ...story.steps.flatMap((step) => checkMark(step) ?? []),
  ]);
  const changes = story.users.flatMap((user) => user.changes);
  const bar = (className: string) => `<path class="${className}" d="M0-5H20V5H0z"/>`;
  const samples = [
    ...(story.users.length > 0 ? [{sample: bar('active'), text: 'active'}] : []),
    ...(changes.some(({available, granted}) => available < granted)
      ? [{sample: bar('active') + '<path class="used" d="M0 1H20V5H0z"/>', text: 'slots used'}]
      : []),
    ...(changes.some(({state}) => state === 'grace') ? [{sample: bar('grace') + bar('hatch'), text: 'in grace'}] : []),
    ...(story.columns.some(({type}) => type === 'undo')
      ? [
          {
            sample: '<path class="edge stale" d="M0 0H20"/><path class="block stale" d="M6-4h8v8h-8z"/>',
            text: 'block of a branch that was left',
          },
        ]
      : []),
    ...(story.columns.some(({from, to}) => to - from >= nodesApart)
      ? [
          {
            sample: '<path class="edge" d="M0 0H7M13 0H20"/><path class="break" d="M5 5l4-10M11 5l4-10"/>',
            text: 'blocks left out',
          },
        ]
      : []),
  ];
  const shown = Object.entries(marks).filter(([name]) => used.has(name as MarkName));
  return [...samples, ...shown.map(([name, {means}]) => ({sample: drawMark(name as MarkName, 10, 0), text: means}))];
}
