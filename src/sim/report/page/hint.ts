import {blockXs, isFolded, lastAtMost} from '../drawing/axis.js';
import {checkMark, columnsIn} from '../drawing/draw-chain.js';
import {requestText} from '../drawing/draw-requests.js';
import {userText} from '../drawing/draw-users.js';
import {marks} from '../drawing/marks.js';
import {beginRoom, foldX, laneY, type Scene} from '../drawing/scene.js';
import {thousands} from '../drawing/text.js';

const near = 9;

/** What is at a point of the drawing, as lines of text; the first one is its title. */
export function hintAt(
  scene: Scene,
  at: {readonly x: number; readonly y: number; readonly isLabel: boolean; readonly step: number},
): string[] {
  if (at.y < 0) return at.isLabel ? [] : chainHint(scene, at.x, at.y + scene.chainHeight);
  const index = lastAtMost(scene.tops, at.y, (top) => top);
  const row = scene.rows[index];
  if (!row || at.y > scene.tops[index]! + row.height) return [];
  const step = at.isLabel ? at.step : stepAt(scene, at.x);
  const {story, xs} = scene;
  const told = (changes: readonly {readonly step: number}[]) => {
    const close = changes.filter((change) => !at.isLabel && Math.abs(xs[change.step]! - at.x) < near).at(-1);
    return close
      ? story.steps[close.step]!.lines.map(({text}) => `${thousands(story.steps[close.step]!.height)}: ${text}`)
      : [];
  };
  if (row.type === 'user') {
    const {user} = row;
    const state = userText(user, step)?.long ?? 'not registered yet';
    return [`${user.name} (user ${user.id})`, ...lines(state), ...told(user.changes).slice(0, 4)];
  }
  if (row.type === 'request') {
    const {request} = row;
    const mark = request.changes.filter((change) => !at.isLabel && Math.abs(xs[change.step]! - at.x) < near).at(-1);
    const what = mark ? [`${request.name} ${marks[mark.isBefore ? 'present' : mark.phase].means}`] : [];
    return [`${request.name} (request ${request.id})`, requestText(request, step)?.long ?? 'not received yet', ...what];
  }
  return [];
}

const lines = (text: string) => text.split('; ');

/** The last step that lies at a place or before it. */
export const stepAt = (scene: Scene, x: number): number =>
  Math.max(
    0,
    lastAtMost(scene.xs, x + 4, (it) => it),
  );

function chainHint(scene: Scene, x: number, y: number): string[] {
  const {axis, story, xs, chainHeight} = scene;
  if (y > chainHeight - 24 - (scene.begins === undefined ? 0 : beginRoom)) {
    const i = stepAt(scene, x + near);
    const step = story.steps[i];
    const isNear = step && Math.abs(xs[i]! - x) < near && checkMark(step) !== undefined;
    return isNear
      ? [`at height ${thousands(step.height)}`, ...step.lines.slice(0, 8).map(({mark, text}) => `${mark} ${text}`)]
      : [];
  }
  const {first} = columnsIn(scene, {left: x, right: x, top: 0, bottom: 0});
  const column = axis.columns[first];
  if (!column) return [];
  if (column.type === 'undo') {
    const depth = column.to - column.from + 1;
    if (column.isJump)
      return [`${thousands(depth)} blocks left at once`, `${thousands(column.from)} to ${thousands(column.to)}`];
    return [
      `reorg of depth ${thousands(depth)}`,
      `blocks ${thousands(column.to)} down to ${thousands(column.from)} are disconnected`,
    ];
  }
  if (Math.abs(y - laneY(column.lane)) > 14) return [];
  if (isFolded(column) && Math.abs(x - foldX(axis, first)) < axis.unit * 1.4) {
    const [from, to] = [column.from + 1, column.to - 1];
    return [
      `${thousands(to - from + 1)} blocks left out`,
      `${thousands(from)} to ${thousands(to)}, in which nothing happened`,
    ];
  }
  const block = blockXs(axis, first).find((it) => Math.abs(it.x - x) < Math.max(near, axis.unit / 2));
  if (!block) return [];
  const hash = column.hashes[block.height];
  return [
    `block ${thousands(block.height)}`,
    ...(hash ? [hash] : []),
    ...(column.lane > 0 ? ['on a branch that was left'] : []),
  ];
}
