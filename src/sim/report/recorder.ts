import {assert} from '../../errors/index.js';
import type {GatekeeperSettings} from '../../gatekeeper/settings.js';
import {settingNames} from '../../tower/settings-table.js';
import type {TowerEvent} from '../../tower/events.js';
import {blocksInWords} from '../timeline/heights.js';
import type {RequestTitle} from '../timeline/auth-timeline.js';
import type {StoryNames, TimelineEntry} from '../timeline/timeline.js';
import {createdBy} from '../world/roster.js';
import type {PastEvent} from '../world/world-parts.js';
import type {Beginning} from './beginning.js';
import {type Column, Columns} from './columns.js';
import {LineReader} from './line-reader.js';
import {depthBetween, Past, startHashes} from './past.js';
import {RequestLives} from './request-lives.js';
import type {SettingText, StepKind, Story, StoryHead, StoryLine, StoryStep, UnmetExpectation} from './story.js';
import {kindOf} from './step-kind.js';
import {UserLives} from './user-lives.js';

type Draft = Omit<StoryStep, 'column' | 'lines'> & {
  readonly column: Column;
  readonly lines: readonly StoryLine[];
};

/** Blocks in which nothing happened, told as one step. */
interface Run {
  readonly type: 'connected' | 'disconnected';
  readonly first: number;
  readonly last: number;
  readonly counts: Counts;
}

type Counts = Pick<StoryStep, 'active' | 'grace' | 'pending'>;
/** What to call those who were there before. */
interface BeginningNames {
  nameOf(userId: number): string;
  titleOf(requestId: number): RequestTitle;
}

interface Checks {
  readonly met: number;
  readonly unmet: number;
}

/** Makes a story of what a tower publishes and what is told of it; each event comes before its entry. */
export class StoryRecorder {
  #settings: GatekeeperSettings;
  readonly #past: Past | undefined;
  readonly #columns = new Columns();
  readonly #users: UserLives;
  readonly #requests: RequestLives;
  readonly #lines = new LineReader();
  readonly #steps: Draft[] = [];
  readonly #unmet: Omit<UnmetExpectation, 'line'>[] = [];
  readonly #settingChanges: {step: number; changed: SettingText[]}[] = [];
  #run: Run | undefined;
  /** Told before the next step. */
  #notes: string[] = [];
  #before: StoryLine[] = [];
  /** All that had happened where the story goes now. */
  #elsewhere: readonly PastEvent[] | undefined;
  /** At which step a story begins that goes on in the world of a file. */
  #begins: number | undefined;

  constructor(options: {
    readonly settings: GatekeeperSettings;
    /** The story goes back in time: all of it is kept. */
    readonly travels?: boolean;
  }) {
    this.#settings = options.settings;
    this.#past = options.travels === true ? new Past(options.settings) : undefined;
    this.#users = new UserLives(options.settings.expiryDelta);
    this.#requests = new RequestLives(options.settings.requestTtl);
  }

  /** Begins with a tower that has been there before. */
  begin(beginning: Beginning, names: BeginningNames): void {
    this.#columns.start(beginning.height, beginning.hashes);
    this.#users.begin(beginning, (id) => names.nameOf(id));
    this.#requests.begin(beginning, (id) => names.titleOf(id));
  }

  event(event: TowerEvent, names: Pick<StoryNames, 'nameOf'>): void {
    if (event.type === 'started') this.#started(event);
    if (event.type === 'block_connected' || event.type === 'block_disconnected') this.#endRun(event.type, event.height);
    if (event.type === 'chain_accepted') this.#flush();
    // A run of blocks that goes on is a step that has begun.
    const id = createdBy(event);
    const newUser = id === undefined ? undefined : names.nameOf(id);
    this.#past?.event(event, this.#steps.length + Number(this.#run !== undefined), newUser);
    this.#users.learn(event, (id) => names.nameOf(id));
    this.#requests.learn(event);
    if (event.type === 'chain_accepted') this.#accepted(event);
  }

  /** All that the tower's log holds where the story goes: at its beginning, or when it goes back in time. */
  travel(past: readonly PastEvent[]): void {
    if (this.#steps.length > 0) {
      this.#elsewhere = past;
      return;
    }
    for (const {event, entry, newUser} of past) {
      this.event(event, {nameOf: () => newUser!});
      if (entry) this.entry(entry);
    }
    this.#flush();
    this.#past?.begin();
    this.#begins = this.#steps.length;
  }

