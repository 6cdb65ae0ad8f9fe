import {Readable} from 'node:stream';
import {readFileSync} from 'node:fs';
import test from 'ava';
import {renderSvg, StoryRecorder, tapeStory} from '../../../src/sim/report/report.js';
import {Tape} from '../../../src/sim/tape/tape-reader.js';
import {replayTape} from '../../../src/sim/tape/replay.js';
import {defaultGatekeeperSettings} from '../../../src/gatekeeper/settings.js';
import {MemoryStore} from '../../../src/store/index.js';
import {readMeta} from '../../../src/store/meta.js';
import {checkXml} from '../../support/xml.js';
import {stored, told} from '../../support/stories.js';

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
