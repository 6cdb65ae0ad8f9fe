import test from 'ava';
import {recoverKey} from '../../../src/crypto/message-signature.js';
import {registrationReceipt} from '../../../src/crypto/receipt.js';
import {publicKey} from '../../support/keys.js';
import {World} from '../../support/world.js';
import {served, towerKey} from './support/served.js';
import {requestBytes} from './support/wire.js';

const register = (n: number) => ({
  method: 'POST',
  path: '/register',
  body: JSON.stringify({user_id: publicKey(n)}),
});

test('a key registers, and the answer has the fields of the wire', async (t) => {
  const {connect} = await served(t);
  const wire = await connect();
  const {status, headers, json} = await wire.ask(register(1));
  t.is(status, 200);
  t.is(headers['content-type'], 'application/json');
  t.like(json, {
    user_id: publicKey(1),
    available_slots: 10,
    subscription_start: 100,
    subscription_expiry: 110,
  });
  const promise = {userKey: publicKey(1), availableSlots: 10, subscriptionStart: 100, subscriptionExpiry: 110};
  const {subscription_signature: signature} = json as {subscription_signature: string};
  t.is(recoverKey(registrationReceipt(promise), signature), towerKey.publicKey);
});

test('a ping is answered with nothing, on the same connection as everything else', async (t) => {
  const {connect} = await served(t);
  const wire = await connect();
  const {status, headers, text} = await wire.ask({method: 'GET', path: '/ping?x=1'});
  t.deepEqual({status, text, type: headers['content-type']}, {status: 200, text: '', type: undefined});
  t.is((await wire.ask({method: 'HEAD', path: '/ping'})).status, 200);
  t.is((await wire.ask(register(1))).status, 200);
});

test('a tower that has not seen a block yet is unavailable, and says when to ask again', async (t) => {
  const world = await World.open(t);
  const {connect} = await served(t, {}, {world});
  const wire = await connect();
  const {status, headers, json} = await wire.ask(register(1));
  t.deepEqual({status, json}, {status: 503, json: {error: 'Service currently unavailable', error_code: 32}});
  t.is(headers['retry-after'], '10');
  t.is((await wire.ask({method: 'GET', path: '/ping'})).status, 200);
});

test('paths and methods that are not there are refused in JSON, at once', async (t) => {
  const {connect} = await served(t);
  const wire = await connect();
  const refusals = [
    ['GET', '/nope', 404],
    ['GET', '/', 404],
    ['POST', '/register/', 404],
    ['POST', '/register/x', 404],
    ['GET', '/%zz', 404],
    ['PUT', '/register', 405],
    ['GET', '/register', 405],
    ['POST', '/ping', 405],
    ['PROPFIND', '/ping', 405],
    ['DELETE', '/nope', 404],
  ] as const;
  for (const [method, path, expected] of refusals) {
    const {status, json, headers} = await wire.ask({method, path});
    t.is(status, expected, `${method} ${path}`);
    t.like(json, {error_code: 6});
    t.is(headers['allow'] !== undefined, expected === 405);
  }
});

test('the address of a request may be absolute', async (t) => {
  const {connect} = await served(t);
  t.is((await (await connect()).ask({method: 'GET', path: 'http://tower:9814/ping'})).status, 200);
});

test('a server that closes answers what is under way, and ends idle connections', async (t) => {
  const {connect, server} = await served(t);
  const [idle, silent, busy] = [await connect(), await connect(), await connect()];
  await idle.ask({method: 'GET', path: '/ping'});
  const [head, rest] = halves(requestBytes(register(1)));
  busy.write(head);
  await idle.ask({method: 'GET', path: '/ping'});
  const closed = server.close();
  await Promise.all([idle.ended, silent.ended]);
  busy.write(rest);
  const {status, headers} = await busy.answerTo(register(1));
  t.is(status, 200);
  t.is(headers['connection'], 'close');
  await busy.ended;
  await closed;
});

function halves(bytes: Buffer): [Buffer, Buffer] {
  const half = bytes.length - 10;
  return [bytes.subarray(0, half), bytes.subarray(half)];
}
