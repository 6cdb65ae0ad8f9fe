import type {RequestView} from '../../gatekeeper/auth/views.js';
import type {Role} from '../../store/rows.js';
import type {Finding, Story} from './finding.js';
import {plural} from '../timeline/heights.js';
import {nameText, userText} from '../timeline/request-text.js';
import type {Roster} from './roster.js';
import type {Expectation, UserName} from '../scenario/scenario.js';
import {findRequest} from './sender.js';

/** Something of which one thing is expected and another may be; both are the end of a clause. */
interface Fact {
  readonly met: boolean;
  readonly expected: string;
  readonly actual: string;
}

export async function examineDevice(
  expected: Extract<Expectation, {type: 'device'}>,
  {tower, cast, roster}: Story,
): Promise<Finding> {
  const {device} = await tower.auth.status(cast.keyOf(expected.device));
  const facts = [
    fact(expected.state, device ? 'authorized' : 'unknown', (state) => `is ${state}`),
    userFact(expected.user, device?.userId ?? null, roster, (user) => `belongs to ${user}`),
    fact(expected.role, device?.role ?? null, (role) => (role === null ? 'has no role' : `is a ${role}`)),
  ];
  const isMissing = device === null && ((expected.user ?? null) !== null || (expected.role ?? null) !== null);
  return find(expected.device, facts, isMissing ? 'is unknown' : undefined);
}

export async function examineRequest(
  expected: Extract<Expectation, {type: 'request'}>,
  {tower, cast, roster}: Story,
): Promise<Finding> {
  const request = await findRequest(expected.request, tower.auth, cast);
  const facts = requestFacts(expected, request, roster);
  return find(nameText(expected.request), facts, request ? undefined : 'is not there');
}

function requestFacts(
  expected: Extract<Expectation, {type: 'request'}>,
  request: RequestView | undefined,
  roster: Roster,
): (Fact | undefined)[] {
  const closing = request?.closing ?? null;
  return [
    fact(expected.state, request?.state, (state) => `is ${state}`),
    fact(expected.proven, request?.proven, (proven) => (proven ? 'is proven' : 'is unproven')),
    fact(expected.reason, closing?.reason, (reason) => (reason === undefined ? 'has no reason' : `says "${reason}"`)),
    userFact(expected.user, closing?.userId ?? null, roster, (user) => `leads to ${user}`),
    fact(expected.role, closing?.role ?? null, (role: Role) => `leads to ${role ?? 'no role'}`),
    fact(expected.attempts, request?.attempts, (attempts) => `has ${plural(attempts ?? 0, 'failed attempt')}`),
    fact(expected.closed, closing?.height, (height) => (height === undefined ? 'is open' : `was closed at ${height}`)),
    fact(expected.by, closing?.actor, (by) => (by === undefined ? 'is open' : `was closed by ${by}`)),
  ];
}

function fact<Value>(expected: Value | undefined, actual: Value, say: (value: Value) => string): Fact | undefined {
  if (expected === undefined) return undefined;
  return {met: expected === actual, expected: say(expected), actual: say(actual)};
}

function userFact(
  expected: UserName | null | undefined,
  actual: number | null,
  roster: Roster,
  say: (user: string) => string,
): Fact | undefined {
  if (expected === undefined) return undefined;
  const met = (expected === null ? null : roster.idOf(expected)) === actual;
  const said = say(expected === null ? 'nobody' : userText(expected));
  return {met, expected: said, actual: met ? said : say(actual === null ? 'nobody' : roster.nameOf(actual))};
}

function find(who: string, facts: readonly (Fact | undefined)[], missing: string | undefined): Finding {
  const named = facts.filter((it) => it !== undefined);
  const wrong = named.filter(({met}) => !met);
  return {
    met: wrong.length === 0 && missing === undefined,
    claim: `${who} ${named.map(({expected}) => expected).join(', ')}`,
    actual: `${who} ${missing ?? wrong.map(({actual}) => actual).join(', ')}`,
  };
}
