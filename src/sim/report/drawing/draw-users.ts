import type {Story, StoryUser, UserChange} from '../story.js';
import {lastAtMost, markGap} from './axis.js';
import type {View} from './draw-chain.js';
import {drawMark} from './marks.js';
import type {Scene} from './scene.js';
import {escapeText, fitText, px, textWidth, thousands} from './text.js';

/** Part of a bar that is dark when all slots are used; above it one sees the state. */
const gauge = 0.6;

/** What lies on top of each other: bars under the tears of folded runs, marks over them, words over everything. */
export interface Layers {
  readonly under: string;
  readonly marks: string;
  readonly words: string;
}

/** A user as a bar: full height while he is there, filled from below as his slots are used. */
export function drawUser(
  scene: Scene,
  user: StoryUser,
  view: View,
  row: {readonly y: number; readonly height: number},
): Layers {
  const {xs, axis, story} = scene;
  const {changes} = user;
  const barHeight = row.height >= 44 ? 20 : row.height >= 36 ? 16 : 10;
  const middle = row.y + row.height / 2;
  const bottom = middle + barHeight / 2;
  const bars = {active: new Boxes(bottom), grace: new Boxes(bottom)};
  const used = new Boxes(bottom);
  let gone = '';
  let marks = '';
  let texts = '';
  const radius = Math.min(row.height >= 36 ? 6 : 4.6, Math.max(3, axis.unit * 0.44));
  const first = Math.max(
    0,
    lastAtMost(changes, view.left, ({step}) => xs[step]!),
  );
  // Bars are drawn up to here; what is narrower than half a pixel goes to the next one.
  let drawn = -Infinity;
  let marked = -Infinity;
  for (let i = first; i < changes.length; i++) {
    const change = changes[i]!;
    const next = changes[i + 1];
    const x = xs[change.step]!;
    if (x > view.right + 20) break;
    const end = next ? xs[next.step]! : axis.width;
    if (x - marked >= markGap(axis) && x > view.left - 20) {
      marked = x;
      marks += drawMark(change.mark, x, middle, {radius, step: change.step});
    }
    if (end - Math.max(x, drawn) < 0.5 && next) continue;
    const from = x - drawn < 0.5 ? drawn : x;
    drawn = end;
    if (change.state !== 'deleted') {
      bars[change.state].add(from, end, barHeight);
      const share = change.granted > 0 ? (change.granted - change.available) / change.granted : 0;
      const height = share * barHeight * gauge;
      if (height > 0) used.add(from, end, Math.max(1.5, height));
      continue;
    }
    const height = thousands(story.steps[change.step]!.height);
    const {[change.mark]: text = `deleted at ${height}`} = backThen;
    const limit = next ? end - 8 : axis.width + scene.futureWidth;
    const width = textWidth(text, 11);
    // What is said at the end stands behind the last step: there the cursor is at first.
    const behind = xs.at(-1)! + 6;
    const isBehind = !next && behind > x + 10 && behind < x + 10 + width && width < limit - behind - 1;
    const left = isBehind ? behind : x + 10;
    const isTold = width < limit - left - 1;
    if (isTold)
      texts += `<text data-step="${change.step}" class="fate ${change.mark in backThen ? '' : 'bad'}" x="${px(left)}" y="${px(middle + 4)}">${text}</text>`;
    if (next) gone += `M${px(isTold ? x + 16 + width : from)} ${px(middle)}H${px(end)}`;
  }
  const last = changes.at(-1)!;
  if (last.state !== 'deleted' && axis.width + scene.futureWidth > view.left) texts += drawFuture(scene, last, middle);
  const under = [
    `<g class="user"><title>${escapeText(lifeText(story, user))}</title>`,
    `<path class="gone" d="${gone}"/><path class="active" d="${bars.active.path}"/><path class="grace" d="${bars.grace.path}"/>`,
    `<path class="hatch" d="${bars.grace.path}"/><path class="used" d="${used.path}"/></g>`,
  ].join('');
  return {under, marks, words: texts};
}

/** Boxes that stand on one line; those of one height that touch are one. */
class Boxes {
  readonly #bottom: number;
  #path = '';
  #open: {from: number; to: number; height: number} | undefined;

