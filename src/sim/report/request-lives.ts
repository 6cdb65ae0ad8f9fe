import {assert} from '../../errors/index.js';
import type {TowerEvent} from '../../tower/events.js';
import {blocksInWords} from '../timeline/heights.js';
import type {RequestTitle} from '../timeline/auth-timeline.js';
import {titleText} from '../timeline/request-text.js';
import type {TimelineEntry} from '../timeline/timeline.js';
import type {RequestRow} from '../../store/request-row.js';
import type {Beginning} from './beginning.js';
import type {RequestChange, RequestPhase} from './story.js';

interface Life {
  readonly id: number;
  name: string;
  receivedHeight: number;
  readonly changes: RequestChange[];
  isPending: boolean;
}

interface Pending extends Omit<RequestChange, 'step'> {
  readonly life: Life;
}

type Of<T extends TowerEvent['type']> = Extract<TowerEvent, {type: T}>;

const closing: readonly RequestPhase[] = ['approved', 'denied', 'failed', 'superseded', 'expired', 'gone'];

/** Follows every authorization request from the moment it was received until it is closed. */
export class RequestLives {
  readonly #lives = new Map<number, Life>();
  #expiredAt = new Map<number, Life[]>();
  #pending: Pending[] = [];
  #waiting = 0;
  #ttlBlocks: number;

  constructor(ttlBlocks: number) {
    this.#ttlBlocks = ttlBlocks;
  }

  get waiting(): number {
    return this.#waiting;
  }

  get all(): Iterable<Pick<Life, 'id' | 'name' | 'changes'>> {
    return [...this.#lives.values()].filter(({changes}) => changes.length > 0);
  }

  /** Every request as it was when the story begins. One that was closed is not shown unless a reorg reopens it. */
  begin({requests, expiredAt}: Beginning, titleOf: (id: number) => RequestTitle): void {
    for (const {id, row} of requests) {
      const {receivedHeight, state} = row;
      const life: Life = {id, name: titleText(titleOf(id)), receivedHeight, changes: [], isPending: false};
      this.#lives.set(id, life);
      if (state === 'pending') this.#change(life, phaseOf(row), {text: beforeText(row), isBefore: true});
    }
    for (const [height, ids] of expiredAt) {
      this.#expiredAt.set(
        height,
        ids.map((id) => this.#known(id)),
      );
    }
  }

  /** What blocks do to requests; the rest is in the entries. */
  learn(event: TowerEvent): void {
    if (event.type === 'started') this.#ttlBlocks = event.beginning?.settings.requestTtl ?? this.#ttlBlocks;
    else if (event.type === 'settings_changed') this.#ttlBlocks = event.settings.requestTtl;
    else if (event.type === 'block_connected' && event.expiredRequests) this.#expired(event);
    else if (event.type === 'block_disconnected' && event.restoredRequests) this.#reopened(event);
  }

  told(entry: TimelineEntry): void {
    if (entry.type === 'request_received') return this.#received(entry);
    const course = courseOf(entry);
    if (course) this.#change(this.#known(course.id), course.phase, {text: course.text});
  }

  /** Makes every request what it was in an earlier moment of the same tower. */
  become(past: RequestLives): void {
    for (const {id, name, receivedHeight} of past.#lives.values()) {
      const known = this.#lives.get(id);
      if (known) Object.assign(known, {name, receivedHeight});
      else this.#lives.set(id, {id, name, receivedHeight, changes: [], isPending: false});
    }
    for (const life of this.#lives.values()) {
      const then = past.#lives.get(life.id)?.changes.at(-1) ?? {
        phase: 'gone' as const,
        text: 'not sent yet, back then',
      };
      const last = life.changes.at(-1);
      if (last?.phase === then.phase && last.text === then.text) continue;
      this.#change(life, then.phase, {text: then.text});
    }
    this.#waiting = past.#waiting;
    this.#expiredAt = new Map(
      [...past.#expiredAt].map(([height, lives]) => [height, lives.map(({id}) => this.#lives.get(id)!)]),
    );
    this.#ttlBlocks = past.#ttlBlocks;
  }

  get touched(): string[] {
    return this.#pending.map(({life}) => `request ${life.id}`);
  }