  /** A line that no entry stands for. */
  say(kind: StepKind, height: number, line: StoryLine): void {
    this.#told(kind, height, [line]);
  }

  entry(entry: TimelineEntry): void {
    if (entry.type === 'restored' || entry.type === 'rolled_back') return this.#travelled(entry);
    if (entry.type === 'started' && this.#steps.length === this.#begins) return this.#goOn(entry.height);
    this.#past?.entry(entry);
    this.#requests.told(entry);
    const {height} = entry;
    const lines = this.#lines.linesOf(entry);
    if (entry.type === 'note') {
      this.#flush();
      this.#notes.push(entry.text);
    } else if (entry.type === 'reorg' || entry.type === 'stepped_back') {
      this.#flush();
      this.#before.push(...lines);
    } else if (entry.type === 'connected' || entry.type === 'disconnected') {
      this.#block(entry, lines);
    } else if (entry.type === 'expected') {
      this.#checked(entry, lines);
    } else if (entry.type === 'refused') {
      this.#told('check', height, lines, {met: Number(entry.isExpected), unmet: 0});
    } else {
      this.#told(kindOf(entry), height, lines);
      if (entry.type === 'snapshot_taken') this.#past?.snapshot(entry.name, this.#steps.length);
      if (entry.type !== 'settings_changed') return;
      this.#settingChanges.push({step: this.#steps.length - 1, changed: settingTexts(entry.changed)});
    }
  }

  /**
   * What was told so far.
   * @param unmetLines lines of the file whose expectations were not met, in order
   */
  story(head: StoryHead, unmetLines: readonly number[]): Story {
    this.#flush();
    if (this.#notes.length + this.#before.length > 0) this.#told('tower', head.height, []);
    const {columns, indexOf} = this.#columns.finish();
    return {
      ...head,
      settings: settingTexts(this.#settings),
      settingChanges: this.#settingChanges,
      columns,
      steps: this.#steps.map(({column, ...step}, i) => ({
        ...step,
        column: indexOf(column),
        ...(this.#past?.isLeft(i) ? {isLeft: true as const} : {}),
      })),
      users: [...this.#users.all].map(({id, name, changes}) => ({id, name, changes})),
      requests: [...this.#requests.all].map(({id, name, changes}) => ({id, name, changes})),
      unmet: this.#unmet.map((it, i) => ({...it, line: unmetLines[i]})),
      ...(this.#begins === undefined ? {} : {begins: this.#begins}),
    };
  }

  get #counts(): Counts {
    return {active: this.#users.active, grace: this.#users.grace, pending: this.#requests.waiting};
  }

  #started(event: Extract<TowerEvent, {type: 'started'}>): void {
    this.#columns.start(event.height, startHashes(event));
    // Of the world of a file, it is known only now what it began with.
    this.#settings = event.beginning?.settings ?? this.#settings;
  }

  /** Begins where the world of a file was left. */
  #goOn(height: number): void {
    const text = 'here this story begins; what comes before it is what the log of its world tells';
    this.#columns.leaveSpace();
    this.#told('tower', height, [{mark: '●', tone: 'strong', text}]);
  }

  /** Goes to another time. */
  #travelled(entry: Extract<TimelineEntry, {type: 'restored' | 'rolled_back'}>): void {
    assert(this.#past, 'a story that goes back in time is kept');
    this.#flush();
    const {height} = entry;
    const before = this.#past.now;
    const log = this.#elsewhere;
    this.#elsewhere = undefined;
    if (entry.type === 'restored') this.#past.restore(entry.name, {steps: this.#steps.length, log});
    else this.#past.rollBack(entry.events, this.#steps.length);
    const {users, requests, settings, chain} = this.#past.now;
    const depth = depthBetween(before.chain, chain);
    if (depth > 0 || chain.length > before.chain.length) this.#columns.accept(height, chain[height]!, depth, chain);
    this.#users.become(users);
    this.#requests.become(requests);
    this.#told('chain', height, this.#lines.linesOf(entry));
    this.#settingChanges.push({step: this.#steps.length - 1, changed: settingTexts(settings)});
  }

  #accepted({height, hash, depth}: Extract<TowerEvent, {type: 'chain_accepted'}>): void {
    this.#columns.accept(height, hash, depth);
    const lost =
      depth === null ? 'none of our last blocks is known to be on it' : `${blocksInWords(depth)} of ours are not on it`;
    const text = `the operator accepts the chain of the source as it is: ${lost}, and everybody stays`;
    this.#told('chain', height, [{mark: '⇄', tone: 'strong', text}]);
  }

  #block(entry: Extract<TimelineEntry, {type: 'connected' | 'disconnected'}>, lines: readonly StoryLine[]): void {
    const {type, height, hash} = entry;
    const isQuiet = lines.length === 0 && this.#users.touched.length + this.#requests.touched.length === 0;
    if (!isQuiet) this.#flush();
    if (type === 'connected') this.#columns.connect(height, hash, this.#run !== undefined);
    else this.#columns.disconnect(height, hash);
    if (!isQuiet) this.#told('chain', type === 'connected' ? height : height - 1, lines);
    else this.#run = {type, first: this.#run?.first ?? height, last: height, counts: this.#counts};
  }

