import test from 'ava';
import {locator} from '../../support/keys.js';
import {addRequest, getRequest, infoRequest, registerRequest, signerOf} from './support/requests.js';
import {served, towerKey} from './support/served.js';
import {requestBytes} from './support/wire.js';

const ping = {method: 'GET', path: '/ping'};

test('requests in one piece are answered one after the other, and do what they do in that order', async (t) => {
  const {connect, world} = await served(t);
  const wire = await connect();
  await wire.ask(registerRequest(1));
  const sizes = Array.from({length: 300}, (_, i) => 10 + ((i * 7919) % 300));
  const adds = sizes.map((size) => addRequest({n: 1, blob: Buffer.alloc(size, size)}));
  wire.write(Buffer.concat([...adds, ping, getRequest(1)].map(requestBytes)));
  for (const add of adds) {
    const {status, json} = await wire.answerTo(add);
    t.is(status, 200);
    t.is(signerOf(add, json), towerKey.publicKey);
    t.like(json, {available_slots: 9});
  }
  t.is((await wire.answerTo(ping)).status, 200);
  const last = sizes.at(-1)!;
  t.like((await wire.answerTo(getRequest(1))).json, {
    appointment: {encrypted_blob: Buffer.alloc(last, last).toString('hex')},
  });
  t.deepEqual(await world.problems(), []);
});

test('updates of one appointment over many connections leave one of them whole, and slots that add up', async (t) => {
  const {connect, world} = await served(t, {}, {settings: {subscriptionSlots: 50}});
  const wires = await Promise.all(Array.from({length: 20}, connect));
  await wires[0]!.ask(registerRequest(1));
  const slots = new Set<number>();
  await Promise.all(
    wires.map(async (wire, i) => {
      for (let round = 0; round < 10; round++) {
        const add = addRequest({n: 1, blob: Buffer.alloc(1 + 2048 * ((i + round) % 5), i), toSelfDelay: i});
        const {status, json} = await wire.ask(add);
        t.is(status, 200);
        t.is(signerOf(add, json), towerKey.publicKey);
        slots.add((json as {available_slots: number}).available_slots);
      }
    }),
  );
  t.deepEqual([...slots].sort(), [45, 46, 47, 48, 49]);
  const {json} = await wires[0]!.ask(getRequest(1));
  const {appointment} = json as {appointment: {encrypted_blob: string; to_self_delay: number}};
  const blob = Buffer.from(appointment.encrypted_blob, 'hex');
  t.true(blob.every((byte) => byte === appointment.to_self_delay));
  t.like((await wires[0]!.ask(infoRequest(1))).json, {
    available_slots: 50 - Math.ceil(blob.length / 2048),
    locators: [locator(1)],
  });
  t.deepEqual(await world.problems(), []);
});

test('a client that has said all still gets its answers, and then the end', async (t) => {
  const {connect, world} = await served(t);
  const [wire, other] = [await connect(), await connect()];
  let goOn: () => void = () => undefined;
  const blocked = world.change(() => new Promise<void>((resolve) => (goOn = resolve)));
  wire.write(Buffer.concat([registerRequest(1), registerRequest(2), ping].map(requestBytes))).finish();
  await other.ask(ping);
  await other.ask(ping);
  goOn();
  await blocked;
  t.is((await wire.answerTo(registerRequest(1))).status, 200);
  t.is((await wire.answerTo(registerRequest(2))).status, 200);
  t.is((await wire.answerTo(ping)).status, 200);
  await wire.ended;
});

test('a client that ends in the middle of a request is told so', async (t) => {
  const {connect} = await served(t);
  for (const cut of [10, -5]) {
    const wire = await connect();
    wire.write(requestBytes(registerRequest(1)).subarray(0, cut)).finish();
    t.is((await wire.refusal()).status, 400);
    await wire.ended;
  }
});

