import test from 'ava';
import {decodeZbase32} from '../../../src/crypto/zbase32.js';
import {locator, publicKey} from '../../support/keys.js';
import {World} from '../../support/world.js';
import {addRequest, getRequest, infoRequest, registerRequest, signerOf} from './support/requests.js';
import {served, towerKey} from './support/served.js';

const unavailable = {error: 'Service currently unavailable', error_code: 32};

test('a deposit that is sent again, even a day later, gets a receipt and takes no slot', async (t) => {
  const {connect, world} = await served(t);
  const wire = await connect();
  await wire.ask(registerRequest(1));
  const add = addRequest({n: 1});
  const first = await wire.ask(add);
  t.deepEqual((await wire.ask(add)).json, first.json);
  await world.mine(3);
  const {json} = await wire.ask(add);
  t.like(json, {available_slots: 9, start_block: 103});
  t.is(signerOf(add, json), towerKey.publicKey);
});

test('an empty blob takes a slot, one byte more than a slot holds takes two', async (t) => {
  const {connect} = await served(t);
  const wire = await connect();
  await wire.ask(registerRequest(1));
  const sizes = [
    [0, 9],
    [2048, 8],
    [2049, 6],
    [65_536, undefined],
  ] as const;
  for (const [place, [size, left]] of sizes.entries()) {
    const {status, json} = await wire.ask(addRequest({n: 1, place: place + 1, blob: Buffer.alloc(size)}));
    if (left === undefined) {
      const error = 'Invalid signature or user does not have enough slots available';
      t.deepEqual({status, json}, {status: 401, json: {error, error_code: 7}});
    } else t.like(json, {available_slots: left});
  }
});

test('a blob as long as is accepted goes in and comes out; one byte more is refused for ever', async (t) => {
  const {connect} = await served(t, {maxBlobBytes: 16_384});
  const wire = await connect();
  await wire.ask(registerRequest(1));
  const blob = Buffer.from(Array.from({length: 16_384}, (_, i) => i % 251));
  t.is((await wire.ask(addRequest({n: 1, blob}))).status, 200);
  t.like((await wire.ask(getRequest(1))).json, {appointment: {encrypted_blob: blob.toString('hex')}});
  const {status, json} = await wire.ask(addRequest({n: 1, blob: Buffer.alloc(16_385)}));
  t.is(status, 413);
  t.like(json, {error_code: 34});
});

test('a signature in hex, which the tower knows elsewhere, is none on this wire', async (t) => {
  const {connect} = await served(t);
  const wire = await connect();
  await wire.ask(registerRequest(1));
  const asked = JSON.parse(String(infoRequest(1).body)) as {signature: string};

  const hex = Buffer.from(decodeZbase32(asked.signature)!).toString('hex');
  const request = (signature: string) => ({...infoRequest(1), body: JSON.stringify({signature})});
  t.is((await wire.ask(request(hex))).status, 401);
  t.is((await wire.ask(request(asked.signature.toUpperCase()))).status, 200);
});

test('a receipt covers the text of the signature that came, not what it means', async (t) => {
  const {connect} = await served(t);
  const wire = await connect();
  await wire.ask(registerRequest(1));
  const add = addRequest({n: 1});
  const body = JSON.parse(String(add.body)) as {signature: string};
  const shouted = {...add, body: JSON.stringify({...body, signature: body.signature.toUpperCase()})};
  t.is(signerOf(shouted, (await wire.ask(shouted)).json), towerKey.publicKey);
});

test('deposits are taken and shown while the node is away', async (t) => {
  const {connect, world} = await served(t);
  const wire = await connect();
  await wire.ask(registerRequest(1));
  world.source.before = () => {
    throw new Error('the node is away');
  };
  world.source.mine(1);
  await wire.ask({method: 'GET', path: '/ping'});
  const add = addRequest({n: 1});
  const {status, json} = await wire.ask(add);
  t.is(status, 200);
  t.like(json, {start_block: 100});
  t.is((await wire.ask(getRequest(1))).status, 200);
  t.is((await wire.ask(registerRequest(2))).status, 200);
});

test('a tower that has never seen a block, or has halted, is unavailable whatever is asked', async (t) => {
  const fresh = await served(t, {}, {world: await World.open(t, {key: towerKey})});
  const halted = await served(t);
  const wires = [await fresh.connect(), await halted.connect()];
  await wires[1]!.ask(registerRequest(1));
  await t.throwsAsync(
    halted.world.change(() => {
      throw new TypeError('a defect');
    }),
  );
  for (const wire of wires) {
    for (const request of [registerRequest(1), addRequest({n: 1}), getRequest(1), infoRequest(1)]) {
      const {status, json, headers} = await wire.ask(request);
      t.deepEqual({status, json}, {status: 503, json: unavailable}, request.path);
      t.regex(headers['retry-after']!, /^\d+$/);
    }
    t.is((await wire.ask({...registerRequest(1), body: '{}'})).status, 400, 'a bad request stays one');
  }
});

test('while the queue is full a deposit waits, and a registration is told when to come back', async (t) => {
  const {connect, world} = await served(t, {}, {settings: {subscriptionSlots: 50_000}});
  const [depositor, other] = [await connect(), await connect()];
  await depositor.ask(registerRequest(1));
  let goOn: () => void = () => undefined;
  const blocked = world.change(() => new Promise<void>((resolve) => (goOn = resolve)));
  await new Promise(setImmediate);
  const {lock} = world.tower.gatekeeper;
  const waiting = Array.from({length: 19_999}, () => lock.submit({actor: 'user:other', run: async () => undefined}));
  const {status, json, headers} = await other.ask(registerRequest(2));
  t.deepEqual({status, json, again: headers['retry-after']}, {status: 503, json: unavailable, again: '1'});
  const answer = depositor.ask(addRequest({n: 1}));
  t.is((await other.ask(getRequest(1))).status, 404, 'reads do not wait');
  goOn();
  await Promise.all([blocked, ...waiting]);
  t.is((await answer).status, 200);
});

test('a subscription with more appointments than one piece of text holds is listed whole', async (t) => {
  const {port, world} = await served(t, {}, {settings: {subscriptionSlots: 50_000}});
  await world.register(1);
  const {gatekeeper} = world.tower;
  const locators = Array.from({length: 12_345}, (_, i) => locator(i + 1));
  await Promise.all(
    locators.map((place) =>
      gatekeeper.addUpdateAppointment(publicKey(1), {
        locator: place,
        encryptedBlob: Buffer.alloc(1),
        toSelfDelay: 0,
        signature: 'kept',
      }),
    ),
  );
  const {method, path, body} = infoRequest(1);
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    body: String(body),
    headers: {'content-type': 'application/json'},
  });
  t.is(response.headers.get('content-type'), 'application/json');
  const text = await response.text();
  t.is(response.status, 200, text);
  const answer = JSON.parse(text) as {locators: string[]};
  t.deepEqual(
    {...answer, locators: [...answer.locators].sort()},
    {
      available_slots: 50_000 - 12_345,
      subscription_expiry: 110,
      locators,
    },
  );
});
