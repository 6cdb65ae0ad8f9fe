import type {GatekeeperSettings} from '../../gatekeeper/settings.js';
import type {KeyValueStore} from '../../store/key-value-store.js';
import type {Life} from '../semantics/lives.js';
import {loadCheckpoint} from '../tape/checkpoint.js';
import {Machine} from '../tape/machine.js';
import type {Divergence} from '../tape/event-check.js';
import {replayTape} from '../tape/replay.js';
import type {Tape} from '../tape/tape-reader.js';
import {AnswerBook} from './answer-book.js';
import {OtherTower, type Refusal} from './other-tower.js';
import {type Statistics, Tally} from './tally.js';

/** A user who is known from and to other heights. */
export interface OtherLife {
  /** His first key. */
  readonly key: string;
  readonly onTape: readonly Life[];
  readonly now: readonly Life[];
}

export type WhatIf = Differences &
  (
    | {readonly divergence: null; readonly onTape: Statistics; readonly now: Statistics}
    /** Where the tape itself goes otherwise in this version: what it led to then cannot be told. */
    | {readonly divergence: Divergence; readonly onTape: null; readonly now: null}
  );

interface Differences {
  readonly settings: Partial<GatekeeperSettings>;
  /** What was taken on the tape, and is refused now: how often, and the first thousand. */
  readonly refusalsByCode: Readonly<Record<string, number>>;
  readonly refusals: readonly Refusal[];
  /** How many users have other lives, and the first thousand of them. */
  readonly otherLives: number;
  readonly users: readonly OtherLife[];
}

export interface WhatIfOptions {
  readonly settings: Partial<GatekeeperSettings>;
  /** Opens empty rows; called up to three times. */
  readonly openRows: () => Promise<KeyValueStore>;
  readonly tell?: (done: number, total: number) => void;
}

const namedUsers = 1_000;

/** Lets what came to the tower of a tape come to one with other settings, and tells what is different. */
export async function whatIf(tape: Tape, {settings, openRows, tell}: WhatIfOptions): Promise<WhatIf> {
  const total = 2 * tape.head.events;
  const book = new AnswerBook();
  const {divergence} = await replayTape(tape, {
    rows: await openRows(),
    tell: (done) => tell?.(done, total),
    beforeInput: (input, machine) => book.note(input, machine),
  });
  if (divergence) {
    const none = {refusalsByCode: {}, refusals: [], otherLives: 0, users: []};
    return {settings, divergence, onTape: null, now: null, ...none};
  }

  const rows = await openRows();
  await loadCheckpoint(tape, rows);
  const other = new OtherTower(await Machine.open(rows), settings, book);
  await other.begin();
  let tally: Tally | undefined;
  let event = tape.head.firstEvent;
  await replayTape(tape, {
    rows: await openRows(),
    tell: (done) => tell?.(tape.head.events + done, total),
    async onInput(input, actor, events, machine) {
      tally ??= new Tally(machine);
      await tally.take(events);
      await other.take(input, actor, events, event);
      event += events.length;
    },
  });
  const {statistics: now, lives} = other.tally;
  const users = [...new Set([...(tally?.lives.users ?? []), ...lives.users])]
    .map((key) => ({key, onTape: tally?.lives.of(key) ?? [], now: lives.of(key)}))
    .filter(({onTape, now}) => JSON.stringify(onTape) !== JSON.stringify(now));
  return {
    settings,
    divergence: null,
    onTape: tally?.statistics ?? now,
    now,
    refusalsByCode: Object.fromEntries(other.refusalsByCode),
    refusals: other.refusals,
    otherLives: users.length,
    users: users.slice(0, namedUsers),
  };
}