  /** Expectations that stand together are one step. */
  #checked(entry: Extract<TimelineEntry, {type: 'expected'}>, lines: readonly StoryLine[]): void {
    this.#flush();
    const last = this.#steps.at(-1);
    const counts = {met: Number(entry.met), unmet: Number(!entry.met)};
    if (last?.kind === 'check' && this.#notes.length === 0 && this.#before.length === 0) {
      const sum = {met: last.met! + counts.met, unmet: last.unmet! + counts.unmet};
      this.#steps[this.#steps.length - 1] = {...last, lines: [...last.lines, ...lines], ...sum};
    } else {
      this.#told('check', entry.height, lines, counts);
    }
    const {claim, actual, met} = entry;
    if (!met) this.#unmet.push({step: this.#steps.length - 1, claim, actual});
  }

  #endRun(type: 'block_connected' | 'block_disconnected', height: number): void {
    const run = this.#run;
    if (!run) return;
    const continues = type === `block_${run.type}` && Math.abs(run.last - height) === 1;
    if (!continues) this.#flush();
  }

  /** Ends the run of quiet blocks, if there is one. */
  #flush(): void {
    const run = this.#run;
    if (!run) return;
    this.#run = undefined;
    const count = Math.abs(run.last - run.first) + 1;
    const connects = run.type === 'connected';
    const text = `${blocksInWords(count)}${count === 1 ? '' : `, ${run.first} to ${run.last}`}: ${connects ? 'nothing falls due' : 'disconnected'}`;
    const height = connects ? run.last : run.last - 1;
    const line: StoryLine = {mark: connects ? '·' : '↩', tone: 'quiet', text};
    this.#add('chain', height, [line], {rows: [], counts: run.counts});
  }

  #told(kind: StepKind, height: number, lines: readonly StoryLine[], checks?: Checks): void {
    this.#flush();
    const rows = [
      ...this.#users.touched,
      ...this.#requests.touched,
      ...(kind === 'check' || kind === 'tower' ? ['check'] : []),
    ];
    this.#add(kind, height, lines, {rows, counts: this.#counts, checks});
  }

  #add(
    kind: StepKind,
    height: number,
    lines: readonly StoryLine[],
    {
      rows,
      counts,
      checks,
    }: {readonly rows: readonly string[]; readonly counts: Counts; readonly checks?: Checks | undefined},
  ): void {
    const isChain = kind === 'chain' || this.#steps.length === 0;
    const {column, slot} = this.#columns.place(isChain ? ['chain', ...rows] : rows, isChain ? 0 : 1);
    if (rows.length > 0) {
      this.#users.assign(this.#steps.length);
      this.#requests.assign(this.#steps.length);
    }
    this.#steps.push({
      kind,
      column,
      slot,
      height,
      lines: [...this.#before, ...lines],
      ...(this.#notes.length > 0 ? {note: this.#notes.join('\n')} : {}),
      ...counts,
      ...checks,
    });
    this.#notes = [];
    this.#before = [];
  }
}

const settingTexts = (settings: Partial<GatekeeperSettings>): SettingText[] =>
  Object.entries(settings).map(([key, value]) => [settingNames(key as keyof GatekeeperSettings).name, String(value)]);