  constructor(bottom: number) {
    this.#bottom = bottom;
  }

  add(from: number, to: number, height: number): void {
    const open = this.#open;
    if (open && open.height === height && from - open.to < 0.01) open.to = to;
    else {
      this.#close();
      this.#open = {from, to, height};
    }
  }

  get path(): string {
    this.#close();
    return this.#path;
  }

  #close(): void {
    const open = this.#open;
    this.#open = undefined;
    if (!open) return;
    const {from, to, height} = open;
    const bottom = px(this.#bottom);
    this.#path += `M${px(from)} ${bottom}V${px(this.#bottom - height)}H${px(to)}V${bottom}z`;
  }
}

/** What comes, if nothing is done. */
function drawFuture({axis, futureWidth, story}: Scene, last: UserChange, middle: number): string {
  const x = axis.width + 4;
  const step = story.steps.length - 1;
  const arrow = `<path data-step="${step}" class="ahead" d="M${px(x)} ${px(middle - 4)}l4 4-4 4"/>`;
  const text = fitText(nextText(story, last), futureWidth - 14, 11);
  return `${arrow}<text data-step="${step}" class="fate" x="${px(x + 10)}" y="${px(middle + 4)}">${text}</text>`;
}

function nextText(story: Story, {state, expiry}: UserChange): string {
  return state === 'active'
    ? `expires at ${thousands(expiry)}`
    : `grace until ${thousands(expiry + graceBlocksAt(story, story.steps.length - 1))}`;
}

/** The grace period that was in force at a step. */
export function graceBlocksAt({settings, settingChanges}: Story, step: number): number {
  const told = settingChanges.filter((change) => change.step <= step).flatMap(({changed}) => changed);
  return Number([...settings, ...told].findLast(([name]) => name === 'expiry_delta')?.[1] ?? 0);
}

/** What is said of those who are not there because the story went back in time. */
const backThen: Readonly<Partial<Record<UserChange['mark'], string>>> = {
  gone: 'not there, back then',
  travelled: 'deleted, back then',
};

const states = {active: 'active', grace: 'in grace', deleted: 'deleted'} as const;

/**
 * A user at a step, in a few words and exact numbers; undefined before he was there. Of the wordings, the longest comes
 * first, and each can stand alone.
 */
export function userText(
  user: StoryUser,
  step: number,
): {readonly wordings: readonly string[]; readonly long: string; readonly state: string} | undefined {
  const change = user.changes[lastAtMost(user.changes, step, (it) => it.step)];
  if (!change || change.step > step) return undefined;
  const {state, mark, available, granted, expiry, start, appointments, devices} = change;
  if (state === 'deleted' && mark === 'gone') {
    return {wordings: ['not there, back then', 'not there'], long: 'not there, back then', state: 'none'};
  }
  if (state === 'deleted') return {wordings: ['deleted'], long: 'deleted, with all appointments', state};
  const slots = `${thousands(available)} of ${thousands(granted)} slots free`;
  const count = (n: number, noun: string) => `${thousands(n)} ${noun}${n === 1 ? '' : 's'}`;
  return {
    wordings: [
      `${states[state]}, ${slots}`,
      `${states[state]}, ${thousands(available)} of ${thousands(granted)} free`,
      `${states[state]}, ${thousands(available)} free`,
      `${thousands(available)} free`,
    ],
    long: `${states[state]}; ${slots}; from ${thousands(start)}, ${state === 'active' ? 'expires' : 'expired'} at ${thousands(expiry)}; ${count(appointments, 'appointment')}, ${count(devices, 'device')}`,
    state,
  };
}

function lifeText(story: Story, user: StoryUser): string {
  const told = user.changes.slice(0, 20).map(({step, mark, state, available, granted, expiry}) => {
    const what =
      state === 'deleted' ? mark : `${mark}: ${states[state]}, ${available}/${granted} slots free, expiry ${expiry}`;
    return `${story.steps[step]!.height} ${what}`;
  });
  return [`${user.name} (user ${user.id})`, ...told, ...(user.changes.length > 20 ? ['…'] : [])].join('\n');
}
