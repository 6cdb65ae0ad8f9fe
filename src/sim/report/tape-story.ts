import type {TowerEvent} from '../../tower/events.js';
import {blocksInWords, countInWords, plural} from '../timeline/heights.js';
import type {KnownRequest} from '../world/roster.js';
import type {Replayed} from '../tape/replay.js';
import type {Tape} from '../tape/tape-reader.js';
import {type StoryNames, Timeline} from '../timeline/timeline.js';
import {type Beginning, beginningOf} from './beginning.js';
import {StoryRecorder} from './recorder.js';
import type {Story, StoryHead} from './story.js';

/** The story that a tape tells, as far as a replay of it went as it says. */
export async function tapeStory(
  tape: Tape,
  {file, replayed}: {readonly file: string; readonly replayed: Replayed},
): Promise<Story> {
  const {begins, settings, network} = tape.head;
  const names = new KeyNames();
  const recorder = new StoryRecorder({settings});
  const timeline = new Timeline({names, settings});
  const {divergence} = replayed;
  if (begins === 'checkpoint') {
    const beginning = await beginningOf(tape);
    const {height, users, requests} = beginning;
    names.begin(requests);
    timeline.begin(pastOf(beginning));
    recorder.begin(beginning, {nameOf: (id) => names.nameOf(id), titleOf: (id) => timeline.titleOf(id)});
    const pending = requests.filter(({row}) => row.state === 'pending').length;
    const there = [plural(users.length, 'user'), ...(pending > 0 ? [plural(pending, 'pending request')] : [])];
    const text = `the tape begins on a chain of ${blocksInWords(height)} of ${network}, with ${there.join(' and ')}`;
    recorder.say('tower', height, {mark: '●', tone: 'plain', text});
  }
  for await (const line of tape.lines()) {
    if (line.type !== 'event') continue;
    if (divergence && line.number >= divergence.event) break;
    const {entry: event} = line;
    names.learn(event);
    recorder.event(event, names);
    if (event.type === 'started') {
      const text = `the tower starts on a chain of ${blocksInWords(event.height)} of ${network}`;
      recorder.say('tower', event.height, {mark: '●', tone: 'plain', text});
    }
    const entry = timeline.entryOf(event);
    if (entry) recorder.entry(entry);
  }
  if (divergence) {
    const {event, height, what} = divergence;
    recorder.entry({type: 'expected', height, met: false, claim: `event ${event} goes as the tape says`, actual: what});
  }
  return recorder.story(tapeHead(tape, {file, replayed}), []);
}

/** Whoever is there now comes last: an id may have been given away since a user was deleted. */
const pastOf = ({users, deletedAt, requests}: Beginning): Parameters<Timeline['begin']>[0] => ({
  subscriptions: [
    ...[...deletedAt.values()].flat().map(({id, row: {expiry}}) => ({id, expiry, isDeleted: true})),
    ...users.map(({id, row: {expiry}}) => ({id, expiry, isDeleted: false})),
  ],
  // One that has expired may come back by a reorg.
  requestsInCheck: requests.flatMap(({id, row: {state, stage}}) =>
    (state === 'pending' || state === 'expired') && stage === 'check' ? id : [],
  ),
});

function tapeHead({head}: Tape, {file, replayed}: {readonly file: string; readonly replayed: Replayed}): StoryHead {
  const {divergence, events, tip, digest} = replayed;
  return {
    title: file,
    about: undefined,
    outcome: divergence
      ? {tone: 'bad', text: `event ${divergence.event} goes otherwise than on the tape`}
      : {tone: 'good', text: `${countInWords(events)} events, each as on the tape`},
    height: tip.height,
    facts: [
      ['tip', countInWords(tip.height)],
      ['network', head.network],
      ...(head.begins === 'checkpoint' ? [['begins at', countInWords(head.start.height)] as const] : []),
      ['events', countInWords(head.events)],
      ['made by Bartizan', head.bartizan],
    ],
    marks: digest === null ? [] : [['digest', digest]],
  };
}

const short = (hex: string) => `${hex.slice(0, 8)}…`;

/** Keys and numbers are all that a log has for names. */
class KeyNames implements StoryNames {
  readonly #requests = new Map<number, KnownRequest>();

  begin(requests: Beginning['requests']): void {
    for (const {id, row} of requests) this.#know(id, row);
  }

  learn(event: TowerEvent): void {
    if (event.type === 'request_received') this.#know(event.requestId, event);
  }

  ownerOf(key: string): string {
    return short(key);
  }

  nameOf(userId: number): string {
    return `user ${userId}`;
  }

  request(id: number): KnownRequest | undefined {
    return this.#requests.get(id);
  }

  appointmentOf(locator: string): string {
    return short(locator);
  }

  #know(id: number, {kind, key}: Pick<KnownRequest, 'kind'> & {readonly key: string}): void {
    this.#requests.set(id, {id, kind, device: short(key), as: short(key)});
  }
}
