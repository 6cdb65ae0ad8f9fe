import {readdirSync} from 'node:fs';
import test, {type ExecutionContext} from 'ava';
import {interrupted} from '../../src/sim/interrupted.js';
import {readScenario} from '../../src/sim/scenario/scenario-file.js';
import type {Scenario} from '../../src/sim/scenario/scenario.js';
import {type Outcome, simulate} from '../../src/sim/player.js';
import {LevelStore, MemoryStore} from '../../src/store/index.js';
import {tempDir} from '../support/temp-dir.js';

const folder = 'fixtures/scenarios';

function inMemory(scenario: Scenario): Promise<Outcome> {
  const rows = new MemoryStore();
  return simulate(scenario, {openRows: async () => rows});
}

function onDisk(t: ExecutionContext, scenario: Scenario): Promise<Outcome> {
  const path = tempDir(t);
  return simulate(scenario, {openRows: () => LevelStore.open(path)});
}

for (const file of readdirSync(folder).filter((name) => name.endsWith('.yaml'))) {
  test(`${file} ends as it expects, and in the same state on disk, in memory, and with the tower going down at every step`, async (t) => {
    const scenario = await readScenario(`${folder}/${file}`);
    const {verdict, unmetLines} = await onDisk(t, scenario);
    t.deepEqual(unmetLines, []);
    t.true(verdict.expectations.met > 0);
    t.deepEqual(await inMemory(scenario), {verdict, unmetLines});
    t.deepEqual(await onDisk(t, interrupted(scenario)), {verdict, unmetLines});
    t.deepEqual(await inMemory(interrupted(scenario)), {verdict, unmetLines});
  });
}
