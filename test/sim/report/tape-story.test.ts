import {Readable} from 'node:stream';
import {readFileSync} from 'node:fs';
import test from 'ava';
import {renderSvg, StoryRecorder, tapeStory} from '../../../src/sim/report/report.js';
import {Tape} from '../../../src/sim/tape/tape-reader.js';
import {replayTape} from '../../../src/sim/tape/replay.js';
import {defaultGatekeeperSettings} from '../../../src/gatekeeper/settings.js';
import {Rejection} from '../../../src/errors/index.js';
import {Generator} from '../../../src/sim/explore/generator.js';
import {drawSwarm} from '../../../src/sim/explore/swarm.js';
import {Random} from '../../../src/sim/random.js';
import type {StoryStep} from '../../../src/sim/report/story.js';
import {Simulation} from '../../../src/sim/simulation.js';
import {copyRows} from '../../../src/store/copy.js';
import {MemoryStore} from '../../../src/store/index.js';
import {tapeFrom, tapeOf} from '../../support/tapes.js';
import {readMeta} from '../../../src/store/meta.js';
import {checkXml} from '../../support/xml.js';
import {stored, storedBy, told} from '../../support/stories.js';

const theTape = () => Tape.open(() => Readable.from([readFileSync('fixtures/tapes/regtest-reorgs.tape')]));

test('the story of a tape ends as its replay does', async (t) => {
  const tape = await theTape();
  const rows = new MemoryStore();
  const replayed = await replayTape(tape, {rows});
  const story = await tapeStory(tape, {file: 'regtest-reorgs.tape', replayed});
  const {settings, counters} = (await readMeta(rows))!;
  const {tip} = replayed;
  const pending = counters.pendingRequests;
  t.deepEqual(told(story), await stored(rows, {tip, pending, graceBlocks: settings.expiryDelta}));
  t.like(story.outcome, {tone: 'good', text: '86 events, each as on the tape'});
  t.is(story.columns.filter(({type}) => type === 'undo').length, 3);
  t.notThrows(() => checkXml(renderSvg(story)));
});

test('what goes otherwise than on the tape is where the story ends, as loud as an unmet expectation', async (t) => {
  const tape = await theTape();
  const divergence = {event: 40, height: 36, what: 'it is refused now', onTape: null, now: null};
  const tip = {height: 36, hash: '00'.repeat(32)};
  const story = await tapeStory(tape, {file: 'a.tape', replayed: {events: 40, digest: null, tip, divergence}});
  t.is(story.outcome.tone, 'bad');
  t.like(story.unmet, [
    {claim: 'event 40 goes as the tape says', actual: 'it is refused now', step: story.steps.length - 1},
  ]);
});

test('a tape that begins with a checkpoint is drawn from how things stood there, as the tape of the whole log goes on', async (t) => {
  const first = BigInt(process.env['STORY_SEED'] ?? Math.floor(Math.random() * 1e9));
  t.log(`STORY_SEED=${first}`);
  let [restored, reopened] = [0, 0];
  for (let seed = first; seed < first + 6n; seed++) {
    const random = new Random(seed);
    const {settings, ...swarm} = drawSwarm(random, ['kills', 'settings', 'policies'], false);
    const generator = new Generator({...swarm, settings}, random.stream('steps'));
    const rows = new MemoryStore();
    const open = {openRows: async () => rows, seed: String(seed), startHeight: 110, settings};
    const simulation = await Simulation.open(open);
    t.teardown(() => simulation.close());
    let highest = simulation.height;
    const live = async (steps: number) => {
      for (let i = 0; i < steps; i++) {
        const {height} = simulation.chain.tip;
        highest = Math.max(highest, height);
        await simulation.perform(generator.next({height, highest})).catch((error: unknown) => {
          if (!(error instanceof Rejection)) throw error;
        });
      }
    };
    await live(random.between(5, 60));
    const checkpoint = new MemoryStore();
    await copyRows(rows, checkpoint);
    await live(40);

    const drawn = async (text: string) => {
      const tape = await tapeFrom(text);
      return tapeStory(tape, {file: 'a.tape', replayed: await replayTape(tape, {rows: new MemoryStore()})});
    };
    const whole = await drawn((await tapeOf(rows)).text);
    const part = await drawn((await tapeOf(rows, checkpoint)).text);
    const now = await storedBy(simulation.tower);
    t.deepEqual(told(whole), now, `seed ${seed}`);
    t.deepEqual(told(part), now, `seed ${seed}`);
    const lines = part.steps.slice(1).flatMap(linesOf);
    t.deepEqual(whole.steps.flatMap(linesOf).slice(-lines.length || Infinity), lines, `seed ${seed}`);
    t.notThrows(() => checkXml(renderSvg(part)));
    restored += lines.filter((line) => line.includes('is back') || line.includes('are back')).length;
    reopened += lines.filter((line) => line.includes('pending again')).length;
  }
  t.log(`${restored} restored, ${reopened} reopened`);
});

