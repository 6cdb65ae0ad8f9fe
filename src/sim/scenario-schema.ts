import {z} from 'zod';
import {type ErrorCode, errorCodes} from '../errors/index.js';
import {maxU32} from '../gatekeeper/settings.js';
import {maxMinedBlocks, maxSteps, type UserState} from './scenario.js';
import {oneOf, section, text, whole} from './schema-parts.js';

const note = text(1000);
const userState = oneOf(['active', 'expired', 'unknown'] satisfies UserState[] as ['active', 'expired', 'unknown']);

/** Keys of an `expect`; no user can be called so. */
const userExpectation = {
  state: userState.optional(),
  slots: whole(0, maxU32).optional(),
  start: whole(0, maxU32).optional(),
  expiry: whole(0, maxU32).optional(),
  appointments: whole(0, maxU32).optional(),
};
export const expectKeys = ['user', ...Object.keys(userExpectation), 'tip', 'users'] as const;

const userError = 'expected the name of a user: a letter, then up to 31 letters, digits, "-" or "_"';
export const userName = z
  .string({error: userError})
  .regex(/^[a-z][a-z0-9_-]{0,31}$/i, {error: userError})
  .refine((name) => !(expectKeys as readonly string[]).includes(name), {
    error: `expected the name of a user, which cannot be one of ${expectKeys.join(', ')}`,
  });

const user = z.preprocess(
  (value) => (typeof value === 'string' ? {user: value} : value),
  section({user: userName}, 'the name of a user, or a map'),
);
export const appointment = section(
  {user: userName, name: text(64), blob_bytes: whole(0, maxU32)},
  'an appointment such as {user: alice, name: channel-1, blob_bytes: 500}',
);

export const gatekeeperShape = {
  subscription_slots: whole(1, maxU32).optional(),
  subscription_duration: whole(1, maxU32).optional(),
  expiry_delta: whole(0, maxU32).optional(),
  renewal: oneOf(['extend', 'reset']).optional(),
};

const prefix = 'TOWER_';
const refusals = (Object.keys(errorCodes) as ErrorCode[])
  .filter((word) => errorCodes[word].family === 'rejection')
  .map((word) => word.slice(prefix.length));
const code = z.preprocess(
  (word) => (typeof word === 'string' && word.startsWith(prefix) ? word.slice(prefix.length) : word),
  oneOf(refusals as [string, ...string[]]).transform((word) => (prefix + word) as ErrorCode),
);

const oneRequest = 'expected one request (register, renew or appointment) and the code of its refusal';
const refuse = section(
  {
    register: user.optional(),
    renew: user.optional(),
    appointment: appointment.optional(),
    code,
  },
  'a request and the code of its refusal, such as {renew: alice, code: NO_TIP}',
).refine((it) => [it.register, it.renew, it.appointment].filter(Boolean).length === 1, {error: oneRequest});

const expectShape = {
  user: userName.optional(),
  ...userExpectation,
  tip: whole(0, maxU32),
  users: whole(0, maxU32),
};
export const expectMap = z
  .object(
    {
      ...expectShape,
      tip: expectShape.tip.optional(),
      users: expectShape.users.optional(),
    },
    {
      error: 'expected what must hold, such as {user: alice, state: active}, {alice: active} or {tip: 120}',
    },
  )
  .catchall(userState)
  .refine((it) => Object.keys(it).length > 0, {
    error: 'expected at least one thing that must hold',
  })
  .superRefine((it, context) => {
    for (const field of Object.keys(userExpectation)) {
      if (!(field in it) || it.user !== undefined) continue;
      context.addIssue({
        code: 'custom',
        path: [field],
        message: `the ${field} of whom? Add the key user`,
      });
    }
    if (it.user !== undefined && !Object.keys(userExpectation).some((field) => field in it)) {
      context.addIssue({
        code: 'custom',
        path: ['user'],
        message: 'expected something about the user, such as state',
      });
    }
  });

/** What each kind of step is given. The order is that of the reference page. */
export const stepSchemas = {
  register: user,
  renew: user,
  appointment,
  mine: whole(1, maxMinedBlocks),
  mine_to: whole(0, maxU32),
  reorg: section(
    {
      depth: whole(1, maxMinedBlocks),
      blocks: whole(1, maxMinedBlocks).optional(),
    },
    'a reorg such as {depth: 1, blocks: 2}',
  ).refine((it) => it.blocks === undefined || it.blocks > it.depth, {
    path: ['blocks'],
    error: 'expected more blocks than depth: a branch of equal or less work does not replace ours',
  }),
  restart: oneOf(['clean', 'kill_before_commit', 'kill_after_commit']),
  set: section(gatekeeperShape, 'settings').refine((it) => Object.keys(it).length > 0, {
    error: 'expected at least one setting',
  }),
  expect: z.preprocess(
    (value) => (Array.isArray(value) ? value : [value]),
    z.array(expectMap).min(1, {error: 'expected at least one thing that must hold'}),
  ),
  refuse,
  note,
} as const;

export type StepName = keyof typeof stepSchemas;
export const stepNames = Object.keys(stepSchemas) as StepName[];

const seedError = 'expected a text of 1 to 64 characters, or a whole number';
const chainShape = {
  start_height: whole(0, maxMinedBlocks).optional(),
  seed: z.union([text(64), whole(0, Number.MAX_SAFE_INTEGER)], {error: seedError}).optional(),
};

/** The file without its steps, which are checked one by one against `stepSchemas`. */
export const scenarioSchema = section(
  {
    name: text(200),
    about: text(10_000).optional(),
    tower: section(gatekeeperShape, 'the settings of the tower').optional(),
    chain: section(chainShape, 'the chain to start from').optional(),
    steps: z
      .array(z.unknown(), {error: 'expected a list of steps'})
      .min(1, {error: 'expected at least one step'})
      .max(maxSteps, {error: `expected at most ${maxSteps} steps`}),
  },
  'a scenario',
);

/** The keys of each section of the file, for the page that documents them. */
export const documentedKeys = {
  scenario: Object.keys(scenarioSchema.shape),
  tower: Object.keys(gatekeeperShape),
  chain: Object.keys(chainShape),
  steps: stepNames as string[],
  expect: [...expectKeys] as string[],
};
