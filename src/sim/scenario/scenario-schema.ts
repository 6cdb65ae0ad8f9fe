import {z} from 'zod';
import {type ErrorCode, errorCodes} from '../../errors/index.js';
import {maxBlobBytes} from '../../gatekeeper/deposit.js';
import {maxU32} from '../../gatekeeper/settings.js';
import {finality} from '../../tower/chain-events.js';
import {
  approve,
  authorize,
  deny,
  login,
  node,
  registration,
  requestExpectation,
  requestKeys,
  revoke,
  roleOrNone,
  signup,
} from './auth-schema.js';
import {allFaultKinds, type FaultKind, faultKinds} from '../faults/fault.js';
import {
  branchName,
  deviceName,
  type ExpectKey,
  expectKeys,
  nobody,
  short,
  snapshotName,
  userName,
  userOfId,
  userOrNobody,
} from './name-schema.js';
import {closestTo} from '../../tower/spelling.js';
import type {DueKind} from '../world/next-due.js';
import {maxMinedBlocks, maxSteps, type ScenarioNode, type UserState} from './scenario.js';
import {oneOf, section, text, whole} from './schema-parts.js';

const note = text(1000);
const userStates = ['active', 'expired', 'unknown'] as const satisfies UserState[];
const userState = oneOf(userStates);
const anyState = oneOf(['active', 'expired', 'authorized', 'unknown']);

const user = short('user', {user: userName}, 'the name of a user, or a map');
export const appointment = section(
  {user: userName, device: deviceName.optional(), name: text(64), blob_bytes: whole(0, maxBlobBytes)},
  'an appointment such as {user: alice, name: channel-1, blob_bytes: 500}',
);

export const gatekeeperShape = {
  subscription_slots: whole(1, maxU32).optional(),
  subscription_duration: whole(1, maxU32).optional(),
  expiry_delta: whole(0, maxU32).optional(),
  renewal: oneOf(['extend', 'reset']).optional(),
  auth: oneOf(['none', 'node', 'user']).optional(),
  auth_budget: whole(1, 1_000_000).optional(),
  request_ttl: whole(1, maxU32).optional(),
  request_attempts: whole(1, 100).optional(),
  max_pending_requests: whole(1, 100_000_000).optional(),
  denied_cooldown: whole(1, maxU32).optional(),
  proof_window: whole(1, finality).optional(),
  max_unproven_requests: whole(0, 100_000_000).optional(),
};

const prefix = 'TOWER_';
const refusals = (Object.keys(errorCodes) as ErrorCode[])
  .filter((word) => errorCodes[word].family === 'rejection')
  .map((word) => word.slice(prefix.length));
const code = z.preprocess(
  (word) => (typeof word === 'string' && word.startsWith(prefix) ? word.slice(prefix.length) : word),
  oneOf(refusals as [string, ...string[]]).transform((word) => (prefix + word) as ErrorCode),
);

const extend = section({user: userOfId, blocks: whole(1, maxU32)}, 'an extension such as {user: alice, blocks: 144}');
const deletion = z
  .union([userOfId, section({user: userOfId}, 'a map')], {error: 'expected the name or the id of a user'})
  .transform((it) => (typeof it === 'object' ? it : {user: it}));

/** What the tower may refuse. */
const refusable = {
  register: user,
  renew: user,
  appointment,
  signup,
  login,
  node,
  request_registration: registration,
  approve,
  deny,
  authorize,
  revoke,
  extend,
  delete: deletion,
};
export type RefusableName = keyof typeof refusable;
export const refusableNames = Object.keys(refusable) as RefusableName[];

/** Of what has a problem already, another would say the same. */
const isSoundSoFar = ({issues}: {readonly issues: readonly unknown[]}): boolean => issues.length === 0;

