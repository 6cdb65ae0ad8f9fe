import assert from 'node:assert/strict';
import type {Reply} from '../../../../src/gatekeeper/auth/policy.js';
import type {GatekeeperSettings} from '../../../../src/gatekeeper/settings.js';
import type {RequestKind, RequestStage} from '../../../../src/store/layout.js';
import type {RequestState, Verdict} from '../../../../src/store/request-row.js';
import type {Role} from '../../../../src/store/rows.js';
import {meaningOf} from './meaning.js';
import {type Deleted, type Joined, type ModelDevice, People} from './people.js';

/*
 * The rules of authorization requests, told once more in the plainest way: everything is gone through, because there is
 * little of it. What an input does is told as the entries that it leaves in the log.
 */

export const kinds: readonly RequestKind[] = ['user_signup', 'user_login', 'new_node'];

export interface ModelClosing {
  readonly height: number;
  readonly hash: string;
  readonly actor: string;
  readonly userId: number | null;
  readonly role: Role;
}

export interface ModelRequest {
  readonly id: number;
  readonly kind: RequestKind;
  readonly key: number;
  /** What was sent. */
  readonly payload: string;
  readonly received: number;
  readonly receivedHash: string;
  readonly proven: boolean;
  readonly proof: number;
  readonly revision: number;
  readonly supersedes: number | null;
  /** Of one that is unproven: the newest signed one of its key and kind when it came. */
  readonly signedBefore: number | null;
  state: RequestState;
  stage: RequestStage;
  attempts: number;
  ready: number;
  answer: {readonly verdict: Verdict; readonly height: number; readonly hash: string} | null;
  closing: ModelClosing | null;
}

export interface ModelSubmission {
  readonly kind: RequestKind;
  readonly key: number;
  readonly payload: string;
  readonly proof: number;
  readonly proofHash: string;
  readonly forged: boolean;
}

/** What the log shows of an event; fields that the model does not know are left out. */
export type Entry = Readonly<Record<string, unknown>> & {readonly type: string};
/** A refusal, by its code; or the entries. */
export type Outcome = string | Entry[];

type Approval = Exclude<Verdict, {type: 'deny'}>;

interface Block {
  readonly expired: readonly number[];
  readonly deleted: readonly Deleted[];
  /** Those that were in force when it was connected. */
  readonly settings: GatekeeperSettings;
}

export class Model {
  readonly people = new People();
  readonly requests = new Map<number, ModelRequest>();
  settings: GatekeeperSettings;
  highest: number;
  /** Hashes by height; those far below the first tip may be missing. */
  readonly chain: string[];
  readonly #blocks = new Map<number, Block>();
  readonly #newest = new Map<string, number>();
  #entries: Entry[] = [];

  constructor(chain: readonly string[], settings: GatekeeperSettings) {
    this.chain = [...chain];
    this.settings = settings;
    this.highest = this.height;
  }

  get height(): number {
    return this.chain.length - 1;
  }

  get pending(): ModelRequest[] {
    return [...this.requests.values()].filter(({state}) => state === 'pending');
  }

