import fc from 'fast-check';
import type {ChainHeader} from '../../src/chain/header.js';
import {Rejection} from '../../src/errors/index.js';
import {putDevice, putDue} from '../../src/gatekeeper/expiry.js';
import type {GatekeeperSettings} from '../../src/gatekeeper/settings.js';
import {uuidOf} from '../../src/gatekeeper/user-info.js';
import {layout} from '../../src/store/index.js';
import {decodeUser, encodeUser} from '../../src/store/rows.js';
import {locator, publicKey} from '../support/keys.js';
import type {World} from '../support/world.js';
import {type Answer, Model, type ModelUser} from './model.js';
import {
  answerOf,
  depositBy,
  depositOf,
  type DepositRequest,
  expected,
  heldOf,
  receiptOf,
  shown,
} from './model-deposits.js';

/** Keys of a run: few, so that they meet often. */
const keys = 5;
const deepest = 20;

type Request = {readonly register: number} | DepositRequest;

/** One step. Numbers that choose among what is there are taken modulo its size. */
export type Step =
  | {readonly requests: readonly Request[]}
  | {readonly mine: number}
  | {readonly disconnect: number}
  | {readonly reorg: number; readonly more: number}
  | {readonly back: true}
  | {readonly settings: Partial<GatekeeperSettings>}
  | {readonly join: number; readonly user: number}
  | {readonly name: number; readonly key: number}
  | {readonly remove: number; readonly refund: boolean}
  | {readonly extend: number; readonly blocks: number; readonly byKey: boolean}
  | {readonly erase: number; readonly byKey: boolean}
  | {readonly restart: true};

const key = fc.integer({min: 1, max: keys});
const request: fc.Arbitrary<Request> = fc.oneof(fc.record({register: key}), depositBy(key));

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {weight: 8, arbitrary: fc.record({requests: fc.array(request, {minLength: 1, maxLength: 4})})},
    {weight: 8, arbitrary: fc.record({mine: fc.integer({min: 1, max: 9})})},
    {weight: 1, arbitrary: fc.record({mine: fc.integer({min: 90, max: 125})})},
    {weight: 4, arbitrary: fc.record({disconnect: fc.integer({min: 1, max: deepest})})},
    {weight: 4, arbitrary: fc.record({reorg: fc.integer({min: 1, max: deepest}), more: fc.integer({min: 1, max: 4})})},
    {weight: 2, arbitrary: fc.constant({back: true} as const)},
    {
      weight: 2,
      arbitrary: fc.record({
        settings: fc.record(
          {
            subscriptionSlots: fc.integer({min: 1, max: 8}),
            subscriptionDuration: fc.integer({min: 1, max: 14}),
            expiryDelta: fc.integer({min: 0, max: 6}),
            renewal: fc.constantFrom('extend' as const, 'reset' as const),
          },
          {requiredKeys: []},
        ),
      }),
    },
    {weight: 2, arbitrary: fc.record({join: key, user: fc.nat(20)})},
    {weight: 1, arbitrary: fc.record({name: fc.nat(20), key})},
    {weight: 1, arbitrary: fc.record({remove: fc.nat(20), refund: fc.boolean()})},
    {
      weight: 2,
      arbitrary: fc.record({extend: fc.nat(20), blocks: fc.integer({min: 1, max: 20}), byKey: fc.boolean()}),
    },
    {weight: 2, arbitrary: fc.record({erase: fc.nat(20), byKey: fc.boolean()})},
    {weight: 2, arbitrary: fc.constant({restart: true} as const)},
  ),
  {minLength: 5, maxLength: 60},
);

/** Brings every step to a tower and to the model, and answers what they disagree about. */
export class ModelRun {
  readonly #world: World;
  readonly #model: Model;
  #left: ChainHeader | undefined;

  constructor(world: World, settings: GatekeeperSettings) {
    this.#world = world;
    this.#model = new Model(world.height, settings);
  }

