import {Rejection} from '../../errors/index.js';
import type {RequestRow, RequestState, Verdict} from '../../store/request-row.js';
import type {Store} from '../../store/store.js';
import type {Transaction} from '../../store/transaction.js';
import {checkedKey} from '../checked-key.js';
import type {Lock} from '../lock.js';
import {InvalidParameter, NoTip} from '../rejections.js';
import {maxU32} from '../settings.js';
import {authorizeKey, decide, requirePending} from './decision.js';
import {revokeDevice} from './devices.js';
import type {Dispatcher} from './dispatcher.js';
import type {AuthEvent} from './events.js';
import type {Admission} from './new-request.js';
import {tidyReason} from './reason.js';
import {receive, receptionReads, requireRecent} from './reception.js';
import {wrongDecision} from './rejections.js';
import type {Policy} from './policy.js';
import {checkedId, RequestList} from './request-list.js';
import {deviceViewOf, registrationRequestOf, viewOf} from './request-view.js';
import {checkStatusQuestion, checkSubmission} from './submission.js';
import {receiveUnproven, unprovenReads} from './unproven.js';
import type {
  DevicePage,
  DeviceView,
  KeyStatus,
  RegistrationRequest,
  RequestDetails,
  RequestPage,
  StatusQuestion,
  Submission,
} from './views.js';

/** Who decides by himself, without being asked: a person, or the program that the tower is part of. */
export type Decider = 'operator' | 'program';

export interface Approval {
  /** For a signup or a login; 0, a new user, for a signup only. @default 0 for a signup */
  readonly userId?: number | undefined;
  /** For a node. */
  readonly role?: 'primary' | 'secondary' | undefined;
  readonly actor: Decider;
}

export interface AuthorizationParts {
  readonly store: Store;
  readonly lock: Lock;
  readonly dispatcher: Dispatcher;
  /** The tower's public key, which proofs name. */
  readonly towerId: string;
}

type Publish = (event: AuthEvent) => void;

/**
 * In charge of who may join: takes requests in, has them decided, and keeps what became of them. A request is on disk
 * before anybody hears of it. Source of the model: OctoDB's asynchronous authorization.
 */
export class Authorization {
  readonly #parts: AuthorizationParts;
  readonly #list: RequestList;

  constructor(parts: AuthorizationParts) {
    this.#parts = parts;
    this.#list = new RequestList(parts.store);
  }

  /** Requests that wait to be decided. */
  get pendingRequests(): number {
    return this.#list.pending;
  }

  /** Those of them that nobody has signed. */
  get unprovenRequests(): number {
    return this.#list.unproven;
  }

  /** Who is asked about requests; of several that can be asked, the first. */
  get policies(): readonly Policy[] {
    return this.#parts.dispatcher.policies;
  }

  /**
   * Takes a request in. The same one again is the same request; another one of the kind takes the place of the pending
   * one.
   *
   * @param options `wait` for the fast callback's answer, where one is there to be asked. @default true `admit` has the
   * last word on a request that is new.
   * @returns where it stands
   * @throws Rejection TOWER_UNKNOWN_KIND, TOWER_WRONG_AUTH_LEVEL, TOWER_INVALID_INFO, TOWER_INVALID_NODE_INFO,
   * TOWER_INVALID_PROOF, TOWER_STALE_PROOF, TOWER_REPLAYED_PROOF, TOWER_ALREADY_AUTHORIZED, TOWER_DENIED_COOLDOWN,
   * TOWER_TOO_MANY_REVISIONS, TOWER_TOO_MANY_REQUESTS, TOWER_NO_TIP
   */
  async submit(
    submission: Submission,
    {wait = true, admit}: {readonly wait?: boolean; readonly admit?: Admission} = {},
  ): Promise<RequestDetails> {
    const {lock, store, towerId} = this.#parts;
    const checked = checkSubmission(submission, towerId);
    const {id, row} = await lock.submit({
      actor: `user:${checked.key}`,
      reads: receptionReads(checked),
      run: (transaction, publish) => receive(transaction, publish, checked, admit),
    });
    const answered = wait ? await this.#answeredAtOnce(id, row) : undefined;
    return answered ?? {...viewOf(id, row, store.meta!.settings), info: checked.info};
  }

