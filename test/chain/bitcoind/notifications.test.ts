import test, {type ExecutionContext} from 'ava';
import {Publisher} from 'zeromq';
import {ZmqNotifications} from '../../../src/chain/bitcoind/notifications.js';
import {OperationalError} from '../../../src/errors/index.js';
import type {Notification} from '../../../src/chain/bitcoind/transport.js';
import {until} from '../../support/until.js';

function counterBytes(counter: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(counter);
  return bytes;
}

/** A publisher as bitcoind has one. */
async function publisher(t: ExecutionContext) {
  const socket = new Publisher({linger: 0});
  await socket.bind('tcp://127.0.0.1:*');
  t.teardown(() => socket.close());
  return {socket, endpoint: socket.lastEndpoint!};
}

/** Publishes until something is heard: a subscription takes effect some time after the connection. */
async function publishUntil(socket: Publisher, frames: () => Buffer[], heard: () => boolean): Promise<void> {
  await until(async () => {
    await socket.send(frames());
    return heard();
  });
}

test('a message is heard with its topic, body and counter', async (t) => {
  const {socket, endpoint} = await publisher(t);
  const heard: Notification[] = [];
  const notifications = new ZmqNotifications(endpoint);
  t.teardown(() => notifications.close());
  notifications.listen((message) => heard.push(message));
  const frames = [Buffer.from('hashblock'), Buffer.alloc(32, 7), counterBytes(2 ** 32 - 1)];
  await publishUntil(
    socket,
    () => frames,
    () => heard.length > 0,
  );
  t.is(heard[0]!.topic, 'hashblock');
  t.deepEqual(Buffer.from(heard[0]!.body), Buffer.alloc(32, 7));
  t.is(heard[0]!.counter, 2 ** 32 - 1);
});

test('a message of another shape is passed over', async (t) => {
  const {socket, endpoint} = await publisher(t);
  const heard: Notification[] = [];
  const notifications = new ZmqNotifications(endpoint);
  t.teardown(() => notifications.close());
  notifications.listen((message) => heard.push(message));
  let sent = 0;
  const shapes = [
    [Buffer.from('hashblock')],
    [Buffer.from('hashblock'), Buffer.alloc(32)],
    [Buffer.from('hashblock'), Buffer.alloc(32), Buffer.alloc(3)],
    [Buffer.from('hashblock'), Buffer.alloc(32), counterBytes(1)],
  ];
  await publishUntil(
    socket,
    () => shapes[sent++ % shapes.length]!,
    () => heard.length > 1,
  );
  t.true(heard.every(({counter}) => counter === 1));
});

test('a connection that is made anew hears again', async (t) => {
  const {socket, endpoint} = await publisher(t);
  let heard = 0;
  const notifications = new ZmqNotifications(endpoint);
  t.teardown(() => notifications.close());
  notifications.listen(() => heard++);
  const frames = (): Buffer[] => [Buffer.from('hashblock'), Buffer.alloc(32), counterBytes(0)];
  await publishUntil(socket, frames, () => heard > 0);
  notifications.reconnect();
  const before = heard;
  await publishUntil(socket, frames, () => heard > before);
  t.true(heard > before);
});

test('a frame that is too long for an announcement ends the connection instead of filling the memory', async (t) => {
  const {socket, endpoint} = await publisher(t);
  const heard: Notification[] = [];
  const notifications = new ZmqNotifications(endpoint);
  t.teardown(() => notifications.close());
  notifications.listen((message) => heard.push(message));
  const frames = (body: Buffer) => (): Buffer[] => [Buffer.from('hashblock'), body, counterBytes(0)];
  await publishUntil(socket, frames(Buffer.alloc(32)), () => heard.length > 0);
  const ended = new Promise((resolve) => socket.events.on('disconnect', resolve));
  await socket.send(frames(Buffer.alloc(100_000))());
  await ended;
  const before = heard.length;
  notifications.reconnect();
  await publishUntil(socket, frames(Buffer.alloc(32)), () => heard.length > before);
  t.true(heard.every(({body}) => body.length === 32));
});

test('an endpoint that is none is refused as a setting', (t) => {
  const error = t.throws(() => new ZmqNotifications('tcp://bad host:28332').listen(() => t.fail()), {
    instanceOf: OperationalError,
  });
  t.is(error.code, 'TOWER_INVALID_SETTING');
});

test('an IPv6 address is listened to like any other', async (t) => {
  const socket = new Publisher({linger: 0, ipv6: true});
  t.teardown(() => socket.close());
  try {
    await socket.bind('tcp://[::1]:*');
  } catch {
    t.pass('this machine has no IPv6');
    return;
  }
  let heard = 0;
  const notifications = new ZmqNotifications(socket.lastEndpoint!);
  t.teardown(() => notifications.close());
  notifications.listen(() => heard++);
  const frames = (): Buffer[] => [Buffer.from('hashblock'), Buffer.alloc(32), counterBytes(0)];
  await publishUntil(socket, frames, () => heard > 0);
  t.true(heard > 0);
});

test('closing ends it, also when nobody has ever listened or answered', async (t) => {
  const {endpoint} = await publisher(t);
  const silent = new ZmqNotifications(endpoint);
  await silent.close();
  const unanswered = new ZmqNotifications('tcp://127.0.0.1:1');
  unanswered.listen(() => t.fail());
  await unanswered.close();
  t.pass();
});