  /** Does one step on both sides. Answers pairs of what should be equal. */
  async step(step: Step): Promise<[tower: unknown, model: unknown]> {
    if ('requests' in step) return this.#requests(step.requests);
    if ('mine' in step) await this.#connect(step.mine, () => this.#world.mine(step.mine));
    else if ('disconnect' in step) await this.#disconnect(step.disconnect);
    else if ('reorg' in step) await this.#reorg(step.reorg, step.more);
    else if ('back' in step) await this.#back();
    else if ('settings' in step) {
      this.#model.settings = {...this.#model.settings, ...step.settings};
      await this.#world.changeSettings(step.settings);
    } else if ('join' in step) await this.#join(step.join, step.user);
    else if ('name' in step) await this.#name(step.name, step.key);
    else if ('remove' in step) await this.#remove(step.remove, step.refund);
    else if ('extend' in step) await this.#extend(step.extend, step.blocks, step.byKey);
    else if ('erase' in step) await this.#erase(step.erase, step.byKey);
    else await this.#world.restart();
    return [0, 0];
  }

  /** Users as the model has them and as the tower shows them, by key. */
  async users(): Promise<[tower: unknown, model: unknown]> {
    const tower: Record<number, unknown> = {};
    const model: Record<number, unknown> = {};
    for (let key = 1; key <= keys; key++) {
      const user = await this.#world.user(key);
      if (user) {
        tower[key] = {
          id: user.userId,
          slots: user.availableSlots,
          start: user.subscriptionStart,
          expiry: user.subscriptionExpiry,
          devices: user.devices.map((device) => device.key).sort(),
          appointments: [...(await user.appointments())].sort(),
          count: user.appointmentCount,
        };
      }
      const owner = this.#model.ownerOf(key);
      if (owner) {
        const {id, slots, start, expiry, subscription, devices, appointments} = owner;
        const uuids = [...appointments].map(([n, {slots}]): [string, number] => [
          uuidOf(subscription, locator(n)),
          slots,
        ]);
        model[key] = {
          id,
          slots,
          start,
          expiry,
          devices: devices.map(publicKey).sort(),
          appointments: uuids.sort(),
          count: uuids.length,
        };
      }
    }
    return [
      {height: this.#world.height, size: this.#world.userCount, ...tower},
      {height: this.#model.height, size: this.#model.users.size, ...model},
    ];
  }

  /** What users and the operator are shown of appointments, and what they should be. */
  async appointments(): Promise<[tower: unknown, model: unknown]> {
    const all = Array.from({length: keys}, (_, i) => i + 1);
    return [await shown(this.#world, all), expected(this.#model, all)];
  }

  /** Blocks until the last user is deleted. */
  get blocksUntilNobody(): number {
    const {users, settings, height, highest} = this.#model;
    const last = Math.max(highest, height + 1, ...[...users.values()].map(({expiry}) => expiry + settings.expiryDelta));
    return last - height;
  }

  async #requests(requests: readonly Request[]): Promise<[unknown, unknown]> {
    const {gatekeeper} = this.#world.tower;
    // All at once, so that they share a batch; they are served in this order.
    const tower = await Promise.all(
      requests.map(async (request): Promise<Answer> => {
        try {
          if ('register' in request) {
            const reply = await gatekeeper.addUpdateUser(publicKey(request.register));
            return {slots: reply.availableSlots, start: reply.subscriptionStart, expiry: reply.subscriptionExpiry};
          }
          return answerOf(await gatekeeper.addUpdateAppointment(publicKey(request.appoint), depositOf(request)));
        } catch (error) {
          if (error instanceof Rejection) return {refused: error.code};
          throw error;
        }
      }),
    );
    const model = requests.map((request): Answer => {
      if ('register' in request) return this.#model.register(request.register);
      const held = heldOf(request, this.#model.height);
      const answer = this.#model.appoint(request.appoint, request.locator, held);
      return 'refused' in answer ? answer : {...answer, receipt: receiptOf(held)};
    });
    return [tower, model];
  }

  async #connect(blocks: number, bring: () => Promise<void>): Promise<void> {
    await bring();
    for (let i = 0; i < blocks; i++) this.#model.connect();
  }

  /** As deep as can be undone, at most. */
  #depth(wanted: number): number {
    return Math.min(wanted, this.#model.height - Math.max(this.#model.highest - 100, 1));
  }

  async #disconnect(wanted: number): Promise<void> {
    const depth = this.#depth(wanted);
    this.#left = this.#world.source.tip;
    await this.#world.disconnect(depth);
    for (let i = 0; i < depth; i++) this.#model.disconnect();
  }

  async #reorg(wanted: number, more: number): Promise<void> {
    const depth = this.#depth(wanted);
    if (depth < 1) return;
    this.#left = this.#world.source.tip;
    await this.#world.reorg({depth, blocks: depth + more});
    for (let i = 0; i < depth; i++) this.#model.disconnect();
    for (let i = 0; i < depth + more; i++) this.#model.connect();
  }

  /** To the branch that was left last, if it can still be reached. */
  async #back(): Promise<void> {
    const left = this.#left;
    if (!left) return;
    const {source} = this.#world;
    const {fork, above} = source.pathTo(left);
    if (fork.height < this.#model.highest - 100) return;
    this.#left = source.tip;
    while (this.#model.height > fork.height) this.#model.disconnect();
    above.forEach(() => this.#model.connect());
    await this.#world.pointAt(left);
  }

  /** What a login will do: a device that belongs to nobody joins a user. */
  async #join(key: number, chosen: number): Promise<void> {
    const user = this.#choose([...this.#model.users.values()], chosen);
    if (!user || this.#model.ownerOf(key)) return;
    this.#model.join(key, user);
    await this.#world.change(async (transaction) => {
      const row = decodeUser((await transaction.get(layout.userKey(user.id)))!);
      const device = {role: null, authorizedAt: transaction.meta.tip.height};
      const devices = [...row.devices, {key: publicKey(key), ...device}];
      transaction.put(layout.userKey(user.id), encodeUser({...row, devices}));
      putDevice(transaction, publicKey(key), {userId: user.id, ...device});
    });
  }

  /** What a decision that names an id will do, here with an id whose user is gone. */
  async #name(chosen: number, key: number): Promise<void> {
    const id = this.#choose(
      [...this.#model.ids].filter((id) => !this.#model.users.has(id)),
      chosen,
    );
    if (id === undefined || this.#model.ownerOf(key)) return;
    const {slots, expiry, start} = this.#model.name(id, key);
    await this.#world.change((transaction) => {
      const {counters} = transaction.meta;
      const device = {key: publicKey(key), role: null, authorizedAt: start};
      const subscription = counters.nextSubscription;
      const row = {subscription, availableSlots: slots, grantedSlots: slots, start, expiry, appointments: 0};
      transaction.put(layout.userKey(id), encodeUser({...row, devices: [device]}));
      putDevice(transaction, device.key, {userId: id, role: null, authorizedAt: start});
      putDue(transaction, expiry, id);
      const users = counters.users + 1;
      transaction.update({counters: {...counters, nextSubscription: subscription + 1, users}});
    });
  }

  async #remove(chosen: number, refund: boolean): Promise<void> {
    const pairs = [...this.#model.users.values()].flatMap((user) =>
      [...user.appointments.keys()].map((locator): [ModelUser, number] => [user, locator]),
    );
    const pair = this.#choose(pairs, chosen);
    if (!pair) return;
    const [user, n] = pair;
    this.#model.remove(user, n, refund);
    const uuid = uuidOf(user.subscription, locator(n));
    await this.#world.tower.gatekeeper.deleteAppointments(new Map([[uuid, publicKey(user.devices[0]!)]]), {refund});
  }

  async #extend(chosen: number, blocks: number, byKey: boolean): Promise<void> {
    const user = this.#choose([...this.#model.users.values()], chosen);
    if (!user) return;
    this.#model.extend(user, blocks);
    await this.#world.tower.operator.extend(referenceTo(user, byKey), blocks, 'operator');
  }

  async #erase(chosen: number, byKey: boolean): Promise<void> {
    const user = this.#choose([...this.#model.users.values()], chosen);
    if (!user) return;
    this.#model.erase(user);
    await this.#world.tower.operator.delete(referenceTo(user, byKey), 'operator');
  }

  #choose<T>(among: readonly T[], chosen: number): T | undefined {
    return among[chosen % Math.max(among.length, 1)];
  }
}

const referenceTo = ({id, devices}: ModelUser, byKey: boolean) =>
  byKey ? {key: publicKey(devices.at(-1)!)} : {userId: id};
