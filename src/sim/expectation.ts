import {isExpired} from '../gatekeeper/subscription.js';
import type {Tower} from '../tower/tower.js';
import type {Cast} from './cast.js';
import {plural} from './heights.js';
import type {Expectation} from './scenario.js';

/** How an expectation compares with what is committed. */
export interface Finding {
  readonly met: boolean;
  /** What was expected, as a clause: `alice is active: slots 96`. */
  readonly claim: string;
  /** What is, where it differs. */
  readonly actual: string;
}

export async function examine(expectation: Expectation, tower: Tower, cast: Cast): Promise<Finding> {
  switch (expectation.type) {
    case 'tip': {
      const height = tower.tip?.height ?? 0;
      return compare(height, expectation.height, (tip) => `the tip is ${tip}`);
    }
    case 'users':
      return compare(
        tower.gatekeeper.registeredUsers.size,
        expectation.count,
        (count) => `the tower has ${plural(count, 'user')}`,
      );
    case 'user':
      return examineUser(expectation, tower, cast);
  }
}

function compare(actual: number, expected: number, say: (value: number) => string): Finding {
  return {met: actual === expected, claim: say(expected), actual: say(actual)};
}

type UserExpectation = Extract<Expectation, {type: 'user'}>;
const fields = ['slots', 'start', 'expiry', 'appointments'] as const;

async function examineUser(expected: UserExpectation, tower: Tower, cast: Cast): Promise<Finding> {
  const {user: name, state} = expected;
  const named = fields.filter((field) => expected[field] !== undefined);
  const claim =
    `${name} ${state === undefined ? 'has' : `is ${state}`}` +
    (named.length === 0 ? '' : `${state === undefined ? '' : ':'} ${list(named, expected)}`);

  const user = await tower.gatekeeper.registeredUsers.get(cast.keyOf(name));
  if (!user) return {met: state === 'unknown' && named.length === 0, claim, actual: `${name} is unknown`};
  const tipHeight = tower.tip?.height ?? 0;
  const actual: UserExpectation = {
    type: 'user',
    user: name,
    state: isExpired({expiry: user.subscriptionExpiry}, tipHeight) ? 'expired' : 'active',
    slots: user.availableSlots,
    start: user.subscriptionStart,
    expiry: user.subscriptionExpiry,
    appointments: user.appointmentCount,
  };
  const wrong = named.filter((field) => actual[field] !== expected[field]);
  const wrongState = state !== undefined && state !== actual.state;
  const differences = [
    ...(wrongState ? [`${name} is ${actual.state}`] : []),
    ...(wrong.length > 0 ? [list(wrong, actual)] : []),
  ];
  return {met: differences.length === 0, claim, actual: differences.join(', with ')};
}

const list = (names: readonly (typeof fields)[number][], from: UserExpectation) =>
  names.map((field) => `${field} ${from[field]}`).join(', ');
