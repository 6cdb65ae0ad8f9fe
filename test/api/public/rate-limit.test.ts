import test from 'ava';
import {addressGroup} from '../../../src/api/public/address-group.js';
import {AddressLimits} from '../../../src/api/public/address-limits.js';
import {RateLimit} from '../../../src/api/public/rate-limit.js';
import {ManualTimers} from '../../support/manual-timers.js';
import {addRequest, registerRequest} from './support/requests.js';
import {served} from './support/served.js';
import type {Wire, WireAnswer, WireRequest} from './support/wire.js';

const ping = {method: 'GET', path: '/ping'};

test('a burst is let through, then so many a second, for each on his own', (t) => {
  const timers = new ManualTimers();
  const limit = new RateLimit({perSecond: 2, burst: 3, nowMs: () => timers.nowMs()});
  t.deepEqual(
    Array.from({length: 5}, () => limit.take('a')),
    [0, 0, 0, 500, 500],
  );
  t.is(limit.take('b'), 0);
  timers.pass(500);
  t.is(limit.take('a'), 0);
  t.is(limit.take('a'), 500);
  timers.pass(10_000);
  t.deepEqual(
    Array.from({length: 4}, () => limit.take('a')),
    [0, 0, 0, 500],
    'a pause earns a burst, and no more',
  );
});

test('whoever waits is counted, so that the next one waits behind him', (t) => {
  const limit = new RateLimit({perSecond: 1, burst: 1, nowMs: () => 0});
  t.is(limit.take('a'), 0);
  t.deepEqual(
    Array.from({length: 4}, () => limit.take('a', 2_000)),
    [1_000, 2_000, 3_000, 3_000],
  );
});

test('it remembers so many, and those who have asked last', (t) => {
  const limit = new RateLimit({perSecond: 1, burst: 1, nowMs: () => 0});
  limit.take('first');
  for (let n = 0; n < 30_000; n++) {
    limit.take(`other ${n}`);
    limit.take('first', 1e9);
  }
  t.not(limit.take('first'), 0);
  t.is(limit.take('other 0'), 0);
});

test('addresses of one customer count as one', (t) => {
  const groups = {
    '192.0.2.7': '192.0.2.7',
    '::ffff:192.0.2.7': '192.0.2.7',
    '::1': '0:0:0:0::/64',
    '2001:db8:1:2:3:4:5:6': '2001:db8:1:2::/64',
    '2001:DB8:1:2::9': '2001:db8:1:2::/64',
    '2001:db8::9': '2001:db8:0:0::/64',
    'fe80::1%eth0': 'fe80:0:0:0::/64',
  };
  for (const [address, group] of Object.entries(groups)) t.is(addressGroup(address), group);
});

test('who asks too often is refused with the time to wait; whoever deposits is made to wait instead', async (t) => {
  const {connect} = await served(t, {rateLimit: 5});
  const wire = await connect();
  await wire.ask(registerRequest(1));
  const {json, headers} = await askUntilRefused(wire, ping);
  t.deepEqual(json, {error: 'Too many requests', error_code: 32});
  t.is(headers['retry-after'], '1');
  await askUntilRefused(wire, registerRequest(2));
  t.is((await wire.ask(addRequest({n: 1}))).status, 200);
});

test('so many deposits that they would wait for long are not answered, and no answer is made up for them', async (t) => {
  const {connect, server} = await served(t, {rateLimit: 5});
  const first = await connect();
  await first.ask(registerRequest(1));
  await askUntilRefused(first, ping);
  const wires = await Promise.all(Array.from({length: 150}, connect));
  const answers = wires.map((wire) => wire.ask(addRequest({n: 1})));
  await Promise.race(wires.map(({ended}) => ended));
  // Those that wait are let go on when the server closes.
  await Promise.all([server.close(), Promise.allSettled(answers)]);
  const statuses = (await Promise.allSettled(answers)).map((one) =>
    one.status === 'fulfilled' ? one.value.status : 0,
  );
  t.deepEqual([...new Set(statuses)].sort(), [0, 200]);
  t.true(wires.every(({rest}) => rest === ''));
});

test('addresses of the machine itself can be spared, for those who come through Tor or a proxy', (t) => {
  const limits = new AddressLimits({rateLimit: 1, sparesLoopback: true});
  const waits = (address: string | undefined) =>
    Array.from({length: 100}, () => limits.request(address)).some((ms) => ms > 0);
  for (const own of ['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1']) t.false(waits(own), own);
  for (const other of ['192.0.2.1', '127.0.0.1.example', '::ffff:192.0.2.1', undefined]) t.true(waits(other), other);
  t.is(limits.registration('::1', 'a key'), 0);
});

test('an address registers a tenth as often as it may ask, whatever the keys', async (t) => {
  const {connect} = await served(t, {rateLimit: 20});
  const wire = await connect();
  let keys = 0;
  while ((await wire.ask(registerRequest(keys + 1))).status === 200) keys++;
  t.true(keys >= 20, `${keys} keys`);
  t.is((await wire.ask(ping)).status, 200);
});

test('a key is registered so often, whoever asks', async (t) => {
  const {connect} = await served(t, {rateLimit: 100_000});
  const wire = await connect();
  await askUntilRefused(wire, registerRequest(1));
  t.is((await wire.ask(registerRequest(2))).status, 200);
});

/** The first answer that is none, of many. */
async function askUntilRefused(wire: Wire, request: WireRequest): Promise<WireAnswer> {
  for (let n = 0; n < 1_000; n++) {
    const answer = await wire.ask(request);
    if (answer.status === 429) return answer;
  }
  throw new Error('nothing was refused');
}
