import type {RequestPhase, Story, StoryRequest} from '../story.js';
import {lastAtMost, markGap} from './axis.js';
import type {View} from './draw-chain.js';
import {drawMark} from './marks.js';
import type {Layers} from './draw-users.js';
import type {Scene} from './scene.js';
import {escapeText, fitText, px, textWidth} from './text.js';

type Track = 'waiting' | 'asked' | 'answered';

const tracks: Readonly<Partial<Record<RequestPhase, Track>>> = {
  received: 'waiting',
  asked: 'asked',
  attempt: 'asked',
  hung: 'asked',
  answered: 'answered',
  reopened: 'waiting',
};

const tones: Readonly<Partial<Record<RequestPhase, string>>> = {
  approved: 'good',
  denied: 'bad',
  failed: 'bad',
  expired: 'warn',
};

/** A request as a lane from its reception to its decision. */
export function drawRequest(
  scene: Scene,
  {changes, name, id}: StoryRequest,
  view: View,
  row: {readonly y: number; readonly height: number},
): Layers {
  const {xs, axis, story} = scene;
  const middle = row.y + row.height / 2;
  const lanes = {waiting: '', asked: '', answered: ''};
  let marks = '';
  let texts = '';
  let marked = -Infinity;
  const radius = Math.min(row.height >= 26 ? 6 : 5, Math.max(3, axis.unit * 0.44));
  const first = Math.max(
    0,
    lastAtMost(changes, view.left, ({step}) => xs[step]!),
  );
  for (let i = first; i < changes.length; i++) {
    const {phase, step, text, isBefore} = changes[i]!;
    const x = xs[step]!;
    const next = changes[i + 1];
    const end = next ? xs[next.step]! : axis.width;
    if (x > view.right + 20) break;
    const track = tracks[phase];
    if (track) lanes[track] += `M${px(x)} ${px(middle)}H${px(end)}`;
    else {
      const limit = next ? end - 8 : axis.width + scene.futureWidth;
      // What became of it stays in sight, wherever the picture is scrolled to.
      const left = next ? x : Math.max(x, view.left);
      const room = limit - left - 12;
      // All of it, or the one word, or nothing; only at the end there may be less.
      const said = [text, phase].find((it) => textWidth(it, 11) <= room) ?? (next ? '' : fitText(text, room, 11));
      if (said.length > 3) {
        texts += `<text data-step="${step}" class="fate ${tones[phase] ?? ''}" x="${px(left + 11)}" y="${px(middle + 4)}">${escapeText(said)}</text>`;
      }
    }
    if (x - marked >= markGap(axis) && x > view.left - 20) {
      marked = x;
      marks += drawMark(isBefore ? 'present' : phase, x, middle, {radius, step});
    }
  }
  if (tracks[changes.at(-1)!.phase] && axis.width + scene.futureWidth > view.left) {
    texts += `<path data-step="${story.steps.length - 1}" class="ahead" d="M${px(axis.width + 4)} ${px(middle - 4)}l4 4-4 4"/><text data-step="${story.steps.length - 1}" class="fate" x="${px(axis.width + 14)}" y="${px(middle + 4)}">pending</text>`;
  }
  const under = [
    `<g class="request"><title>${escapeText(courseText(story, {changes, name, id}))}</title>`,
    ...Object.entries(lanes).map(([track, d]) => (d === '' ? '' : `<path class="lane ${track}" d="${d}"/>`)),
    '</g>',
  ].join('');
  return {under, marks, words: texts};
}

/** What a request has come to at a step; undefined before it was received. */
export function requestText(
  {changes}: StoryRequest,
  step: number,
): {readonly short: string; readonly long: string} | undefined {
  const change = changes[lastAtMost(changes, step, (it) => it.step)];
  if (!change || change.step > step) return undefined;
  const short = {
    received: 'waits',
    asked: 'is asked about',
    attempt: 'attempt failed',
    hung: 'policy hangs',
    answered: 'answered',
    reopened: 'pending again',
  };
  return {
    short: short[change.phase as keyof typeof short] ?? change.phase,
    long: change.text === '' ? 'received, and waits' : change.text,
  };
}

const courseText = (story: Story, {name, id, changes}: StoryRequest): string =>
  [
    `${name} (request ${id})`,
    ...changes.slice(0, 20).map(({step, phase, text}) => `${story.steps[step]!.height} ${text === '' ? phase : text}`),
  ].join('\n');
