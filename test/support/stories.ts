import {Buffer} from 'node:buffer';
import {simulate} from '../../src/sim/player.js';
import {StoryRecorder} from '../../src/sim/report/recorder.js';
import type {Story} from '../../src/sim/report/story.js';
import type {Scenario} from '../../src/sim/scenario.js';
import {parseScenario} from '../../src/sim/scenario-file.js';
import {MemoryStore} from '../../src/store/index.js';

/** Plays a scenario in memory. */
export async function storyOf(scenario: Scenario): Promise<Story> {
  const recorder = new StoryRecorder({about: scenario.about, settings: scenario.tower});
  const rows = new MemoryStore();
  const {verdict, unmetLines} = await simulate(scenario, {
    openRows: async () => rows,
    onEvent: (event, names) => recorder.event(event, names),
    onEntry: (entry) => recorder.entry(entry),
  });
  return recorder.story(verdict, unmetLines);
}

const head = `name: A story
tower: {subscription_slots: 5, subscription_duration: 10, expiry_delta: 3}
chain: {start_height: 100}
steps:
`;

/** The story of steps; the first is on line 5. */
export const aStory = (...steps: string[]): Promise<Story> =>
  storyOf(parseScenario(Buffer.from(head + steps.map((step) => `  - ${step}\n`).join('')), 'story.yaml'));