  assign(step: number): void {
    for (const {life, ...change} of this.#pending) life.changes.push({step, ...change});
    this.#pending = [];
  }

  #received({request, height, proven, supersedes}: Extract<TimelineEntry, {type: 'request_received'}>): void {
    const {id} = request;
    const life = {
      id,
      name: titleText(request),
      receivedHeight: height,
      changes: this.#lives.get(id)?.changes ?? [],
      isPending: false,
    };
    this.#lives.set(id, life);
    const old = supersedes === undefined ? undefined : this.#lives.get(supersedes);
    if (old?.isPending) this.#change(old, 'superseded', {text: `superseded by request ${id}`});
    this.#change(life, 'received', {text: proven ? '' : unprovenText});
  }

  #expired({height, expiredRequests}: Of<'block_connected'>): void {
    const {count, ids} = expiredRequests!;
    const expired =
      count === ids.length
        ? ids.map((id) => this.#known(id))
        : [...this.#lives.values()].filter((it) => it.isPending && height >= it.receivedHeight + this.#ttlBlocks);
    assert(expired.length === count, `${count} requests expired, ${expired.length} are known`);
    for (const life of expired) this.#change(life, 'expired', {text: `expired at ${height}`});
    this.#expiredAt.set(height, expired);
  }

  #reopened({height, restoredRequests}: Of<'block_disconnected'>): void {
    const {count, ids} = restoredRequests!;
    const expired = this.#expiredAt.get(height) ?? [];
    this.#expiredAt.delete(height);
    const named = new Set(ids);
    const back = count === ids.length ? expired.filter(({id}) => named.has(id)) : expired.filter((it) => isExpired(it));
    for (const life of back) this.#change(life, 'reopened', {text: 'pending again'});
  }

  #change(life: Life, phase: RequestPhase, told: Pick<RequestChange, 'text' | 'isBefore'>): void {
    const isPending = !closing.includes(phase);
    this.#waiting += Number(isPending) - Number(life.isPending);
    life.isPending = isPending;
    this.#pending.push({life, phase, ...told});
  }

  #known(id: number): Life {
    const life = this.#lives.get(id);
    assert(life, `request ${id} was never received`);
    return life;
  }
}

const unprovenText = 'unproven: nobody has signed it';

const phaseOf = ({answer, stage}: RequestRow): RequestPhase =>
  answer ? 'answered' : stage === 'check' ? 'asked' : 'received';

function beforeText({receivedHeight, proven, answer, stage}: RequestRow): string {
  const since = answer ? `, answered at ${answer.height}` : stage === 'check' ? ', to be decided later' : '';
  return `received at ${receivedHeight}${since}${proven ? '' : `; ${unprovenText}`}`;
}

/** One without changes has expired before the story began. */
const isExpired = ({changes, isPending}: Life) => !isPending && (changes.at(-1)?.phase ?? 'expired') === 'expired';

/** What an entry says of a request that has been received; undefined for what is about something else. */
function courseOf(entry: TimelineEntry): {id: number; phase: RequestPhase; text: string} | undefined {
  const {type} = entry;
  if (type === 'request_waits') {
    return {id: entry.request.id, phase: 'asked', text: `asked by ${entry.asked}, to be decided later`};
  }
  if (type === 'attempt_failed') {
    return {id: entry.request.id, phase: 'attempt', text: `attempt ${entry.attempts} failed: ${entry.reason}`};
  }
  if (type === 'policy_hangs') {
    return {id: entry.request.id, phase: 'hung', text: `the policy hangs for ${blocksInWords(entry.blocks)}`};
  }
  if (type === 'answer_recorded') {
    return {id: entry.request.id, phase: 'answered', text: `answered: ${entry.answer}`};
  }
  if (type === 'request_approved') {
    const what = [entry.standing?.user, entry.standing?.role].filter(Boolean).join(', ');
    return {id: entry.request.id, phase: 'approved', text: `approved by ${entry.by}${what && `: ${what}`}`};
  }
  if (type === 'request_closed') {
    const {state, by, reason} = entry;
    const said =
      state === 'denied' ? `denied by ${by}: ${reason}` : reason.startsWith(state) ? reason : `${state}: ${reason}`;
    return {id: entry.request.id, phase: state, text: said};
  }
  return undefined;
}
