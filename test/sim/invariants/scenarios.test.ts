import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {CheckedSimulation} from '../../../src/sim/explore/checked.js';
import {interrupted} from '../../../src/sim/interrupted.js';
import {hasFaults} from '../../../src/sim/player.js';
import {readScenario} from '../../../src/sim/scenario/scenario-file.js';

const folder = 'fixtures/scenarios';

test('every invariant holds after each commit of every scenario, with and without kills', async (t) => {
  let events = 0;
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.yaml'))) {
    const scenario = await readScenario(join(folder, file));
    for (const {tower: settings, chain, steps} of [scenario, interrupted(scenario)]) {
      const checked = await CheckedSimulation.open({
        ...chain,
        settings,
        lookEvery: 50,
        ...(hasFaults(scenario) ? {troubles: {}} : {}),
      });
      for (const step of steps) await checked.perform(step);
      t.is(await checked.finish(), undefined, file);
      events += checked.watch.events;
      await checked.close();
    }
  }
  t.true(events > 10_000, `${events} events`);
});