  /** The one that was sent last, unless a reorg has brought back one that its device had signed before. */
  newest(key: number, kind: RequestKind): ModelRequest | undefined {
    return this.requests.get(this.#newest.get(`${key} ${kind}`) ?? 0);
  }

  /** Whether a device has what a request of this kind would give it. */
  has(key: number, kind: RequestKind): boolean {
    return kind === 'new_node' ? (this.people.devices.get(key)?.role ?? null) !== null : this.people.belongs(key);
  }

  submit({kind, key, payload, proof, proofHash, forged}: ModelSubmission): Outcome {
    const {settings, height} = this;
    if (forged) return 'TOWER_INVALID_PROOF';
    if (kind !== 'new_node' && settings.auth !== 'user') return 'TOWER_WRONG_AUTH_LEVEL';
    const isRecent = proof > height - settings.proofWindow && proof <= height;
    if (!isRecent || this.chain[proof] !== proofHash) return 'TOWER_STALE_PROOF';
    if (this.has(key, kind)) return 'TOWER_ALREADY_AUTHORIZED';
    const newest = this.newest(key, kind);
    if (newest && proof < newest.proof && proof < height) return 'TOWER_REPLAYED_PROOF';
    const pending = newest?.state === 'pending' && newest.proven ? newest : undefined;
    if (pending?.payload === payload) return [];
    if (newest?.proven && this.#isWaiting(newest)) return 'TOWER_DENIED_COOLDOWN';
    if (pending) {
      if (pending.revision === 10) return 'TOWER_TOO_MANY_REVISIONS';
      const before = this.#before(pending).filter((one) => one.payload === payload && one.proven);
      if (before.some((one) => proof <= Math.max(one.proof, pending.proof))) return 'TOWER_REPLAYED_PROOF';
    } else if (this.#pendingOnes(true) >= settings.maxPendingRequests) return 'TOWER_TOO_MANY_REQUESTS';
    const revision = (pending?.revision ?? 0) + 1;
    return this.#told(() => {
      const stranger = kind === 'user_login' ? this.#pendingOf(key, 'user_signup') : undefined;
      this.#take({kind, key, payload, proven: true, proof, revision});
      if (stranger?.proven !== false) return;
      this.#end(stranger, 'superseded', 'device', {});
      this.#tellDecided(stranger);
    });
  }

  /** Somebody names a key that wants to register, and signs nothing. */
  requestRegistration(key: number, payloads: {readonly user_signup: string; readonly new_node: string}): Outcome {
    const {settings} = this;
    if (settings.auth === 'none') return 'TOWER_WRONG_AUTH_LEVEL';
    const kind = settings.auth === 'user' ? 'user_signup' : 'new_node';
    if (this.has(key, kind)) return 'TOWER_ALREADY_AUTHORIZED';
    const newest = this.newest(key, kind);
    const login = kind === 'user_signup' ? this.newest(key, 'user_login') : undefined;
    if ([newest, login].some((one) => one?.state === 'pending')) return [];
    if ([newest, login].some((one) => one && this.#isWaiting(one))) return 'TOWER_DENIED_COOLDOWN';
    if (this.#pendingOnes(false) >= settings.maxUnprovenRequests) return 'TOWER_TOO_MANY_REQUESTS';
    const payload = payloads[kind];
    return this.#told(() => {
      this.#take({kind, key, payload, proven: false, proof: newest?.proof ?? 0, revision: 1});
    });
  }

  #take(request: Pick<ModelRequest, 'kind' | 'key' | 'payload' | 'proven' | 'proof' | 'revision'>): void {
    const {kind, key, proven, proof} = request;
    const before = this.#pendingOf(key, kind);
    const id = this.requests.size + 1;
    const newest = this.newest(key, kind);
    const signed = newest?.proven ? newest.id : (newest?.signedBefore ?? null);
    this.#newest.set(`${key} ${kind}`, id);
    if (before) this.#end(before, 'superseded', 'device', {});
    this.requests.set(id, {
      id,
      ...request,
      received: this.height,
      receivedHash: this.#tip.hash,
      supersedes: before?.id ?? null,
      signedBefore: proven ? null : signed,
      state: 'pending',
      stage: 'callback',
      attempts: 0,
      ready: this.height,
      answer: null,
      closing: null,
    });
    const supersedes = before?.id ?? null;
    this.#tell({type: 'request_received', requestId: id, kind, key, proven, proofHeight: proof, supersedes});
  }

  #pendingOf(key: number, kind: RequestKind): ModelRequest | undefined {
    return this.pending.find((one) => one.key === key && one.kind === kind);
  }

