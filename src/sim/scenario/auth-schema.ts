import {z} from 'zod';
import {maxU32} from '../../gatekeeper/settings.js';
import {maxU48, type RequestKind} from '../../store/layout.js';
import type {RequestState} from '../../store/request-row.js';
import {answerWords, deviceName, nobody, short, userName, userOrId, userOrNobody} from './name-schema.js';
import {maxMinedBlocks} from './scenario.js';
import {oneOf, section, text, whole} from './schema-parts.js';

/** Answers of the policy to one request and stage. */
const maxAnswers = 1_000;
/** Characters of signup or login info: above what the tower takes, so that a story can show it refuse. */
const maxInfo = 10_000;

const kind = oneOf(['user_signup', 'user_login', 'new_node'] satisfies RequestKind[] as [
  'user_signup',
  'user_login',
  'new_node',
]);
export const role = oneOf(['primary', 'secondary']);
export const roleOrNone = oneOf(['primary', 'secondary', nobody]);

const answerError = `expected what the policy answers: a number, the name of a user, ${answerWords.join(', ')}, {hang: 3} or {return: ...}`;
const answer = z.union(
  [
    z.number(),
    z.nan(),
    z.null(),
    z.literal(''),
    z.enum(answerWords),
    userName,
    z.strictObject({hang: whole(1, maxMinedBlocks)}),
    z.strictObject({return: z.unknown()}).refine((it) => 'return' in it),
  ],
  {error: answerError},
);
export type AnswerFields = z.output<typeof answer>;

const answers = z.preprocess(
  (value) => (Array.isArray(value) ? value : [value]),
  z.array(answer).min(1, {error: 'expected at least one answer'}).max(maxAnswers),
);

const nodeInfoError = 'expected a map such as {type: android}, without public_key, which is the key of the device';
const unprovenShape = {
  device: deviceName,
  as: userName.optional(),
  callback: answers.optional(),
  check: answers.optional(),
};
const requestShape = {
  ...unprovenShape,
  node_info: z
    .record(z.string(), z.json(), {error: nodeInfoError})
    .refine((it) => !('public_key' in it), {error: nodeInfoError})
    .optional(),
  signed_at: whole(0, maxU32).optional(),
  signed_by: deviceName.optional(),
};
const infoShape = {...requestShape, info: text(maxInfo).optional()};
const requestForm = (example: string) => `the name of a device, or a map such as ${example}`;

export const signup = short('device', infoShape, requestForm('{device: phone, as: alice, check: 0}'));
export const login = short('device', infoShape, requestForm('{device: laptop, as: alice, check: alice}'));
export const node = short('device', requestShape, requestForm('{device: miner, check: secondary}'));
export const registration = short('device', unprovenShape, requestForm('{device: phone, as: alice, check: 0}'));

const nameShape = {
  device: deviceName.optional(),
  kind: kind.optional(),
  id: whole(1, maxU48).optional(),
};
const namesOne = (it: {device?: unknown; kind?: unknown; id?: unknown}) =>
  (it.device === undefined) !== (it.id === undefined) && (it.id === undefined || it.kind === undefined);
const oneName = 'expected the device whose newest request is meant, and its kind where that is not clear, or an id';

export const approve = short(
  'device',
  {...nameShape, user: userOrId.optional(), role: role.optional()},
  'the name of a device, or a map such as {device: phone, user: alice}',
)
  .refine(namesOne, {error: oneName})
  .refine((it) => it.user === undefined || it.role === undefined, {error: 'expected a user or a role, not both'});

export const deny = section(
  {...nameShape, reason: text(1000)},
  'a denial such as {device: phone, reason: no such invite}',
).refine(namesOne, {error: oneName});

export const authorize = section(
  {device: deviceName, as: userName.optional(), user: userOrId.optional(), role: role.optional()},
  'an authorization such as {device: tablet, user: alice} or {device: core, role: primary}',
).refine((it) => (it.user === undefined) !== (it.role === undefined), {error: 'expected either a user or a role'});

export const revoke = short('device', {device: deviceName}, 'the name of a device, or a map');

const requestFacts = {
  state: oneOf(['pending', 'approved', 'denied', 'expired', 'failed', 'superseded'] satisfies RequestState[] as [
    RequestState,
    ...RequestState[],
  ]).optional(),
  proven: z.boolean({error: 'expected true or false'}).optional(),
  reason: text(1000).optional(),
  user: userOrNobody.optional(),
  role: roleOrNone.optional(),
  attempts: whole(0, maxU32).optional(),
  closed: whole(0, maxU32).optional(),
  by: text(64).optional(),
};
const requestShapeOfExpectation = {...nameShape, ...requestFacts};
export const requestExpectation = section(requestShapeOfExpectation, 'a request such as {device: phone, state: denied}')
  .refine(namesOne, {error: oneName})
  .refine((it) => Object.keys(requestFacts).some((fact) => fact in it), {
    error: 'expected something about the request, such as state',
  });

/** Keys for the page that documents them. */
export const requestKeys = {
  ask: Object.keys(infoShape),
  request: Object.keys(requestShapeOfExpectation),
};
