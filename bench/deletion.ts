import {strict as assert} from 'node:assert';
import {register} from '../src/gatekeeper/registration.js';
import {atMost, type Benchmark, type Figure, type Plan, type Task} from './harness/benchmark.js';
import {calibrate} from './harness/calibration.js';
import {peakMiB, resetPeak} from './harness/memory.js';
import {watched} from './harness/stall.js';
import {deviceKeys} from './support/device-keys.js';
import {deletingHeight, headersTo, startHeight} from './support/population.js';
import {copyOf, openFollower, populated, populateTask} from './support/populated-store.js';

interface Timing {
  readonly ms: number;
  readonly stallMs: number;
  readonly peakMiB: number;
}

interface Deletion {
  readonly deletion: Timing;
  readonly undo: Timing;
  /** Undone once more, now that somebody has registered since. */
  readonly lateUndo: Timing;
  readonly calibrationMs: number;
}

const deleteAndUndo: Task = async ({location, dueUsers}: {location: string; dueUsers: number}): Promise<Deletion> => {
  const {store, writer, follower} = await openFollower(location);
  const headers = headersTo(deletingHeight);
  await follower.connect(headers.slice(startHeight + 1, deletingHeight));
  const calibrationMs = calibrate();
  const block = [headers[deletingHeight]!];
  const users = () => store.meta!.counters.users;
  const before = users();

  const timed = async (work: () => Promise<void>): Promise<Timing> => {
    await resetPeak();
    const {ms, stallMs} = await watched(work);
    return {ms, stallMs, peakMiB: await peakMiB()};
  };
  const deletion = await timed(() => follower.connect(block));
  assert.equal(users(), before - dueUsers, 'the block deletes everybody who is due');
  const undo = await timed(() => follower.disconnect(block));
  assert.equal(users(), before, 'undoing it brings everybody back');
  await follower.connect(block);
  const [key] = deviceKeys(1);
  await writer.submit({actor: `user:${key!}`, run: (transaction, publish) => register(transaction, publish, key!)});
  const lateUndo = await timed(() => follower.disconnect(block));
  assert.equal(users(), before + 1, 'undoing it brings everybody back beside the new one');
  await store.close();
  return {deletion, undo, lateUndo, calibrationMs};
};

async function measure(plan: Plan): Promise<Figure[]> {
  const users = plan.quick ? 10_000 : 1_000_000;
  const dueUsers = users / 10;
  const location = await populated(plan, users, {dueUsers});
  const done: Deletion[] = [];
  for (let run = 1; run <= plan.runs; run++) {
    plan.progress(`run ${run} of ${plan.runs}`);
    const copy = await copyOf(plan, location, `run-${run}`);
    done.push(await plan.task<Deletion>('deleteAndUndo', {location: copy, dueUsers}));
    await plan.clear(`run-${run}`);
  }
  const figure = (what: string, unit: string, most: number | undefined, value: (run: Deletion) => number): Figure => ({
    what: `${what} ${dueUsers.toLocaleString('en-US')} users`,
    unit,
    ...(most !== undefined && {target: atMost(most)}),
    runs: done.map(value),
    calibrationMs: done.map((run) => run.calibrationMs),
  });
  return [
    figure('delete', 'ms', 2_200, ({deletion}) => deletion.ms),
    figure('highest resident memory, delete', 'MiB', 350, ({deletion}) => deletion.peakMiB),
    figure('longest stall, delete', 'ms', 60, ({deletion}) => deletion.stallMs),
    figure('undo: restore', 'ms', 1_500, ({undo}) => undo.ms),
    figure('undo once somebody has registered since: restore', 'ms', 1_500, ({lateUndo}) => lateUndo.ms),
    figure('highest resident memory, restore', 'MiB', undefined, ({undo}) => undo.peakMiB),
    figure('longest stall, restore', 'ms', undefined, ({undo}) => undo.stallMs),
  ];
}

export default {tasks: {populate: populateTask, deleteAndUndo}, measure} satisfies Benchmark;
