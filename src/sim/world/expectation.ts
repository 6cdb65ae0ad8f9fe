import {unreachable} from '../../errors/index.js';
import {isExpired} from '../../gatekeeper/subscription.js';
import {examineDevice, examineRequest} from './auth-expectation.js';
import type {Finding, Story} from './finding.js';
import {countInWords, plural} from '../timeline/heights.js';
import {userText} from '../timeline/request-text.js';
import type {Expectation} from '../scenario/scenario.js';

export async function examine(expectation: Expectation, story: Story): Promise<Finding> {
  const {tower} = story;
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
    case 'pending':
      return compare(
        tower.auth.pendingRequests,
        expectation.count,
        (count) => `${plural(count, 'request')} wait${count === 1 ? 's' : ''}`,
      );
    case 'user':
      return examineUser(expectation, story);
    case 'device':
      return examineDevice(expectation, story);
    case 'request':
      return examineRequest(expectation, story);
    default:
      return unreachable(expectation);
  }
}

function compare(actual: number, expected: number, say: (value: number) => string): Finding {
  return {met: actual === expected, claim: say(expected), actual: say(actual)};
}

type UserExpectation = Extract<Expectation, {type: 'user'}>;
const heights: ReadonlySet<string> = new Set(['start', 'expiry']);
const fields = ['slots', 'start', 'expiry', 'appointments', 'devices'] as const;

async function examineUser(expected: UserExpectation, {tower, cast, roster}: Story): Promise<Finding> {
  const {state} = expected;
  const name = userText(expected.user);
  const named = fields.filter((field) => expected[field] !== undefined);
  const claim =
    `${name} ${state === undefined ? 'has' : `is ${state}`}` +
    (named.length === 0 ? '' : `${state === undefined ? '' : ':'} ${list(named, expected)}`);

  const id = roster.idOf(expected.user);
  const {registeredUsers} = tower.gatekeeper;
  // Who has never been a user may still have a device.
  const user = id === undefined ? await registeredUsers.get(cast.keyOf(name)) : await registeredUsers.byId(id);
  if (!user) return {met: state === 'unknown' && named.length === 0, claim, actual: `${name} is unknown`};
  const tipHeight = tower.tip?.height ?? 0;
  const actual: UserExpectation = {
    type: 'user',
    user: expected.user,
    state: isExpired({expiry: user.subscriptionExpiry}, tipHeight) ? 'expired' : 'active',
    slots: user.availableSlots,
    start: user.subscriptionStart,
    expiry: user.subscriptionExpiry,
    appointments: user.appointmentCount,
    devices: user.devices.length,
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
  names.map((field) => `${field} ${heights.has(field) ? from[field] : countInWords(from[field]!)}`).join(', ');
