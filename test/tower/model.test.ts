import assert from 'node:assert/strict';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {type KeyValueStore, LevelStore, MemoryStore} from '../../src/store/index.js';
import {tempDir} from '../support/temp-dir.js';
import {chainOfLog, shortSettings, World} from '../support/world.js';
import {towerKey} from './model-deposits.js';
import {ModelRun, type Step, steps} from './model-run.js';

test('registrations, appointments, reorgs, settings and restarts agree with the plain model at every step', async (t) => {
  await fc.assert(
    fc.asyncProperty(steps, async (script) => {
      const world = await World.begin(t, {startHeight: 130, key: towerKey});
      const run = new ModelRun(world, shortSettings);
      for (const step of script) {
        assert.deepEqual(...(await run.step(step)));
        assert.deepEqual(...(await run.users()));
        assert.deepEqual(...(await run.appointments()));
        assert.deepEqual(await world.problems(), []);
      }
      const {source} = world;
      for (const [height, hash] of chainOfLog(await world.log())) assert.equal(hash, source.at(height).hash);

      // Once everybody is gone for good, nothing is left but what their keys were told.
      await run.step({mine: run.blocksUntilNobody + 100});
      assert.deepEqual(...(await run.users()));
      for (const table of ['user', 'device', 'due', 'appointment', 'blob', 'locator', 'undo'] as const) {
        assert.equal(await world.count(table), 0, table);
      }
      assert.deepEqual(await world.problems(), []);
      await world.tower.close();
    }),
    {numRuns: 60, includeErrorInReport: true},
  );
  t.pass();
});

async function digestAfter(
  t: ExecutionContext,
  script: readonly Step[],
  openRows: () => Promise<KeyValueStore>,
  {restartEvery}: {restartEvery: number},
): Promise<string> {
  const world = await World.begin(t, {startHeight: 130, openRows});
  const run = new ModelRun(world, shortSettings);
  for (const [i, step] of script.entries()) {
    await run.step(step);
    if (i % restartEvery === restartEvery - 1) await world.restart();
  }
  assert.deepEqual(await world.problems(), []);
  const digest = await world.tower.digest();
  await world.tower.close();
  return digest;
}

test('the same events end in the same digest on disk, in memory, and with restarts in between', async (t) => {
  const inMemory = () => {
    const rows = new MemoryStore();
    return async () => rows;
  };
  await fc.assert(
    fc.asyncProperty(steps, async (script) => {
      const digest = await digestAfter(t, script, inMemory(), {restartEvery: Number.POSITIVE_INFINITY});
      assert.equal(await digestAfter(t, script, inMemory(), {restartEvery: 1}), digest);
      const folder = tempDir(t);
      assert.equal(await digestAfter(t, script, () => LevelStore.open(folder), {restartEvery: 8}), digest);
    }),
    {numRuns: 6, endOnFailure: true, includeErrorInReport: true},
  );
  t.pass();
});
