import type {GatekeeperSettings} from '../gatekeeper/settings.js';
import {isExpired} from '../gatekeeper/subscription.js';
import type {UserInfo} from '../gatekeeper/user-info.js';
import type {RequestKind} from '../store/layout.js';
import type {Tower} from '../tower/tower.js';
import type {FaultKind} from './faults/fault.js';
import {acceptSettings, reorg} from './option-schema.js';
import {accept, invalid} from './scenario/accept.js';
import {userName, userOfId} from './scenario/name-schema.js';
import type {Cast} from './world/cast.js';
import type {DueKind} from './world/next-due.js';
import type {Roster} from './world/roster.js';
import {stepSchemas} from './scenario/scenario-schema.js';
import type {NodeRole, NotedAction, RestartKind, UserName, UserState} from './scenario/scenario.js';
import {type Expected, type StepMap, toStep} from './scenario/step-map.js';

/** A user as he is on disk. Heights and slots are u32. */
export interface UserView {
  readonly id: number;
  readonly state: Exclude<UserState, 'unknown'>;
  /** Slots that he has left. */
  readonly slots: number;
  readonly start: number;
  readonly expiry: number;
  readonly appointments: number;
  /** Public keys of his devices, hex. */
  readonly devices: readonly string[];
}

/**
 * What the policy of a simulation answers: a number or role as in the return table, the name of a user for his id, or
 * what happens instead of an answer.
 */
export type Answer =
  number | string | null | {readonly hang: number} | {readonly return: unknown} | 'throw' | 'unavailable';

/** What a device sends when it asks for something, and what the policy answers to it. */
export interface Asking {
  readonly device: string;
  /** The user to whom it is to belong, as the test calls him. @default the name of the device */
  readonly as?: string;
  /** signup_info or login_info. */
  readonly info?: string;
  /** node_info without the key. */
  readonly nodeInfo?: Readonly<Record<string, unknown>>;
  /** What the fast callback answers. @default later, if there is a `check`; otherwise nobody is asked */
  readonly callback?: Answer | readonly Answer[];
  /** What the check answers, one at each height, the last one for ever after. */
  readonly check?: Answer | readonly Answer[];
  /** Height of the block that the proof names. @default the tip */
  readonly signedAt?: number;
  /** The device with whose key it is signed. @default the one that asks */
  readonly signedBy?: string;
}

/** A request, as the newest of a device (and of a kind), or by its number. */
export type Asked = {readonly device: string; readonly kind?: RequestKind} | {readonly id: number};

/**
 * Everything that a step of a scenario can do, as methods. Each resolves once the tower has processed it, and throws the
 * tower's Rejection when it is refused.
 */
export abstract class Acts {
  abstract readonly tower: Tower;
  abstract readonly cast: Cast;
  abstract readonly roster: Roster;

  /**
   * Does what a step of a scenario says, and throws when that does not bring what is expected.
   * @throws Rejection as the tower refuses a request; ExpectationUnmet; whatever ends a tower
   */
  abstract act(action: NotedAction): Promise<void>;

  /** The same for a step as a scenario file has it: `step({mine: 3})`. @throws also Rejection TOWER_INVALID_PARAMETER */
  async step(map: StepMap): Promise<void> {
    await this.act(toStep(map));
  }

