import fc from 'fast-check';
import type {Reply} from '../../../../src/gatekeeper/auth/policy.js';
import type {GatekeeperSettings} from '../../../../src/gatekeeper/settings.js';
import type {RequestKind, RequestStage} from '../../../../src/store/layout.js';
import {kinds} from './model.js';

/** Keys of a run: few, so that they meet often. */
export const keys = 5;
const deepest = 12;
/** Says no more than a request does that nobody has signed. */
export const plainPayload = 3;

type NodeRole = 'primary' | 'secondary';

/**
 * What somebody asks of the tower. Numbers that choose among what is there are taken modulo its size; requests are
 * counted from the newest, and 0 is one that nobody knows.
 */
export type Direct =
  | {
      readonly submit: number;
      readonly kind: RequestKind;
      readonly payload: number;
      readonly age: number;
      /** Names a block of the branch that was left last. */
      readonly stale: boolean;
      readonly forged: boolean;
    }
  | {readonly again: number}
  | {readonly requestRegistration: number}
  | {readonly approve: number; readonly userId?: number; readonly role?: NodeRole}
  | {readonly deny: number}
  | {readonly authorizeUser: number; readonly userId: number}
  | {readonly authorizeNode: number; readonly role: NodeRole}
  | {readonly revoke: number}
  | {readonly register: number};

export type Answer = {readonly answer: number; readonly reply: Reply};

/** Every open question is answered, with these in turn. */
export type Answers = {readonly answers: readonly Reply[]};

export type Blocks =
  | {readonly mine: number}
  | {readonly disconnect: number}
  | {readonly reorg: number; readonly more: number}
  | {readonly back: true};

export type Settings = {readonly settings: Partial<GatekeeperSettings>};

export type Step =
  | {readonly together: readonly (Direct | Answer)[]}
  | Answers
  | Blocks
  | Settings
  | {readonly awayAndBack: number; readonly more: number}
  | {readonly handles: Readonly<Record<RequestStage, readonly RequestKind[]>>}
  | {readonly restart: true}
  | {readonly crash: 'fails before' | 'fails after'; readonly during: Direct | Answer | Blocks | Settings};

const key = fc.integer({min: 1, max: keys});
const role = fc.constantFrom<NodeRole>('primary', 'secondary');
const rarely = fc.integer({min: 0, max: 19}).map((n) => n === 19);
const userId = fc.oneof(
  {weight: 12, arbitrary: fc.integer({min: 0, max: 6})},
  {weight: 1, arbitrary: fc.constantFrom(40, 0xffff_ffff)},
);

const submit = fc.record({
  submit: key,
  kind: fc.constantFrom(...kinds),
  payload: fc.nat(plainPayload),
  age: fc.oneof({weight: 3, arbitrary: fc.constant(0)}, {weight: 1, arbitrary: fc.nat(5)}),
  stale: rarely,
  forged: rarely,
});

const direct: fc.Arbitrary<Direct> = fc.oneof(
  {weight: 16, arbitrary: submit},
  {weight: 2, arbitrary: fc.record({again: fc.nat(30)})},
  {weight: 4, arbitrary: fc.record({requestRegistration: key})},
  {
    weight: 3,
    arbitrary: fc.record({approve: fc.nat(30), userId, role}, {requiredKeys: ['approve']}),
  },
  {weight: 2, arbitrary: fc.record({deny: fc.nat(30)})},
  {weight: 2, arbitrary: fc.record({authorizeUser: key, userId})},
  {weight: 1, arbitrary: fc.record({authorizeNode: key, role})},
  {weight: 3, arbitrary: fc.record({revoke: key})},
  {weight: 4, arbitrary: fc.record({register: key})},
);

const returned = fc.oneof(
  {weight: 10, arbitrary: fc.constant(-2)},
  {weight: 8, arbitrary: fc.integer({min: 0, max: 6})},
  {weight: 4, arbitrary: role},
  {weight: 4, arbitrary: fc.constantFrom(-1, -3, -3)},
  {weight: 1, arbitrary: fc.constantFrom(-7, NaN, 1.5, '1', '', null, undefined, true, 2 ** 32, 2 ** 32 - 1)},
);

