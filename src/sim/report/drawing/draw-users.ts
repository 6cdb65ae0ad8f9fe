import type {Story, StoryUser, UserChange} from '../story.js';
import {lastAtMost} from './axis.js';
import type {View} from './draw-chain.js';
import {drawMark} from './marks.js';
import type {Scene} from './scene.js';
import {escapeText, fitText, px, textWidth, thousands} from './text.js';

/** A user as a bar: full height while he is there, filled from below as his slots are used. */
export function drawUser(
  scene: Scene,
  user: StoryUser,
  view: View,
  row: {readonly y: number; readonly height: number},
): string {
  const {xs, axis, story} = scene;
  const {changes} = user;
  const barHeight = row.height >= 36 ? 16 : 10;
  const middle = row.y + row.height / 2;
  const top = middle - barHeight / 2;
  const bars = {active: '', grace: ''};
  let used = '';
  let gone = '';
  let marks = '';
  let texts = '';
  const radius = Math.min(row.height >= 36 ? 6 : 4.6, Math.max(1.6, axis.unit * 0.44));
  const first = Math.max(
    0,
    lastAtMost(changes, view.left, ({step}) => xs[step]!),
  );
  let from = -1;
  for (let i = first; i < changes.length; i++) {
    const change = changes[i]!;
    const next = changes[i + 1];
    const x = xs[change.step]!;
    if (x > view.right + 20) break;
    const end = next ? xs[next.step]! : axis.width;
    if (change.state === 'deleted') {
      if (next) gone += `M${px(x)} ${px(middle)}H${px(end)}`;
      const height = story.steps[change.step]!.height;
      const text = `deleted at ${thousands(height)}`;
      const room = (next ? end - 8 : axis.width + scene.futureWidth) - x - 11;
      if (textWidth(text, 11) < room)
        texts += `<text class="fate bad" x="${px(x + 10)}" y="${px(middle + 4)}">${text}</text>`;
    } else {
      if (from < 0) from = x;
      const height = change.granted > 0 ? ((change.granted - change.available) / change.granted) * barHeight : 0;
      if (height > 0)
        used += `M${px(x)} ${px(top + barHeight - Math.max(1.5, height))}H${px(end)}V${px(top + barHeight)}H${px(x)}z`;
      if (!next || next.state !== change.state) {
        bars[change.state] += `M${px(from)} ${px(top)}H${px(end)}V${px(top + barHeight)}H${px(from)}z`;
        from = -1;
      }
    }
    const near = next && xs[next.step]! - x < 1.5 && next.mark === change.mark;
    if (!near && x > view.left - 20) marks += drawMark(change.mark, x, middle, radius);
  }
  const last = changes.at(-1)!;
  if (last.state !== 'deleted' && axis.width + scene.futureWidth > view.left) texts += drawFuture(scene, last, middle);
  return [
    `<g class="user"><title>${escapeText(lifeText(story, user))}</title>`,
    `<path class="gone" d="${gone}"/><path class="active" d="${bars.active}"/><path class="grace" d="${bars.grace}"/>`,
    `<path class="hatch" d="${bars.grace}"/><path class="used" d="${used}"/>${texts}${marks}</g>`,
  ].join('');
}

/** What comes, if nothing is done. */
function drawFuture({axis, futureWidth, story}: Scene, last: UserChange, middle: number): string {
  const x = axis.width + 4;
  const arrow = `<path class="ahead" d="M${px(x)} ${px(middle - 4)}l4 4-4 4"/>`;
  const text = fitText(nextText(story, last), futureWidth - 14, 11);
  return `${arrow}<text class="fate" x="${px(x + 10)}" y="${px(middle + 4)}">${text}</text>`;
}

function nextText(story: Story, {state, expiry}: UserChange): string {
  return state === 'active'
    ? `expires at ${thousands(expiry)}`
    : `ends at ${thousands(expiry + graceBlocksAt(story, story.steps.length - 1))}`;
}

/** The grace period that was in force at a step. */
export function graceBlocksAt({settings, settingChanges}: Story, step: number): number {
  const told = settingChanges.filter((change) => change.step <= step).flatMap(({changed}) => changed);
  return Number([...settings, ...told].findLast(([name]) => name === 'expiry_delta')?.[1] ?? 0);
}

const states = {active: 'active', grace: 'in grace', deleted: 'deleted'} as const;

/** A user at a step, in a few words and exact numbers; undefined before he was there. */
export function userText(
  user: StoryUser,
  step: number,
): {readonly short: string; readonly long: string; readonly state: string} | undefined {
  const change = user.changes[lastAtMost(user.changes, step, (it) => it.step)];
  if (!change || change.step > step) return undefined;
  const {state, available, granted, expiry, start, appointments, devices} = change;
  if (state === 'deleted') return {short: 'deleted', long: 'deleted, with all appointments', state};
  const slots = `${thousands(available)} of ${thousands(granted)} slots free`;
  const count = (n: number, noun: string) => `${thousands(n)} ${noun}${n === 1 ? '' : 's'}`;
  return {
    short: `${states[state]}, ${slots}`,
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
