import type {z} from 'zod';
import type {
  AnswerFields,
  approve,
  authorize,
  deny,
  node,
  registration,
  requestExpectation,
  revoke,
  signup,
} from './auth-schema.js';
import {nobody} from './name-schema.js';
import type {
  DeviceRequest,
  Expectation,
  NodeRole,
  OperatorAct,
  PolicyAnswer,
  PolicyScript,
  RequestName,
  UnprovenRequest,
  UserName,
} from './scenario.js';

type RequestFields = z.output<typeof signup> | z.output<typeof node>;

/** Leaves out what the file leaves out. */
export const definedOnly = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>;
  };

function toAnswer(answer: AnswerFields): PolicyAnswer {
  if (typeof answer === 'object' && answer !== null) {
    return 'hang' in answer ? {type: 'hangs', blocks: answer.hang} : {type: 'returns', value: answer.return};
  }
  if (answer === 'throw') return {type: 'throws'};
  if (answer === 'unavailable') return {type: 'unavailable'};
  const isName = typeof answer === 'string' && answer !== '' && answer !== 'primary' && answer !== 'secondary';
  return isName ? {type: 'user', name: answer} : {type: 'returns', value: answer};
}

function toScript({callback, check}: z.output<typeof registration>): PolicyScript | undefined {
  if (!callback && !check) return undefined;
  return {callback: (callback ?? [-2]).map(toAnswer), check: (check ?? []).map(toAnswer)};
}

export const toUnproven = (fields: z.output<typeof registration>): UnprovenRequest => ({
  type: 'request_registration',
  device: fields.device,
  ...definedOnly({as: fields.as, script: toScript(fields)}),
});

export function toRequest(type: DeviceRequest['type'], fields: RequestFields): DeviceRequest {
  const {device, as, node_info: nodeInfo, signed_at: signedAt, signed_by: signedBy} = fields;
  const info = 'info' in fields ? fields.info : undefined;
  return {type, device, ...definedOnly({as, info, nodeInfo, script: toScript(fields), signedAt, signedBy})};
}

function toName({device, kind, id}: Omit<z.output<typeof deny>, 'reason'>): RequestName {
  return id === undefined ? {device: device!, ...definedOnly({kind})} : {id};
}

export const toApproval = (it: z.output<typeof approve>): OperatorAct => ({
  type: 'approve',
  request: toName(it),
  ...definedOnly({user: it.user, role: it.role}),
});

export const toDenial = (it: z.output<typeof deny>): OperatorAct => ({
  type: 'deny',
  request: toName(it),
  reason: it.reason,
});

export const toAuthorization = ({device, ...it}: z.output<typeof authorize>): OperatorAct => ({
  type: 'authorize',
  device,
  ...definedOnly(it),
});

export const toRevocation = ({device}: z.output<typeof revoke>): OperatorAct => ({type: 'revoke', device});

/** Where the file may say that there is none. */
export const orNobody = <T extends UserName | NodeRole>(value: T | typeof nobody | undefined): T | null | undefined =>
  value === nobody ? null : (value as T | undefined);

export function toRequestExpectation(it: z.output<typeof requestExpectation>): Expectation {
  const {state, proven, reason, attempts, closed, by} = it;
  const [user, role] = [orNobody<UserName>(it.user), orNobody<NodeRole>(it.role)];
  const facts = definedOnly({state, proven, reason, user, role, attempts, closed, by});
  return {type: 'request', request: toName(it), ...facts};
}