const reply: fc.Arbitrary<Reply> = fc.oneof(
  {weight: 12, arbitrary: returned.map((value) => ({type: 'returned' as const, value}))},
  {weight: 1, arbitrary: fc.constant({type: 'failed' as const, reason: 'it threw'})},
  {weight: 1, arbitrary: fc.constant({type: 'denied' as const, reason: 'not you'})},
  {weight: 1, arbitrary: fc.constant({type: 'unavailable' as const, reason: 'down'})},
);

const answer: fc.Arbitrary<Answer> = fc.record({answer: fc.nat(20), reply});

const blocks: fc.Arbitrary<Blocks> = fc.oneof(
  {weight: 20, arbitrary: fc.record({mine: fc.integer({min: 1, max: 3})})},
  {weight: 5, arbitrary: fc.record({mine: fc.integer({min: 4, max: 12})})},
  {weight: 1, arbitrary: fc.record({mine: fc.integer({min: 95, max: 115})})},
  {weight: 2, arbitrary: fc.record({disconnect: fc.integer({min: 1, max: deepest})})},
  {weight: 6, arbitrary: fc.record({reorg: fc.integer({min: 1, max: deepest}), more: fc.integer({min: -1, max: 3})})},
  {weight: 1, arbitrary: fc.constant({back: true} as const)},
);

const settings: fc.Arbitrary<Settings> = fc.record({
  settings: fc.record(
    {
      auth: fc.constantFrom('user', 'user', 'user', 'node', 'none'),
      authBudget: fc.integer({min: 1, max: 3}),
      requestTtl: fc.integer({min: 1, max: 9}),
      requestAttempts: fc.integer({min: 1, max: 4}),
      maxPendingRequests: fc.integer({min: 1, max: 12}),
      maxUnprovenRequests: fc.integer({min: 0, max: 4}),
      deniedCooldown: fc.integer({min: 0, max: 4}),
      proofWindow: fc.integer({min: 1, max: 8}),
      subscriptionSlots: fc.integer({min: 1, max: 12}),
      subscriptionDuration: fc.integer({min: 1, max: 12}),
      expiryDelta: fc.integer({min: 0, max: 3}),
      renewal: fc.constantFrom('extend', 'reset'),
    },
    {requiredKeys: []},
  ),
});

const handled = fc.subarray([...kinds]);

const together = <One extends Direct | Answer>(one: fc.Arbitrary<One>, minLength: number, maxLength: number) =>
  fc.record({together: fc.array(one, {minLength, maxLength})});
const answers: fc.Arbitrary<Answers> = fc.record({answers: fc.array(reply, {minLength: 1, maxLength: 3})});
const restart = fc.constant({restart: true} as const);

const step: fc.Arbitrary<Step> = fc.oneof(
  {weight: 12, arbitrary: together(direct, 1, 1)},
  {weight: 8, arbitrary: together(answer, 1, 1)},
  {weight: 4, arbitrary: together(fc.oneof(direct, answer), 2, 5)},
  {weight: 2, arbitrary: answers},
  {weight: 12, arbitrary: blocks},
  {weight: 2, arbitrary: settings},
  {
    weight: 3,
    arbitrary: fc.record({awayAndBack: fc.integer({min: 1, max: deepest}), more: fc.integer({min: 0, max: 3})}),
  },
  {weight: 1, arbitrary: fc.record({handles: fc.record({callback: handled, check: handled})})},
  {weight: 1, arbitrary: restart},
  {
    weight: 4,
    arbitrary: fc.record({
      crash: fc.constantFrom('fails before', 'fails after'),
      during: fc.oneof<fc.Arbitrary<Direct | Answer | Blocks | Settings>[]>(direct, answer, blocks, settings),
    }),
  },
);

const approvals: fc.Arbitrary<Answers> = fc.record({
  answers: fc.array(
    fc.constantFrom(0, 0, 5, 6, 'primary').map((value) => ({type: 'returned' as const, value})),
    {minLength: 1, maxLength: 3},
  ),
});

/** Many ask at once, and more is answered than a block applies, because the tower forgets whom it has asked. */
const crowd: fc.Arbitrary<Step[]> = fc
  .tuple(
    together(submit, 5, 10),
    fc.oneof(answers, approvals),
    fc.oneof(restart, fc.constant({disconnect: 1})),
    approvals,
    fc.record({authBudget: fc.integer({min: 1, max: 3}), subscriptionDuration: fc.integer({min: 1, max: 10})}),
  )
  .map(([asked, first, forgets, second, {authBudget, subscriptionDuration}]) => [
    {
      settings: {
        auth: 'user',
        authBudget: 3,
        requestTtl: 9,
        maxPendingRequests: 12,
        subscriptionDuration,
        expiryDelta: 0,
      },
    },
    asked,
    {answers: [{type: 'returned', value: -2}]},
    {mine: 1},
    first,
    forgets,
    second,
    {settings: {authBudget}},
    {mine: 1},
    {mine: 1},
  ]);