const oneRequest = `expected the code of the refusal, and one of ${refusableNames.join(', ')}`;
const refuse = section(
  {
    register: user.optional(),
    renew: user.optional(),
    appointment: appointment.optional(),
    signup: signup.optional(),
    login: login.optional(),
    node: node.optional(),
    request_registration: registration.optional(),
    approve: approve.optional(),
    deny: deny.optional(),
    authorize: authorize.optional(),
    revoke: revoke.optional(),
    extend: extend.optional(),
    delete: deletion.optional(),
    code,
  } satisfies Record<RefusableName | 'code', z.ZodType>,
  'a request and the code of its refusal, such as {renew: alice, code: NO_TIP}',
).refine((it) => refusableNames.filter((name) => it[name] !== undefined).length === 1, {
  error: oneRequest,
  when: isSoundSoFar,
});

const faultError = `expected what goes wrong, such as {rpc_busy: 3}, or heal; known: ${allFaultKinds.join(', ')}`;
const faultShape = Object.fromEntries(
  allFaultKinds.map((kind) => [kind, whole(1, faultKinds[kind].most).optional()]),
) as Record<FaultKind, z.ZodOptional<z.ZodNumber>>;
const fault = z
  .preprocess(
    (value) => (typeof value === 'string' && value in faultKinds ? {[value]: 1} : value),
    z.union([z.literal('heal'), section(faultShape, 'what goes wrong, such as {rpc_busy: 3}')], {error: faultError}),
  )
  .refine((it) => it === 'heal' || Object.keys(it).length === 1, {error: faultError, when: isSoundSoFar});

const amount = whole(0, maxU32).optional();
const expectShape = {
  user: userOrNobody.optional(),
  device: deviceName.optional(),
  request: requestExpectation.optional(),
  state: anyState.optional(),
  slots: amount,
  start: amount,
  expiry: amount,
  appointments: amount,
  devices: amount,
  role: roleOrNone.optional(),
  pending: amount,
  tip: amount,
  users: amount,
} satisfies Record<ExpectKey, z.ZodType>;

/** What may be said of a user, and of a device; in a map with `device`, `user` is one of the latter. */
const userFacts = ['state', 'slots', 'start', 'expiry', 'appointments', 'devices'] as const;
const deviceFacts = ['user', 'state', 'role'] as const;

/** What is no state of a user is of something else, whose name has a slip in it. */
function mistakeOf(key: string, value: unknown): Parameters<z.core.$RefinementCtx['addIssue']>[0] | undefined {
  if (Object.hasOwn(expectShape, key)) return undefined;
  const issue = userState.safeParse(value).error?.issues[0];
  if (!issue) return undefined;
  const near = closestTo(key, expectKeys);
  const isState = typeof value === 'string' && closestTo(value, userStates) !== undefined;
  return near === undefined || isState
    ? {code: 'invalid_value', values: [...userStates], input: value, path: [key], message: issue.message}
    : {code: 'custom', input: value, path: [key], message: `there is no ${key}; did you mean ${near}?`};
}

export const expectMap = z
  .object(expectShape, {
    error:
      'expected what must hold, such as {user: alice, state: active}, {alice: active}, {device: phone, user: alice} or {tip: 120}',
  })
  .catchall(z.unknown())
  .refine((it) => Object.keys(it).length > 0, {
    error: 'expected at least one thing that must hold',
  })
  .superRefine((it, context) => {
    const mistakes = Object.entries(it).flatMap(([key, value]) => mistakeOf(key, value) ?? []);
    for (const mistake of mistakes) context.addIssue(mistake);
    if (mistakes.length > 0) return;
    const complain = (path: string, message: string) => context.addIssue({code: 'custom', path: [path], message});
    const has = (fact: string) => fact in it;
    if (it.device !== undefined) {
      if (!deviceFacts.some(has)) complain('device', 'expected something about the device, such as its user');
      for (const fact of userFacts.filter((name) => name !== 'state' && has(name)))
        complain(fact, 'belongs to a user; give him a map of his own');
      if (it.state !== undefined && it.state !== 'authorized' && it.state !== 'unknown')
        complain('state', 'expected authorized or unknown, for a device');
      return;
    }
    if (has('role')) complain('role', 'the role of whom? Add the key device');
    if (it.user === undefined) {
      for (const fact of userFacts.filter(has)) complain(fact, `the ${fact} of whom? Add the key user`);
      return;
    }
    if (it.user === nobody) complain('user', `expected a user, and ${nobody} is nobody`);
    if (!userFacts.some(has)) complain('user', 'expected something about the user, such as state');
    if (it.state === 'authorized') complain('state', 'expected active, expired or unknown, for a user');
  });

