import {join} from 'node:path';
import test from 'ava';
import {OperationalError, Rejection} from '../../../src/errors/index.js';
import {defaultGatekeeperSettings} from '../../../src/gatekeeper/settings.js';
import {Generator} from '../../../src/sim/explore/generator.js';
import {drawSwarm} from '../../../src/sim/explore/swarm.js';
import {Random} from '../../../src/sim/random.js';
import {StoryRecorder} from '../../../src/sim/report/recorder.js';
import {renderSvg} from '../../../src/sim/report/svg.js';
import type {Action} from '../../../src/sim/scenario/scenario.js';
import {Simulation} from '../../../src/sim/simulation.js';
import {emptyHead, recording, recordingFrom, storedBy, told} from '../../support/stories.js';
import {tempDir} from '../../support/temp-dir.js';
import {checkXml} from '../../support/xml.js';

const worlds = 8;
const steps = 60;

/** Everything but what makes a tower unreachable for a while: then it is not what the chain says. */
const faults = ['kills', 'settings', 'skips', 'policies'] as const;

test('a random story that is thrown about in time, and from file to file, is drawn as it is on disk', async (t) => {
  const first = BigInt(process.env['STORY_SEED'] ?? Math.floor(Math.random() * 1e9));
  t.log(`STORY_SEED=${first}`);
  let [journeys, files] = [0, 0];
  for (let seed = first; seed < first + BigInt(worlds); seed++) {
    const random = new Random(seed);
    const {settings, ...swarm} = drawSwarm(random, faults, false);
    const generator = new Generator({...swarm, settings}, random.stream('steps'));
    let recorder = new StoryRecorder({settings, travels: true});
    let simulation = await Simulation.open({seed: String(seed), startHeight: 110, settings, ...recording(recorder)});
    let highest = simulation.height;
    const names: string[] = [];
    const done: string[] = [];
    const draw = random.stream('journeys');
    const journey = (): Action | undefined => {
      const dice = draw.between(0, 99);
      if (dice < 5) return {type: 'snapshot', name: names[names.push(`s${names.length}`) - 1]!};
      if (dice < 10 && names.length > 0) return {type: 'restore', name: draw.pick(names)};
      if (dice < 15) return {type: 'roll_back', height: Math.max(1, simulation.height - draw.between(0, 30))};
      return undefined;
    };
    try {
      for (let i = 0; i < steps; i++) {
        if (draw.chance(0.03)) {
          const file = join(tempDir(t), 'here.world');
          await simulation.export(file);
          await simulation.close();
          recorder = new StoryRecorder({settings: defaultGatekeeperSettings, travels: true});
          simulation = await Simulation.import(file, recordingFrom(recorder));
          done.push('export');
          files++;
        }
        const {height} = simulation.chain.tip;
        highest = Math.max(highest, height);
        const action = journey() ?? generator.next({height, highest});
        done.push(JSON.stringify(action));
        try {
          await simulation.perform(action);
          if (action.type === 'restore' || action.type === 'roll_back') journeys++;
        } catch (error) {
          // What the generator draws without knowing is impossible now and then: the file of a world has no past.
          const isImpossible = error instanceof Rejection || error instanceof OperationalError;
          if (!isImpossible || error.code === 'TOWER_HALTED') throw error;
        }
        const story = recorder.story({...emptyHead, height: simulation.height}, []);
        t.deepEqual(told(story), await storedBy(simulation.tower), `seed ${seed}: ${done.slice(-5).join(' ')}`);
      }
      const svg = renderSvg(recorder.story({...emptyHead, height: simulation.height}, []));
      t.notThrows(() => checkXml(svg));
      t.notRegex(svg, /NaN|undefined|Infinity/);
    } finally {
      await simulation.close();
    }
  }
  t.log(`${journeys} journeys, ${files} files`);
  t.true(journeys > 5 && files > 0);
});
