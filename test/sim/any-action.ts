import fc from 'fast-check';
import type {Action, PolicyAnswer} from '../../src/sim/scenario/scenario.js';

const users = fc.constantFrom('alice', 'bob', 'carol');
export const anyAction: fc.Arbitrary<Action> = fc.oneof(
  {weight: 2, arbitrary: fc.record({type: fc.constantFrom('register' as const, 'renew' as const), user: users})},
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('appointment' as const),
      user: users,
      name: fc.constantFrom('a', 'b', 'c'),
      blobBytes: fc.integer({min: 0, max: 9000}),
    }),
  },
  {weight: 3, arbitrary: fc.record({type: fc.constant('mine' as const), blocks: fc.integer({min: 1, max: 8})})},
  {
    weight: 2,
    arbitrary: fc
      .record({depth: fc.integer({min: 1, max: 20}), more: fc.integer({min: 1, max: 3})})
      .map(({depth, more}) => ({type: 'reorg' as const, depth, blocks: depth + more})),
  },
  {weight: 1, arbitrary: fc.record({type: fc.constant('step_back' as const), blocks: fc.integer({min: 1, max: 5})})},
  fc.record({type: fc.constant('mine_to_next' as const), due: fc.constantFrom('due' as const, 'deletion' as const)}),
  fc.record({
    type: fc.constant('branch' as const),
    name: fc.constantFrom('main', 'b'),
    blocks: fc.integer({min: 1, max: 5}),
  }),
  fc.record({type: fc.constant('switch_to' as const), branch: fc.constant('main')}),
  fc.record({type: fc.constant('extend' as const), user: users, blocks: fc.integer({min: 1, max: 9})}),
  fc.record({type: fc.constant('delete' as const), user: users}),
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('set' as const),
      settings: fc.record({
        expiryDelta: fc.integer({min: 0, max: 8}),
        renewal: fc.constantFrom('extend' as const, 'reset' as const),
      }),
    }),
  },
);

const devices = fc.constantFrom('phone', 'laptop', 'core');
const answer: fc.Arbitrary<PolicyAnswer> = fc.oneof(
  fc.record({
    type: fc.constant('returns' as const),
    value: fc.constantFrom(-1, -2, -2, -3, 0, 0, 7, 'primary', 'secondary'),
  }),
  fc.record({type: fc.constant('user' as const), name: fc.constantFrom('alice', 'bob')}),
  fc.record({type: fc.constant('hangs' as const), blocks: fc.integer({min: 1, max: 4})}),
  fc.constantFrom({type: 'throws' as const}, {type: 'unavailable' as const}),
);
const answers = fc.array(answer, {minLength: 1, maxLength: 4});
export const anyAuthAction: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record(
      {
        type: fc.constantFrom('signup' as const, 'login' as const, 'node' as const),
        device: devices,
        as: fc.constantFrom('alice', 'bob'),
        info: fc.constantFrom('one', 'two'),
        script: fc.record({callback: answers, check: fc.oneof(answers, fc.constant([]))}),
      },
      {requiredKeys: ['type', 'device', 'as']},
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record(
      {
        type: fc.constant('request_registration' as const),
        device: devices,
        script: fc.record({callback: answers, check: fc.oneof(answers, fc.constant([]))}),
      },
      {requiredKeys: ['type', 'device']},
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('approve' as const),
      request: fc.record({device: devices}),
      user: fc.constantFrom(0, 7),
    }),
  },
  fc.record({type: fc.constant('deny' as const), request: fc.record({device: devices}), reason: fc.constant('no')}),
  fc.record({
    type: fc.constant('authorize' as const),
    device: devices,
    as: fc.constantFrom('alice', 'bob'),
    user: fc.constantFrom(0, 7),
  }),
  fc.record({type: fc.constant('revoke' as const), device: devices}),
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('set' as const),
      settings: fc.record(
        {
          auth: fc.constantFrom('none' as const, 'node' as const, 'user' as const),
          authBudget: fc.integer({min: 1, max: 3}),
          requestTtl: fc.integer({min: 1, max: 12}),
        },
        {requiredKeys: []},
      ),
    }),
  },
  {weight: 8, arbitrary: anyAction},
);

/** Whether it goes further back than the chain or the tower can. */
export const isImpossible = (error: unknown): boolean =>
  ['TOWER_REORG_TOO_DEEP', 'TOWER_INVALID_PARAMETER'].includes((error as {code: string}).code);
