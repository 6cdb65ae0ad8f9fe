import {Buffer} from 'node:buffer';
import {simulate} from '../../src/sim/player.js';
import {StoryRecorder} from '../../src/sim/report/recorder.js';
import {scenarioHead} from '../../src/sim/report/story-head.js';
import type {Story, StoryColumn, StoryHead} from '../../src/sim/report/story.js';
import type {Scenario} from '../../src/sim/scenario/scenario.js';
import type {ImportOptions} from '../../src/sim/simulation.js';
import type {Tower} from '../../src/tower/tower.js';
import {parseScenario} from '../../src/sim/scenario/scenario-file.js';
import {layout, MemoryStore} from '../../src/store/index.js';
import type {KeyValueReader} from '../../src/store/key-value-store.js';
import {decodeUser} from '../../src/store/rows.js';

/** Plays a scenario in memory. */
export async function storyOf(scenario: Scenario): Promise<Story> {
  const recorder = new StoryRecorder({settings: scenario.tower});
  const rows = new MemoryStore();
  const {verdict, unmetLines} = await simulate(scenario, {
    openRows: async () => rows,
    onEvent: (event, names) => recorder.event(event, names),
    onEntry: (entry) => recorder.entry(entry),
  });
  return recorder.story(scenarioHead({verdict, about: scenario.about}), unmetLines);
}

const head = `name: A story
tower: {subscription_slots: 5, subscription_duration: 10, expiry_delta: 3}
chain: {start_height: 100}
steps:
`;

/** The story of steps; the first is on line 5. */
export const aStory = (...steps: string[]): Promise<Story> =>
  storyOf(parseScenario(Buffer.from(head + steps.map((step) => `  - ${step}\n`).join('')), 'story.yaml'));

/** What is on disk, as a story tells it. */
export async function stored(
  store: KeyValueReader,
  {
    tip,
    ...rest
  }: {
    readonly tip: {readonly height: number; readonly hash: string};
    readonly pending: number;
    readonly graceBlocks: number;
  },
): Promise<object> {
  const rows = await store.range({...layout.tableRange('user'), limit: 10_000});
  const {height} = tip;
  const users = rows.map(([key, row]) => {
    const {availableSlots: available, start, expiry, appointments, devices} = decodeUser(row);
    const state = height < expiry ? 'active' : 'grace';
    return {id: layout.userIdOf(key), state, available, start, expiry, appointments, devices: devices.length};
  });
  return {height, users, tip: tip.hash, ...rest};
}

/** The same, out of a story. */
export function told(story: Story): object {
  const {height, pending, active, grace} = story.steps.at(-1)!;
  const users = story.users.flatMap(({id, changes}) => {
    const {state, available, start, expiry, appointments, devices} = changes.at(-1)!;
    return state === 'deleted' ? [] : [{id, state, available, start, expiry, appointments, devices}];
  });
  users.sort((a, b) => a.id - b.id);
  const settings = [...story.settings, ...story.settingChanges.flatMap(({changed}) => changed)];
  const graceBlocks = Number(settings.findLast(([name]) => name === 'expiry_delta')![1]);
  const counted = {active: users.filter((user) => user.state === 'active').length, all: users.length};
  if (active !== counted.active || active + grace !== counted.all) return {active, grace, counted};
  const best = bestChain(story.columns);
  return {height, users, pending, graceBlocks, tip: best.at(-1)!.hashes[height]};
}

/** The columns of the best chain; each must begin where its parent ends. */
function bestChain(columns: readonly StoryColumn[]): StoryColumn[] {
  const best = columns.filter(({type, lane}) => type === 'blocks' && lane === 0);
  for (const [i, {from, parent}] of best.entries()) {
    const below = parent === undefined ? undefined : columns[parent];
    if (below !== best[i - 1] || from !== (below ? below.to + 1 : 0)) throw new Error(`column ${i} hangs in the air`);
  }
  return best;
}

/** What is on the disk of a tower. */
export const storedBy = async ({tip, auth, gatekeeper}: Tower): Promise<object> => {
  const graceBlocks = gatekeeper.settings.expiryDelta;
  return stored(gatekeeper.userDb.rows, {tip: tip!, pending: auth.pendingRequests, graceBlocks});
};

/** The hooks with which a recorder follows a simulation. */
export const recording = (recorder: StoryRecorder) =>
  ({
    onEvent: (event, names) => recorder.event(event, names),
    onEntry: (entry) => recorder.entry(entry),
  }) satisfies ImportOptions;

/** Those for one that begins in the world of a file. */
export const recordingFrom = (recorder: StoryRecorder) =>
  ({...recording(recorder), onTravel: (past) => recorder.travel(past)}) satisfies ImportOptions;

export const emptyHead: StoryHead = {
  title: '',
  about: undefined,
  outcome: {tone: 'plain', text: ''},
  height: 0,
  facts: [],
  marks: [],
};