  /**
   * Takes in the request of an unknown key that asks to register, as TEOS clients do: with nothing but the key, so that
   * nobody knows who has sent it. With `auth = user` it is a user_signup with an empty info, with `auth = node` a
   * new_node. The same key again is the same request, and one that the device has signed goes before.
   *
   * @param options as of `submit`
   * @throws Rejection TOWER_WRONG_AUTH_LEVEL, TOWER_ALREADY_AUTHORIZED, TOWER_DENIED_COOLDOWN, TOWER_TOO_MANY_REQUESTS,
   * TOWER_NO_TIP, TOWER_INVALID_PARAMETER
   */
  async requestRegistration(
    publicKey: string,
    {wait = true, admit}: {readonly wait?: boolean; readonly admit?: Admission} = {},
  ): Promise<RegistrationRequest> {
    const key = checkedKey(publicKey);
    const {lock, store} = this.#parts;
    const {id, row} = await lock.submit({
      actor: `user:${key}`,
      reads: unprovenReads(key),
      run: (transaction, publish) => receiveUnproven(transaction, publish, key, admit),
    });
    const answered = wait ? await this.#answeredAtOnce(id, row) : undefined;
    const view = answered ?? viewOf(id, row, store.meta!.settings);
    return registrationRequestOf(view, store.meta!.tip.height);
  }

  /** @throws Rejection TOWER_REQUEST_NOT_FOUND, TOWER_INVALID_PARAMETER */
  request(id: number): Promise<RequestDetails> {
    return this.#list.get(id);
  }

  /** Requests with an id above `after`, in order of id; of one state, if it is named. At most `limit` of 1,000. */
  requests(options: {
    readonly state?: RequestState | undefined;
    readonly after?: number | undefined;
    readonly limit: number;
  }): Promise<RequestPage> {
    return this.#list.page(options);
  }

  /** What a key is to the tower, and its newest request of each kind. */
  status(key: string): Promise<KeyStatus> {
    return this.#list.status(key);
  }

  /**
   * The same, for a device that proves that it is asking.
   * @throws Rejection TOWER_INVALID_PARAMETER, TOWER_INVALID_PROOF, TOWER_NO_TIP, TOWER_STALE_PROOF
   */
  async ownStatus(question: StatusQuestion): Promise<KeyStatus> {
    const {store, towerId} = this.#parts;
    const {key, ...block} = checkStatusQuestion(question, towerId);
    if (!store.meta) throw new NoTip();
    await requireRecent(store.rows, store.meta, block);
    return this.#list.status(key);
  }

  /** Authorized devices in order of key, those above `after`, at most `limit` of 1,000. */
  devices(options: {readonly after?: string | undefined; readonly limit: number}): Promise<DevicePage> {
    return this.#list.devices(options);
  }