const expectations = z.preprocess(
  (value) => (Array.isArray(value) ? value : [value]),
  z.array(expectMap).min(1, {error: 'expected at least one thing that must hold'}),
);

/** Of a world, or of anything else in a file. */
export const filePath = text(4_096);

/** What each kind of step is given. The order is that of the reference page. */
export const stepSchemas = {
  ...refusable,
  mine: whole(1, maxMinedBlocks),
  mine_to: whole(0, maxU32),
  mine_to_next: oneOf(['due', 'expiry', 'deletion', 'timeout'] satisfies DueKind[] as [DueKind, ...DueKind[]]),
  mine_until: section(
    {expect: expectations, within: whole(1, maxMinedBlocks)},
    'what must hold and for how many blocks to wait, such as {expect: {alice: unknown}, within: 20}',
  ),
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
  step_back: whole(1, maxMinedBlocks),
  branch: section(
    {name: branchName, at: whole(0, maxU32).optional(), blocks: whole(1, maxMinedBlocks)},
    'a branch such as {name: rival, at: 110, blocks: 3}',
  ),
  switch_to: branchName,
  snapshot: snapshotName,
  restore: snapshotName,
  roll_back: whole(0, maxU32),
  export: filePath,
  restart: oneOf(['clean', 'kill_before_commit', 'kill_after_commit']),
  set: section(gatekeeperShape, 'settings').refine((it) => Object.keys(it).length > 0, {
    error: 'expected at least one setting',
  }),
  expect: expectations,
  refuse,
  fault,
  note,
} as const;

export type StepName = keyof typeof stepSchemas;
export const stepNames = Object.keys(stepSchemas) as StepName[];

const seedError = 'expected a text of 1 to 64 characters, or a whole number';
export const chainShape = {
  start_height: whole(0, maxMinedBlocks).optional(),
  seed: z.union([text(64), whole(0, Number.MAX_SAFE_INTEGER)], {error: seedError}).optional(),
  node: oneOf(['none', 'adapter'] satisfies ScenarioNode[] as ['none', 'adapter']).optional(),
};

/** The file without its steps, which are checked one by one against `stepSchemas`. */
export const scenarioSchema = section(
  {
    name: text(200),
    about: text(10_000).optional(),
    from: filePath.optional(),
    tower: section(gatekeeperShape, 'the settings of the tower').optional(),
    chain: section(chainShape, 'the chain to start from').optional(),
    steps: z
      .array(z.unknown(), {error: 'expected a list of steps such as `- mine: 1`'})
      .min(1, {error: 'expected at least one step'})
      .max(maxSteps, {error: `expected at most ${maxSteps} steps`}),
  },
  'a scenario',
).superRefine((it, context) => {
  if (it.from === undefined) return;
  for (const key of ['tower', 'chain'] as const) {
    if (it[key] === undefined) continue;
    const message = `a story that begins in the world of a file has those of that world`;
    context.addIssue({code: 'custom', path: [key], message});
  }
});

/** The keys of each section of the file, for the page that documents them. */
export const documentedKeys = {
  scenario: Object.keys(scenarioSchema.shape),
  tower: Object.keys(gatekeeperShape),
  chain: Object.keys(chainShape),
  steps: stepNames as string[],
  ask: requestKeys.ask,
  expect: [...expectKeys] as string[],
  request: requestKeys.request,
};
