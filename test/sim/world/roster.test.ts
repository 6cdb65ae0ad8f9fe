import test from 'ava';
import type {AuthEvent} from '../../../src/gatekeeper/auth/events.js';
import {Cast} from '../../../src/sim/world/cast.js';
import {Roster} from '../../../src/sim/world/roster.js';

function aRoster() {
  const cast = new Cast('seed');
  const roster = new Roster(cast);
  const receive = (requestId: number, device: string): void =>
    roster.learn({
      type: 'request_received',
      height: 100,
      requestId,
      kind: 'user_signup',
      key: cast.keyOf(device),
      infoHash: null,
      nodeInfo: '{}',
      proven: true,
      proofHeight: 100,
      supersedes: null,
    });
  const authorize = (device: string, userId: number | null, requestId: number | null = null): void => {
    const event: AuthEvent = {
      type: 'device_authorized',
      height: 100,
      key: cast.keyOf(device),
      userId,
      role: null,
      requestId,
      created: null,
    };
    roster.learn(event);
  };
  return {cast, roster, receive, authorize};
}

test('a name stands for the user id that its device got, whatever the device asked for since', (t) => {
  const {roster, receive, authorize} = aRoster();
  roster.introduce('phone', 'alice');
  receive(1, 'phone');
  t.is(roster.idOf('alice'), undefined);
  roster.introduce('phone', 'bob');
  authorize('phone', 7, 1);
  t.is(roster.idOf('alice'), 7);
  t.is(roster.idOf('bob'), undefined);
  t.is(roster.nameOf(7), 'alice');
  t.deepEqual(roster.request(1), {id: 1, kind: 'user_signup', device: 'phone', as: 'alice'});
});

test('an authorization in advance goes by what the step has called the user, or by the device', (t) => {
  const {roster, authorize} = aRoster();
  roster.introduce('tablet', 'bob');
  authorize('tablet', 3);
  authorize('watch', 4);
  t.is(roster.idOf('bob'), 3);
  t.is(roster.idOf('watch'), 4);
  authorize('core', null);
  t.is(roster.idOf('core'), undefined, 'a primary belongs to nobody');
});

test('an id keeps its first name, and a name means the last id', (t) => {
  const {roster, authorize} = aRoster();
  roster.introduce('phone', 'alice');
  roster.introduce('laptop', 'mallory');
  authorize('phone', 1);
  authorize('laptop', 1);
  t.is(roster.nameOf(1), 'alice');
  t.is(roster.idOf('mallory'), 1);
  authorize('phone', 2);
  t.is(roster.idOf('alice'), 2);
  t.is(roster.nameOf(2), 'alice');
  t.is(roster.nameOf(1), 'user 1');
  t.is(roster.idOf(1), 1);
});

test('a user acts through his first device, or through his own key', (t) => {
  const {cast, roster} = aRoster();
  roster.introduce('phone', 'alice');
  roster.introduce('laptop', 'alice');
  t.is(roster.deviceOf('alice'), 'phone');
  t.is(roster.deviceOf('laptop'), 'laptop');
  roster.introduce('bob', 'bob');
  roster.introduce('tablet', 'bob');
  t.is(roster.deviceOf('bob'), 'bob');
  roster.learn({
    type: 'user_registered',
    height: 100,
    key: cast.keyOf('bob'),
    userId: 5,
    availableSlots: 1,
    subscriptionStart: 100,
    subscriptionExpiry: 110,
  });
  t.is(roster.idOf('bob'), 5);
});