  /**
   * The user asks for a subscription; if he has one, that is a renewal. A device that was let in may be named as well.
   * @returns the user to whom it belongs; undefined while `fault('race')` holds the request back
   */
  async register(user: string): Promise<UserView> {
    await this.act({type: 'register', user: accept(userName, user, 'register')});
    return (await this.#ownerOf(user))!;
  }

  /** The same, and it throws if there was no subscription to renew. */
  async renew(user: string): Promise<UserView> {
    await this.act({type: 'renew', user: accept(userName, user, 'renew')});
    return (await this.#ownerOf(this.roster.deviceOf(user)))!;
  }

  /** The user hands over an appointment; the same user and name again is an update. */
  appointment(appointment: {
    readonly user: string;
    readonly name: string;
    readonly blobBytes: number;
    /** @default his first device */
    readonly device?: string;
  }): Promise<void> {
    return this.step({appointment: wireForm(appointment)});
  }

  /** The device asks to become the first one of a new user. */
  signup(asking: string | Asking): Promise<void> {
    return this.step({signup: wireForm(asking)});
  }

  /** The device asks to join a user. */
  login(asking: string | Asking): Promise<void> {
    return this.step({login: wireForm(asking)});
  }

  /** The device asks for a role, as a node. */
  node(asking: string | Omit<Asking, 'info'>): Promise<void> {
    return this.step({node: wireForm(asking)});
  }

  /**
   * A client registers who sends nothing but his key, and the tower files a request for it that nobody has signed; with
   * the approval, `register` gives him his receipt.
   */
  requestRegistration(asking: string | Pick<Asking, 'device' | 'as' | 'callback' | 'check'>): Promise<void> {
    return this.step({request_registration: wireForm(asking)});
  }

  /** The operator approves a request: for a user, 0 being a new one, or as a node with a role. */
  approve(request: string | (Asked & {readonly user?: UserName; readonly role?: NodeRole})): Promise<void> {
    return this.step({approve: request});
  }

  deny(denial: Asked & {readonly reason: string}): Promise<void> {
    return this.step({deny: denial});
  }

  /** The operator lets a device in, whether or not it has asked. */
  authorize(authorization: {
    readonly device: string;
    readonly as?: string;
    readonly user?: UserName;
    readonly role?: NodeRole;
  }): Promise<void> {
    return this.step({authorize: authorization});
  }

  /** The operator takes a device from its user, and its role. */
  revoke(device: string): Promise<void> {
    return this.step({revoke: device});
  }

  /** The operator adds blocks to a subscription: `extend('alice', 144)`, or `extend({user: 'alice', blocks: 144})`. */
  extend(user: UserName, blocks: number): Promise<UserView>;
  extend(extension: {readonly user: UserName; readonly blocks: number}): Promise<UserView>;
  async extend(...given: [UserName, number] | [{readonly user: UserName; readonly blocks: number}]): Promise<UserView> {
    const [user, blocks] = given;
    const extension = accept(stepSchemas.extend, typeof user === 'object' ? user : {user, blocks}, 'extend');
    await this.act({type: 'extend', ...extension});
    return (await this.user(extension.user))!;
  }

  /** The operator deletes a user, for good. */
  delete(user: UserName): Promise<void> {
    return this.step({delete: user});
  }

  mine(blocks = 1): Promise<void> {
    return this.step({mine: blocks});
  }

  mineTo(height: number): Promise<void> {
    return this.step({mine_to: height});
  }

  /**
   * Mines up to the next block in which somebody expires or is deleted, or a request times out.
   * @throws ExpectationUnmet when nothing does
   */
  mineToNext(due: DueKind = 'due'): Promise<void> {
    return this.step({mine_to_next: due});
  }

  /** Disconnects the last blocks, with nothing in their place. */
  stepBack(blocks = 1): Promise<void> {
    return this.step({step_back: blocks});
  }

  /**
   * Replaces the last blocks by others, one more than `depth` unless told. As many blocks as `depth` are a reorg at the
   * same height.
   */
  async reorg(branch: {readonly depth: number; readonly blocks?: number}): Promise<void> {
    const {depth, blocks = depth + 1} = accept(reorg, branch, 'reorg');
    await this.act({type: 'reorg', depth, blocks});
  }

  /** Mines on a branch, which leaves the best chain `at` a height if it is new; it takes over once it has more work. */
  branch(branch: {readonly name: string; readonly at?: number; readonly blocks: number}): Promise<void> {
    return this.step({branch});
  }

  /** Makes a branch the best chain, whatever its work; `main` is the first one. */
  switchTo(branch: string): Promise<void> {
    return this.step({switch_to: branch});
  }

  /** Takes the tower down and up again; the kills wait for its next commit. */
  restart(kind: RestartKind = 'clean'): Promise<void> {
    return this.step({restart: kind});
  }

  /** Stops the tower, and starts it with other settings. */
  async set(settings: Partial<GatekeeperSettings>): Promise<void> {
    const accepted = acceptSettings(settings);
    if (Object.keys(accepted).length === 0) throw invalid('settings: expected at least one setting');
    await this.act({type: 'set', settings: accepted});
  }

  /**
   * Lets something go wrong, so many times, blocks or requests from now on, or heals all that does. The simulation was
   * opened with `troubles: {}`, which also gives it a time of its own.
   * @throws ExpectationUnmet when the tower does not come back after `heal`
   */
  async fault(fault: FaultKind | 'heal', amount?: number): Promise<void> {
    if (fault === 'heal' && amount !== undefined)
      throw invalid('fault: heal takes no amount: it heals all that is wrong');
    const isKind = typeof fault === 'string' && fault !== 'heal';
    await this.step({fault: isKind ? {[fault]: amount ?? 1} : fault});
  }

  /**
   * Compares with what is on disk: `expect({alice: 'active', tip: 112})`, `expect({user: 'alice', slots: 5})`.
   * @throws ExpectationUnmet; Rejection TOWER_INVALID_PARAMETER for what is no expectation
   */
  expect(...expected: readonly Expected[]): Promise<void> {
    return this.step({expect: expected});
  }

  /**
   * Sends a request, and expects that it is refused: `expectRefusal({renew: 'bob'}, 'SUBSCRIPTION_EXPIRED')`.
   * @param code with or without `TOWER_` before it
   * @throws ExpectationUnmet when it is accepted, or refused with another code
   */
  expectRefusal(request: StepMap, code: string): Promise<void> {
    return this.step({refuse: {...request, code}});
  }

  /** The user of this name or id; undefined while there is none. */
  async user(name: UserName): Promise<UserView | undefined> {
    const {tower} = this;
    const id = this.roster.idOf(accept(userOfId, name, 'user'));
    const info = id === undefined ? undefined : await tower.gatekeeper.registeredUsers.byId(id);
    return info && viewOf(info, tower.tip?.height ?? 0);
  }

  /** The user to whom a device belongs, whatever the test calls him. */
  async #ownerOf(device: string): Promise<UserView | undefined> {
    const info = await this.tower.gatekeeper.registeredUsers.get(this.cast.keyOf(device));
    return info && viewOf(info, this.tower.tip?.height ?? 0);
  }
}

const viewOf = (info: UserInfo, height: number): UserView => ({
  id: info.userId,
  state: isExpired({expiry: info.subscriptionExpiry}, height) ? 'expired' : 'active',
  slots: info.availableSlots,
  start: info.subscriptionStart,
  expiry: info.subscriptionExpiry,
  appointments: info.appointmentCount,
  devices: info.devices.map(({key}) => key),
});

/** As a scenario file has it; the schema says what is wrong with it. */
function wireForm(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const given = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(given.map(([name, field]) => [wireNames.get(name) ?? name, field]));
}

const wireNames: ReadonlyMap<string, string> = new Map([
  ['blobBytes', 'blob_bytes'],
  ['nodeInfo', 'node_info'],
  ['signedAt', 'signed_at'],
  ['signedBy', 'signed_by'],
]);