/** A device is denied, and asks again about the time when it may. */
const denial: fc.Arbitrary<Step[]> = fc
  .tuple(submit, fc.integer({min: 1, max: 3}), fc.integer({min: 1, max: 4}))
  .map(([asked, deniedCooldown, mine]) => [
    {settings: {auth: 'user', deniedCooldown}},
    {together: [asked]},
    {together: [{deny: 1}]},
    {mine},
    {together: [{...asked, age: 0}]},
  ]);

/** A device wants everything, and gets something of it. */
const wishes: fc.Arbitrary<Step[]> = fc
  .tuple(submit, fc.integer({min: 1, max: 7}), role, fc.constantFrom('user', 'node'))
  .map(([asked, userId, role, auth]) => [
    {settings: {auth: 'user'}},
    ...kinds.map((kind) => ({together: [{...asked, kind, age: 0}]})),
    {settings: {auth}},
    {together: [auth === 'user' ? {authorizeUser: asked.submit, userId} : {authorizeNode: asked.submit, role}]},
  ]);

/** A user with one device or two, who loses some of them, is deleted, and comes back to what has happened meanwhile. */
const comeback: fc.Arbitrary<Step[]> = fc
  .tuple(
    fc.tuple(key, key),
    fc.integer({min: 1, max: 6}),
    fc.integer({min: 1, max: 3}),
    fc.array(direct, {maxLength: 2}),
  )
  .map(([[first, second], userId, subscriptionDuration, meanwhile]) => [
    {settings: {subscriptionDuration, expiryDelta: 0}},
    {together: [{authorizeUser: first, userId}]},
    {together: [{authorizeUser: second, userId}]},
    {together: [{revoke: second}]},
    {mine: subscriptionDuration},
    {together: meanwhile},
    {disconnect: subscriptionDuration},
  ]);

/** A device is let in by one user and by the next, and asks now and then what it has got. */
const receipts: fc.Arbitrary<Step[]> = fc
  .tuple(key, fc.array(fc.tuple(fc.integer({min: 1, max: 3}), fc.nat(2), fc.boolean(), fc.nat(4)), {maxLength: 4}))
  .map(([one, turns]) => [
    {settings: {auth: 'user'}},
    ...turns.flatMap(([userId, registrations, revoked, mine]): Step[] => [
      {together: [{authorizeUser: one, userId}]},
      ...Array.from({length: registrations}, () => ({together: [{register: one}]})),
      ...(revoked ? [{together: [{revoke: one}]}] : []),
      {mine: mine + 1},
    ]),
  ]);

/** Strangers name the key of a device that asks by itself, too, and is denied now and then. */
const strangers: fc.Arbitrary<Step[]> = fc
  .tuple(
    submit,
    fc.constantFrom('user', 'user', 'node'),
    fc.array(fc.constantFrom('stranger', 'stranger', 'device', 'device plainly', 'login', 'deny', 'mine'), {
      minLength: 3,
      maxLength: 9,
    }),
  )
  .map(([asked, auth, turns]) => {
    const kind = auth === 'user' ? ('user_signup' as const) : ('new_node' as const);
    const turn = (what: string): Step => {
      if (what === 'mine') return {mine: 1};
      if (what === 'deny') return {together: [{deny: 1}]};
      if (what === 'stranger') return {together: [{requestRegistration: asked.submit}]};
      const payload = what === 'device plainly' ? plainPayload : asked.payload;
      return {together: [{...asked, kind: what === 'login' ? 'user_login' : kind, payload}]};
    };
    return [{settings: {auth, maxUnprovenRequests: 4}}, ...turns.map(turn)];
  });

const macros = [crowd, denial, wishes, comeback, receipts, strangers].map((arbitrary) => ({weight: 1, arbitrary}));

export const steps: fc.Arbitrary<Step[]> = fc
  .array(fc.oneof({weight: 40, arbitrary: step.map((one) => [one])}, ...macros), {minLength: 10, maxLength: 80})
  .map((parts) => parts.flat());
