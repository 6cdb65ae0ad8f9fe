import assert from 'node:assert/strict';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {type KeyValueStore, LevelStore, MemoryStore} from '../../../src/store/index.js';
import {assertReplays} from '../../support/tapes.js';
import {FaultyStore} from '../../support/faulty-store.js';
import {HeldPolicy} from '../../support/held-policy.js';
import {tempDir} from '../../support/temp-dir.js';
import {World} from '../../support/world.js';
import {bring} from './model/inputs.js';
import {ModelRun} from './model/run.js';
import {type Step, steps} from './model/steps.js';

/** More of them by hand: `MODEL_RUNS=5000 npx ava dist/test/gatekeeper/auth/model.test.js`. */
const numRuns = Number(process.env['MODEL_RUNS'] ?? 80);

const options = {
  startHeight: 130,
  settings: {
    auth: 'user',
    authBudget: 2,
    requestTtl: 8,
    requestAttempts: 3,
    maxPendingRequests: 12,
    deniedCooldown: 2,
    proofWindow: 5,
  },
} as const;

/** Brings a script to a tower and to the model; answers the tower, still open. */
async function run(t: ExecutionContext, script: readonly Step[]): Promise<{world: World; run: ModelRun}> {
  const rows = new FaultyStore(new MemoryStore());
  const policy = new HeldPolicy();
  const world = await World.begin(t, {...options, policies: [policy], openRows: async () => rows});
  const run = new ModelRun(world, policy, rows);
  await run.begin();
  for (const [i, step] of script.entries()) {
    await run.step(step).catch((error: unknown) => {
      if (error instanceof Error) error.message = `step ${i}, ${JSON.stringify(step)}: ${error.message}`;
      throw error;
    });
  }
  return {world, run};
}

/** Brings to a fresh tower what was committed in another, on the same chain, and answers its digest. */
async function replay(
  t: ExecutionContext,
  {world: before, run}: {world: World; run: ModelRun},
  {openRows, restartEvery}: {openRows: () => Promise<KeyValueStore>; restartEvery: number},
): Promise<string> {
  const {source} = before;
  source.pointAt((await source.header(run.start))!);
  const world = await World.begin(t, {...options, source, openRows});
  for (const [i, input] of run.inputs.entries()) {
    await bring(world, input);
    if (i % restartEvery === restartEvery - 1) await world.restart();
  }
  const digest = await world.tower.digest();
  await world.tower.close();
  return digest;
}

const never = Number.POSITIVE_INFINITY;

const inMemory = () => {
  const rows = new MemoryStore();
  return {openRows: async () => rows, restartEvery: never};
};

test('requests, answers, decisions, blocks, reorgs, kills and restarts agree with the plain model at every step', async (t) => {
  await fc.assert(
    fc.asyncProperty(steps, async (script) => {
      const done = await run(t, script);
      const digest = await done.world.tower.digest();
      await done.world.tower.close();
      assert.equal(await replay(t, done, inMemory()), digest, 'the same events on a fresh store');
      await assertReplays(done.world.rows, 'the log alone');
    }),
    {numRuns, includeErrorInReport: true},
  );
  t.pass();
});

test('the same events end in the same digest on disk, in memory, and with restarts in between', async (t) => {
  await fc.assert(
    fc.asyncProperty(steps, async (script) => {
      const done = await run(t, script);
      const digest = await done.world.tower.digest();
      await done.world.tower.close();
      assert.equal(await replay(t, done, {...inMemory(), restartEvery: 1}), digest);
      const folder = tempDir(t);
      assert.equal(await replay(t, done, {openRows: () => LevelStore.open(folder), restartEvery: 7}), digest);
    }),
    {numRuns: 5, endOnFailure: true, includeErrorInReport: true},
  );
  t.pass();
});
