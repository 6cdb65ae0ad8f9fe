import {OperationalError} from '../../errors/index.js';
import type {TowerEvent} from '../../tower/events.js';
import {blocksInWords, countInWords} from '../timeline/heights.js';
import type {KnownRequest} from '../world/roster.js';
import type {Replayed} from '../tape/replay.js';
import type {Tape} from '../tape/tape-reader.js';
import {type StoryNames, Timeline} from '../timeline/timeline.js';
import {StoryRecorder} from './recorder.js';
import type {Story, StoryHead} from './story.js';

/**
 * The story that a tape tells, as far as a replay of it went as it says.
 * @throws OperationalError TOWER_USAGE for a tape that begins in the middle: of whoever was there before it says too little
 */
export async function tapeStory(
  tape: Tape,
  {file, replayed}: {readonly file: string; readonly replayed: Replayed},
): Promise<Story> {
  const {begins, settings, network} = tape.head;
  if (begins === 'checkpoint') {
    throw new OperationalError(
      'TOWER_USAGE',
      `${file} begins with a checkpoint; only a tape of a whole log can be drawn`,
    );
  }
  const names = new KeyNames();
  const recorder = new StoryRecorder({settings});
  const timeline = new Timeline({names, settings});
  const {divergence} = replayed;
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

  learn(event: TowerEvent): void {
    if (event.type !== 'request_received') return;
    const {requestId: id, kind, key} = event;
    this.#requests.set(id, {id, kind, device: short(key), as: short(key)});
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
}