  /**
   * Approves a pending request, now.
   * @throws Rejection TOWER_REQUEST_NOT_FOUND, TOWER_REQUEST_CLOSED, TOWER_WRONG_DECISION, TOWER_LOGIN_WITHOUT_USER,
   * TOWER_USER_ID_IN_USE, TOWER_NO_USER_ID, TOWER_TOO_MANY_DEVICES, TOWER_WRONG_AUTH_LEVEL, TOWER_INVALID_PARAMETER
   */
  async approve(id: number, {userId, role, actor}: Approval): Promise<RequestDetails> {
    if (userId !== undefined) checkUserId(userId);
    if (role !== undefined) checkRole(role);
    return this.#decide(id, actor, ({kind}) => {
      if (kind === 'new_node' ? role === undefined || userId !== undefined : role !== undefined) return undefined;
      return role === undefined ? {type: 'approve_user', userId: userId ?? 0} : {type: 'approve_node', role};
    });
  }

  /** Denies a pending request, now. @throws Rejection TOWER_REQUEST_NOT_FOUND, TOWER_REQUEST_CLOSED */
  async deny(id: number, {reason, actor}: {readonly reason: string; readonly actor: Decider}): Promise<RequestDetails> {
    return this.#decide(id, actor, () => ({type: 'deny', reason: tidyReason(reason, 'no reason given')}));
  }

  /**
   * Lets a key join a user: approves its pending signup or login if it has one, else authorizes it in advance.
   *
   * @param userId 0: a new user. An id that nobody has is created.
   * @throws Rejection as `approve`; TOWER_ALREADY_AUTHORIZED
   */
  async authorizeUser(key: string, userId: number, actor: Decider): Promise<DeviceView> {
    checkUserId(userId);
    return this.#authorize(key, {type: 'approve_user', userId}, actor);
  }

  /** Gives a key a role: approves its pending request if it has one, else authorizes it in advance. */
  async authorizeNode(key: string, role: 'primary' | 'secondary', actor: Decider): Promise<DeviceView> {
    checkRole(role);
    return this.#authorize(key, {type: 'approve_node', role}, actor);
  }

  /**
   * Takes a device from its user, and its role from a node. It may ask again.
   * @returns what it was
   * @throws Rejection TOWER_DEVICE_NOT_FOUND
   */
  async revoke(publicKey: string, actor: Decider): Promise<DeviceView> {
    const key = checkedKey(publicKey);
    return this.#change(actor, async (transaction, publish) =>
      deviceViewOf(key, await revokeDevice(transaction, publish, key)),
    );
  }

  /** Resolves once everybody has been asked who can be asked now, and the answers are on disk. */
  settled(): Promise<void> {
    return this.#parts.dispatcher.settled();
  }

  /** Undefined where there is no fast callback to wait for. */
  async #answeredAtOnce(id: number, {stage, kind}: RequestRow): Promise<RequestDetails | undefined> {
    const {dispatcher} = this.#parts;
    if (stage !== 'callback' || !dispatcher.answersAtOnce(kind)) return undefined;
    await dispatcher.answered(id);
    return this.#list.get(id);
  }

  #decide(id: number, actor: Decider, verdictOn: (row: RequestRow) => Verdict | undefined): Promise<RequestDetails> {
    checkedId(id);
    return this.#change(actor, async (transaction, publish) => {
      const row = await requirePending(transaction, id);
      const verdict = verdictOn(row);
      if (!verdict) throw wrongDecision(row.kind);
      const closed = await decide(transaction, publish, {id, row}, verdict, actor);
      if (closed instanceof Rejection) throw closed;
      return {...viewOf(id, closed, transaction.meta.settings), info: null};
    });
  }

  #authorize(publicKey: string, verdict: Exclude<Verdict, {type: 'deny'}>, actor: Decider): Promise<DeviceView> {
    const key = checkedKey(publicKey);
    return this.#change(actor, async (transaction, publish) =>
      deviceViewOf(key, await authorizeKey(transaction, publish, key, verdict, actor)),
    );
  }

  #change<Result>(
    actor: Decider,
    run: (transaction: Transaction, publish: Publish) => Promise<Result>,
  ): Promise<Result> {
    return this.#parts.lock.submit({
      actor,
      run: async (transaction, publish) => {
        if (!transaction.begun) throw new NoTip();
        return run(transaction, publish);
      },
    });
  }
}

function checkUserId(userId: number): void {
  if (!Number.isInteger(userId) || userId < 0 || userId > maxU32) {
    throw new InvalidParameter('user id', `a whole number from 0 to ${maxU32}`);
  }
}

function checkRole(role: string): void {
  if (role !== 'primary' && role !== 'secondary') throw new InvalidParameter('role', 'primary or secondary');
}