  #pendingOnes(proven: boolean): number {
    return this.pending.filter((one) => one.proven === proven).length;
  }

  #isWaiting({state, closing}: ModelRequest): boolean {
    return state === 'denied' && this.height < closing!.height + this.settings.deniedCooldown;
  }

  answer(id: number, stage: RequestStage, reply: Reply): Outcome {
    return this.#told(() => {
      const request = this.requests.get(id)!;
      const meaning = meaningOf(stage, request.kind, reply);
      if (meaning === 'unavailable') return;
      if (request.state !== 'pending' || request.stage !== stage || request.answer) {
        this.#tell({type: 'answer_late', requestId: id, state: request.state});
      } else if (meaning === 'later') this.#postpone(request, 'check', 0);
      else if (meaning === 'error') this.#fail(request);
      else if (stage === 'check') {
        request.answer = {verdict: meaning, ...this.#tip};
        this.#tell({type: 'answer_recorded', requestId: id, verdict: meaning});
      } else this.#miss(request, this.#decide(request, meaning, 'policy'));
    });
  }

  approve(id: number, {userId, role}: {userId?: number; role?: 'primary' | 'secondary'}, actor: string): Outcome {
    return this.#told(() => {
      const request = this.requests.get(id);
      if (!request) return 'TOWER_REQUEST_NOT_FOUND';
      if (request.state !== 'pending') return 'TOWER_REQUEST_CLOSED';
      if (request.kind === 'new_node') {
        if (!role || userId !== undefined) return 'TOWER_WRONG_DECISION';
        return this.#decide(request, {type: 'approve_node', role}, actor);
      }
      if (role) return 'TOWER_WRONG_DECISION';
      return this.#decide(request, {type: 'approve_user', userId: userId ?? 0}, actor);
    });
  }

  deny(id: number, reason: string, actor: string): Outcome {
    return this.#told(() => {
      const request = this.requests.get(id);
      if (!request) return 'TOWER_REQUEST_NOT_FOUND';
      if (request.state !== 'pending') return 'TOWER_REQUEST_CLOSED';
      return this.#decide(request, {type: 'deny', reason}, actor);
    });
  }

  /** What a key is given without a word of which request is meant. */
  authorize(key: number, approval: Approval, actor: string): Outcome {
    return this.#told(() => {
      const [signup, login, node] = kinds.map((kind) => this.#pendingOf(key, kind));
      const isThere = approval.type === 'approve_user' && this.people.users.has(approval.userId);
      const request = approval.type === 'approve_node' ? node : isThere ? (login ?? signup) : (signup ?? login);
      if (request) return this.#decide(request, approval, actor);
      const refused = this.#give(key, approval, undefined);
      if (typeof refused === 'string') return refused;
      return this.#closeNeedless(key);
    });
  }

  revoke(key: number): Outcome {
    const device = this.people.revoke(key);
    if (typeof device === 'string') return device;
    return [{type: 'device_revoked', key, userId: device.userId || null, role: device.role}];
  }

  register(key: number): Outcome {
    const registered = this.people.register(key, this.height, this.settings);
    if (typeof registered === 'string') return registered;
    return [{...registered, key}];
  }

  connect(hash: string): Entry[] {
    return this.#told(() => {
      this.chain.push(hash);
      const {height, settings} = this;
      this.highest = Math.max(this.highest, height);
      const deleted = this.people.deleteOutdated(height, settings.expiryDelta);
      const ids = new Set(deleted.map(({user}) => user.id));
      const expired = this.pending.filter(({received}) => height >= received + settings.requestTtl);
      for (const request of expired) this.#end(request, 'expired', 'chain', {});
      this.#blocks.set(height, {deleted, expired: expired.map(({id}) => id), settings});
      this.#tell({
        type: 'block_connected',
        hash,
        deletedUsers: ids.size,
        userIds: [...ids].sort((a, b) => a - b),
        expiredRequests: expired.map(({id}) => id).sort((a, b) => a - b),
      });
      this.#applyAnswers(ids);
    }) as Entry[];
  }

  disconnect(): Entry[] {
    return this.#told(() => {
      const {height} = this;
      const hash = this.chain.pop()!;
      const {deleted, expired} = this.#blocks.get(height) ?? {deleted: [], expired: []};
      this.#blocks.delete(height);
      const back = expired.map((id) => this.requests.get(id)!).sort((a, b) => a.received - b.received || a.id - b.id);
      const open = back.filter((request) => this.#mayReopen(request));
      // A signup and a login that come back together take the place of the same one.
      const gone = new Set(
        back.flatMap((request) => (open.includes(request) ? this.#unprovenBeside(request) : [request])),
      );
      for (const request of gone) this.#end(request, 'superseded', 'chain', {});
      for (const request of open) {
        request.state = 'pending';
        request.closing = null;
        this.#newest.set(`${request.key} ${request.kind}`, request.id);
      }
      const userIds = this.people.restore(deleted);
      this.#tell({
        type: 'block_disconnected',
        hash,
        restoredUsers: userIds.length,
        userIds: userIds.sort((a, b) => a - b),
        restoredRequests: open.map(({id}) => id).sort((a, b) => a - b),
      });
      for (const request of gone) this.#tellDecided(request);
    }) as Entry[];
  }

  changeSettings(settings: GatekeeperSettings): Entry[] {
    this.settings = settings;
    return [{type: 'settings_changed', settings}];
  }

  /**
   * Whether a reorg down to this height, and back again, leaves nothing behind: no answer waits for a block, no request
   * that a block times out has become needless since, and no setting has changed since its blocks were connected.
   */
  comesBack(fork: number): boolean {
    if (this.pending.some((request) => request.answer || this.#isNeedless(request))) return false;
    const blocks = [...this.#blocks].filter(([height]) => height > fork).map(([, block]) => block);
    const expired = blocks.flatMap(({expired}) => expired).map((id) => this.requests.get(id)!);
    // Whose user comes back on the way has no need of a request any more.
    const restored = new Set(
      blocks.flatMap(({deleted}) => deleted).flatMap(({devices}) => devices.map(([key]) => key)),
    );
    return (
      blocks.every(({settings}) => settings === this.settings) &&
      expired.every((request) => !request.answer && !restored.has(request.key) && this.#returnsAlone(request))
    );
  }

  /** Requests whose info is still there. */
  get withInfo(): ModelRequest[] {
    return [...this.requests.values()].filter(
      ({kind, state, closing}) =>
        kind !== 'new_node' && (state === 'pending' || (state === 'expired' && closing!.height > this.highest - 100)),
    );
  }

  #mayReopen(request: ModelRequest): boolean {
    const newest = this.newest(request.key, request.kind);
    const isNewest = newest === request || (request.proven && newest?.signedBefore === request.id);
    const login = request.proven || request.kind !== 'user_signup' ? undefined : this.newest(request.key, 'user_login');
    return isNewest && !this.#isNeedless(request) && !(login && login.id > request.id);
  }

  #returnsAlone(request: ModelRequest): boolean {
    const isNewest = this.newest(request.key, request.kind) === request;
    return isNewest && this.#mayReopen(request) && this.#unprovenBeside(request).length === 0;
  }

  #unprovenBeside({proven, key, kind}: ModelRequest): ModelRequest[] {
    const kinds: RequestKind[] = kind === 'user_login' ? [kind, 'user_signup'] : [kind];
    return proven ? this.pending.filter((one) => !one.proven && one.key === key && kinds.includes(one.kind)) : [];
  }

  #isNeedless({key, kind}: ModelRequest): boolean {
    return this.has(key, kind);
  }

  get #tip(): {height: number; hash: string} {
    return {height: this.height, hash: this.chain[this.height]!};
  }

  /** What it has superseded, one after the other. */
  #before({supersedes}: ModelRequest): ModelRequest[] {
    const before = this.requests.get(supersedes ?? 0);
    return before ? [before, ...this.#before(before)] : [];
  }

  #applyAnswers(deletedUsers: ReadonlySet<number>): void {
    let budget = this.settings.authBudget;
    const answered = this.pending.filter(({answer}) => answer).sort((a, b) => a.id - b.id);
    for (const request of answered) {
      if (request.state !== 'pending') continue;
      if (budget-- === 0) return;
      const {verdict} = request.answer!;
      if (verdict.type === 'approve_user' && deletedUsers.has(verdict.userId)) {
        this.#end(request, 'denied', 'policy', {});
        this.#tellDecided(request);
      } else this.#miss(request, this.#decide(request, verdict, 'policy'));
    }
  }

  /** A verdict may be refused. Whose user has come back meanwhile needs none. */
  #miss(request: ModelRequest, refused: string | undefined): void {
    if (refused === 'TOWER_ALREADY_AUTHORIZED') {
      this.#end(request, 'superseded', 'tower', this.people.devices.get(request.key)!);
      this.#tellDecided(request);
    } else if (refused !== undefined) this.#fail(request);
  }

  #decide(request: ModelRequest, verdict: Verdict, actor: string): string | undefined {
    if (verdict.type === 'deny') {
      this.#end(request, 'denied', actor, {});
      this.#tellDecided(request, verdict.reason);
      return undefined;
    }
    if ((verdict.type === 'approve_node') !== (request.kind === 'new_node')) return 'TOWER_WRONG_DECISION';
    const refused = this.#give(request.key, verdict, request);
    if (typeof refused === 'string') return refused;
    this.#end(request, 'approved', actor, this.people.devices.get(request.key)!);
    this.#tellDecided(request);
    return this.#closeNeedless(request.key);
  }

  #give(key: number, approval: Approval, request: ModelRequest | undefined): string | undefined {
    const {height, settings, people} = this;
    const given: Joined | string =
      approval.type === 'approve_user'
        ? people.join(key, approval.userId, request?.kind, height, settings)
        : people.giveRole(key, approval.role, height, settings);
    if (typeof given === 'string') return given;
    const {device, created} = given;
    const {userId, role} = device;
    this.#tell({type: 'device_authorized', key, userId: userId || null, role, requestId: request?.id ?? null, created});
    return undefined;
  }

  #closeNeedless(key: number): undefined {
    for (const request of kinds.map((kind) => this.newest(key, kind))) {
      if (request?.state !== 'pending' || !this.#isNeedless(request)) continue;
      this.#end(request, 'superseded', 'tower', this.people.devices.get(key)!);
      this.#tellDecided(request);
    }
  }

  #postpone(request: ModelRequest, stage: RequestStage, attempts: number): void {
    const pause = Math.min(64, attempts === 0 ? 1 : 2 ** (attempts - 1));
    Object.assign(request, {stage, attempts, ready: this.height + pause, answer: null});
    this.#tell({type: 'request_postponed', requestId: request.id, stage, attempts, readyHeight: request.ready});
  }

  #fail(request: ModelRequest): void {
    const attempts = request.attempts + 1;
    if (attempts < this.settings.requestAttempts) return this.#postpone(request, request.stage, attempts);
    request.attempts = attempts;
    this.#end(request, 'failed', 'policy', {});
    this.#tellDecided(request);
  }

  #end(request: ModelRequest, state: RequestState, actor: string, got: Partial<ModelDevice>): void {
    assert(request.state === 'pending' || (request.state === 'expired' && state === 'superseded'));
    request.state = state;
    request.closing = {...this.#tip, actor, userId: got.userId || null, role: got.role ?? null};
  }

  #tellDecided({id, kind, key, state, closing}: ModelRequest, reason?: string): void {
    const {actor: decidedBy, userId, role} = closing!;
    const entry = {type: 'request_decided', requestId: id, kind, key, state, decidedBy, userId, role};
    this.#tell(reason === undefined ? entry : {...entry, reason});
  }

  #tell(entry: Entry): void {
    this.#entries.push(entry);
  }

  /** A refusal, or what was told meanwhile. */
  #told(run: () => string | undefined | void): Outcome {
    this.#entries = [];
    return run() ?? this.#entries;
  }
}