/** What no fold of quiet blocks, and no question before the story, has a part in. */
const linesOf = ({lines}: StoryStep): string[] =>
  lines
    .filter(({mark, text}) => mark !== '·' && !text.includes('disconnected') && !text.includes('does not know about'))
    .map(({text}) => text);

test('a chain that the operator accepts leaves ours at the fork point, and everybody stays', (t) => {
  const names = {ownerOf: () => 'alice', nameOf: () => 'alice', request: () => undefined, appointmentOf: () => 'c'};
  const at = (height: number) => ({height, hash: String(height).padStart(64, '0')});
  const recorder = new StoryRecorder({settings: defaultGatekeeperSettings});
  const block = (height: number) => {
    const event = {...at(height), header: '', deletedUsers: 0, userIds: []};
    recorder.event({type: 'block_connected', ...event}, names);
    const nobody = {count: 0, first: []};
    recorder.entry({
      type: 'connected',
      ...at(height),
      deleted: nobody,
      expired: nobody,
      graceBlocks: 2,
      expiredRequests: nobody,
    });
  };
  recorder.event({type: 'started', ...at(100)}, names);
  recorder.say('tower', 100, {mark: '●', tone: 'plain', text: 'the tower starts'});
  const subscription = {availableSlots: 5, subscriptionStart: 100, subscriptionExpiry: 300};
  recorder.event({type: 'user_registered', height: 100, key: '02', userId: 1, ...subscription}, names);
  recorder.entry({type: 'registered', height: 100, user: 'alice', device: 'alice', slots: 5, expiry: 300});
  for (let height = 101; height <= 210; height++) block(height);
  recorder.event({type: 'chain_accepted', ...at(305), depth: 105}, names);
  block(306);
  recorder.event({type: 'chain_accepted', ...at(400), depth: null}, names);
  const head = {
    title: '',
    about: undefined,
    outcome: {tone: 'plain', text: ''},
    height: 400,
    facts: [],
    marks: [],
  } as const;
  const story = recorder.story(head, []);
  t.deepEqual(
    story.columns.map(({type, from, to, lane, parent}) => [type, from, to, lane, parent]),
    [
      ['blocks', 0, 100, 1, undefined],
      ['blocks', 101, 105, 1, 0],
      ['blocks', 106, 210, 2, 1],
      ['undo', 106, 210, 2, undefined],
      ['blocks', 106, 305, 1, 1],
      ['blocks', 306, 306, 1, 4],
      ['undo', 0, 306, 1, undefined],
      ['blocks', 0, 400, 0, undefined],
    ],
  );
  t.deepEqual(
    story.users[0]!.changes.map(({mark, state}) => [mark, state]),
    [
      ['registered', 'active'],
      ['expired', 'grace'],
    ],
  );
});