test('what is no request behind one that is takes nothing away from its answer', async (t) => {
  const {connect, world} = await served(t);
  const wire = await connect();
  await wire.ask(registerRequest(1));
  const adds = [1, 2].map((place) => addRequest({n: 1, place}));
  wire.write(Buffer.concat([...adds.map(requestBytes), Buffer.from('\x00garbage\r\n\r\n')]));
  for (const add of adds) t.is(signerOf(add, (await wire.answerTo(add)).json), towerKey.publicKey);
  t.is((await wire.refusal()).status, 400);
  await wire.ended;
  t.like((await (await connect()).ask(infoRequest(1))).json, {available_slots: 8});
  t.deepEqual(await world.problems(), []);
});

test('a client that goes away while it is answered harms nobody', async (t) => {
  const {connect} = await served(t);
  await (await connect()).ask(registerRequest(1));
  for (let place = 1; place <= 9; place++) {
    const wire = await connect();
    const bytes = requestBytes(addRequest({n: 1, place, blob: Buffer.alloc(2000)}));
    wire.write(place % 2 === 0 ? bytes : bytes.subarray(0, bytes.length - 10));
    await new Promise(setImmediate);
    wire.socket.resetAndDestroy();
  }
  t.is((await (await connect()).ask(ping)).status, 200);
});

test('when there are too many connections, the idle ones give way', async (t) => {
  const {connect} = await served(t, {maxConnections: 3});
  const [first, second, third] = [await connect(), await connect(), await connect()];
  await first.ask(ping);
  await second.ask(ping);
  const busy = requestBytes(registerRequest(1));
  third.write(busy.subarray(0, -1));
  await second.ask(ping);
  const fourth = await connect();
  t.is((await fourth.ask(ping)).status, 200);
  await first.ended;
  const fifth = await connect();
  t.is((await fifth.ask(ping)).status, 200);
  await second.ended;
  third.write(busy.subarray(-1));
  t.is((await third.answerTo(registerRequest(1))).status, 200, 'a request under way is not given up');
});

test('when there are too many connections, those who do not read what they are answered give way', async (t) => {
  let answers = 0;
  const {connect} = await served(t, {maxConnections: 3, onAnswered: () => void answers++});
  const deaf = await Promise.all(Array.from({length: 3}, connect));
  // More than what lies between the two ends has room for.
  const bytes = requestBytes({method: 'GET', path: '/openapi.json'});
  for (const wire of deaf) {
    wire.socket.pause();
    wire.write(Buffer.alloc(bytes.length * 1_000, bytes));
  }
  let quietTurns = 0;
  for (let before = 0; answers === 0 || quietTurns < 500; before = answers) {
    await new Promise(setImmediate);
    quietTurns = answers === before ? quietTurns + 1 : 0;
  }
  t.is((await (await connect()).ask(ping)).status, 200);
});

test('ten thousand requests in one piece are all answered, and nobody else waits for them', async (t) => {
  const {connect} = await served(t);
  const [greedy, other] = [await connect(), await connect()];
  const bytes = requestBytes(ping);
  greedy.write(Buffer.alloc(bytes.length * 10_000, bytes));
  t.is((await other.ask(registerRequest(2))).status, 200);
  for (let n = 0; n < 10_000; n++) await greedy.answer('GET');
  t.is((await greedy.ask(registerRequest(1))).status, 200);
});

test('requests that wait behind others are limited in number, and those that do not wait are not concerned', async (t) => {
  const {connect, world} = await served(t);
  let goOn: () => void = () => undefined;
  const blocked = world.change(() => new Promise<void>((resolve) => (goOn = resolve)));
  const greedy = await Promise.all(Array.from({length: 12}, connect));
  const bytes = requestBytes(ping);
  for (const [i, wire] of greedy.entries()) {
    wire.write(Buffer.concat([requestBytes(registerRequest(i + 1)), Buffer.alloc(bytes.length * 1_000, bytes)]));
  }
  await Promise.race(greedy.map(({ended}) => ended));
  t.is((await (await connect()).ask(ping)).status, 200);
  goOn();
  await blocked;
  const answers = await Promise.allSettled(greedy.map((wire, i) => wire.answerTo(registerRequest(i + 1))));
  const answered = answers.filter(({status}) => status === 'fulfilled').length;
  t.true(answered >= 4 && answered < 12, String(answered));
});
