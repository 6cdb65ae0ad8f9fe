import type {RequestAtTip} from '../api/admin/admin-authorization.js';
import type {PolicyStatus} from '../api/admin/admin-tower.js';
import type {RequestView} from '../gatekeeper/auth/views.js';
import {blocksInWords, heightInWords, type Saying} from '../sim/timeline/heights.js';
import type {RequestStage} from '../store/layout.js';
import type {Closing, RequestState, Verdict} from '../store/request-row.js';
import type {Paint} from './paint.js';
import {printable} from '../errors/printable.js';

const expiring: Saying = {future: 'expires', past: 'to expire'};
const asking: Saying = {future: 'asked about again', past: 'asked about again'};
const waiting: Saying = {future: 'the device may ask again', past: 'the device may ask again'};

export const colourOf: Readonly<Record<RequestState, Parameters<Paint>[0]>> = {
  pending: 'yellow',
  approved: 'green',
  denied: 'red',
  failed: 'red',
  expired: 'dim',
  superseded: 'dim',
};

/** A height that has come, with how long ago: `120, 2 blocks ago`. */
export function pastInWords(height: number, tipHeight: number): string {
  return `${height}, ${height >= tipHeight ? 'in this block' : `${blocksInWords(tipHeight - height)} ago`}`;
}

export const kindInWords = ({kind, proven}: RequestView): string => (proven ? kind : `${kind}, unproven`);

export const expiryInWords = ({expiresAt}: RequestView, tipHeight: number): string =>
  heightInWords(expiresAt, {tipHeight, saying: expiring});

export const retryInWords = (retryHeight: number, tipHeight: number): string =>
  heightInWords(retryHeight, {tipHeight, saying: waiting});

/** A request, with those who decide besides the operator. */
export interface RequestAndPolicies extends RequestAtTip {
  readonly policies: readonly PolicyStatus[];
  /** Whether one of them can be asked about it as it stands. */
  readonly policyDecides: boolean;
}

export function withPolicies(request: RequestAtTip, policies: readonly PolicyStatus[]): RequestAndPolicies {
  return {...request, policies, policyDecides: isPending(request) && nextStage(request, policies) !== undefined};
}

const isPending = ({state, answer}: RequestView): boolean => state === 'pending' && answer === null;

/** What is asked next; a kind without a fast callback goes straight to the check. */
function nextStage({stage, kind}: RequestView, policies: readonly PolicyStatus[]): RequestStage | undefined {
  const stages: RequestStage[] = stage === 'callback' ? ['callback', 'check'] : ['check'];
  return stages.find((asked) => policies.some((policy) => policy[asked].includes(kind)));
}

/** Whether it is left to the loop of the embedding program, whose function has put it off. */
const isProgramsTurn = ({stage, kind, policies}: RequestAndPolicies): boolean =>
  stage === 'check' && policies.some(({name, callback}) => name === 'program' && callback.includes(kind));

/** Whether somebody is at it, so that the operator need not decide. */
export const isInHand = (request: RequestAndPolicies): boolean =>
  request.answer !== null || request.policyDecides || isProgramsTurn(request);

const isAsked = ({callback, check}: PolicyStatus): boolean => callback.length + check.length > 0;

/** What a pending request waits for. */
export function waitInWords(request: RequestAndPolicies): string {
  const {kind, readyHeight, answer, policies, tipHeight} = request;
  if (answer !== null) return 'for a block that applies its answer';
  const next = nextStage(request, policies);
  if (next !== undefined) {
    const asked = {callback: "a policy's fast callback", check: "a policy's check"}[next];
    const again = readyHeight > tipHeight ? `; ${heightInWords(readyHeight, {tipHeight, saying: asking})}` : '';
    const trouble = policies.find((policy) => policy[next].includes(kind))?.trouble ?? null;
    return `for ${asked}, or an operator${again}${trouble === null ? '' : `; ${printable(trouble)}`}`;
  }
  if (isProgramsTurn(request)) return 'for the program that runs the tower, or an operator';
  const troubled = policies.find((policy) => policy.trouble !== null && !isAsked(policy));
  if (troubled === undefined) return 'for an operator: no policy takes it';
  return `for an operator: the ${troubled.name} is not asked for now, because ${printable(troubled.trouble!)}`;
}

/** The same in a word or three, for a table. */
export function stageInWords({stage, readyHeight, answer}: RequestView, tipHeight: number): string {
  if (answer !== null) return 'answered';
  return readyHeight > tipHeight ? `${stage} at ${readyHeight}` : stage;
}

export function verdictInWords(verdict: Verdict): string {
  switch (verdict.type) {
    case 'approve_user':
      return verdict.userId === 0 ? 'approve as a new user' : `approve as user ${verdict.userId}`;
    case 'approve_node':
      return `approve as ${verdict.role}`;
    case 'deny':
      return `deny: ${printable(verdict.reason)}`;
  }
}

/** What an operator may say to a pending request. */
export function decisionsFor({requestId, kind}: RequestView): string[] {
  const as = {user_signup: '', user_login: ' --user USER', new_node: ' --role ROLE'}[kind];
  return [`bartizan approve ${requestId}${as}`, `bartizan deny ${requestId} --reason TEXT`];
}

/** A label and what stands beside it; no row for what is not there. */
export type Row = [label: string, text: string];
export const rowOf = (label: string, text: string | null): Row[] => (text === null ? [] : [[label, text]]);

/** Lines that belong together, of which the first alone has the label. */
export const underOneLabel = (label: string, lines: readonly string[]): Row[] =>
  lines.map((line, index) => [index === 0 ? label : '', line]);

/** What became of a request, as aligned rows: for whoever has just decided or sent it. */
export function outcomeRows(request: RequestAtTip, paint: Paint): Row[] {
  const {requestId, kind, key, state, closing, retryHeight, tipHeight} = request;
  const by = closing === null ? '' : ` at ${closing.height} by ${printable(closing.actor)}`;
  return [
    ['request', `${requestId}  ${kind}`],
    ['key', key],
    ['state', paint(colourOf[state], `${state}${by}`)],
    ...(closing === null ? [] : [...grantRows(closing), ...reasonRows(closing, state)]),
    ...rowOf('next', retryHeight === null ? null : retryInWords(retryHeight, tipHeight)),
  ];
}

/** What a device was given. */
export const grantRows = ({userId, role}: Pick<Closing, 'userId' | 'role'>): Row[] => [
  ...rowOf('user', userId === null ? null : String(userId)),
  ...rowOf('role', role),
];

/** Why; that approved is approved needs no saying. */
export const reasonRows = ({reason}: Closing, state: RequestState): Row[] =>
  rowOf('reason', reason === state ? null : printable(reason));
