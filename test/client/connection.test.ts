import {createServer, type AddressInfo, type Socket} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {z} from 'zod';
import {TowerConnection} from '../../src/client/connection.js';
import {NotATower, TowerRefusal, TowerUnreachable} from '../../src/client/errors.js';
import {fakeTower, refuses} from './fake-tower.js';

const schema = z.object({hello: z.string()});
const ask = (url: string, signal?: AbortSignal, timeoutMs?: number) =>
  new TowerConnection(url, {timeoutMs}).ask({path: '/register', body: {a: 1}, schema}, {signal});

/** Speaks bytes, not HTTP. */
async function rawServer(t: ExecutionContext, onRequest: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => onRequest(socket));
    t.teardown(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('an answer comes with the very texts that went over the wire', async (t) => {
  const tower = await fakeTower(t, () => '{"hello": "you", "more": 1}');
  const {meaning, request, answer} = await ask(tower.url);
  t.deepEqual(meaning, {hello: 'you'});
  t.deepEqual([request, answer], ['{"a":1}', '{"hello": "you", "more": 1}']);
  t.deepEqual(tower.heard, [{path: '/register', body: '{"a":1}'}]);
});

test('a refusal has the number, the words, and what to do', async (t) => {
  const words = {error: 'Your subscription expired at 130', error_code: 7};
  const tower = await fakeTower(t, () => refuses(401, words));
  const error = await t.throwsAsync(ask(tower.url), {instanceOf: TowerRefusal, code: 'TOWER_REFUSED'});
  t.is(error?.message, 'the tower refuses: Your subscription expired at 130 (code 7)');
  t.like(error, {errorCode: 7, httpStatus: 401, text: words.error, retryable: false});
  t.regex(error!.hint, /^Register again: in the grace period/);
});

test('every number of the protocol has a hint of its own; busy and rate-limited towers may be asked again', async (t) => {
  const hints = new Set<string>();
  for (const [status, code, retryable] of [
    [400, 1, false],
    [401, 7, false],
    [400, 35, false],
    [404, 36, false],
    [400, 65, false],
    [400, 255, false],
    [400, 77, false],
    [413, 4, false],
    [429, 32, true],
    [503, 32, true],
  ] as const) {
    const tower = await fakeTower(t, () => refuses(status, {error: 'no', error_code: code}, {'retry-after': '7'}));
    const error = await t.throwsAsync<TowerRefusal>(ask(tower.url), {instanceOf: TowerRefusal});
    t.like(error, {retryable, retryAfterSeconds: 7});
    hints.add(error.hint);
  }
  t.is(hints.size, 10);
});

test('a refusal that comes with status 200 is one, too', async (t) => {
  const tower = await fakeTower(t, () => ({error: 'no', error_code: 36}));
  await t.throwsAsync(ask(tower.url), {instanceOf: TowerRefusal, message: /no \(code 36\)/});
});

test('what a tower says is fit for a terminal, and short, when it becomes the text of an error', async (t) => {
  const tower = await fakeTower(t, () => refuses(400, {error: `\u001b[31m\n${'x'.repeat(5_000)}`, error_code: 7}));
  const error = await t.throwsAsync(ask(tower.url), {instanceOf: TowerRefusal});
  t.notRegex(error.message, /\p{Cc}/u);
  t.true(error.message.length < 400);
});

for (const [what, status, body] of [
  ['a page of a proxy', 502, '<html><body>Bad Gateway</body></html>'],
  ['the plain text of a framework', 413, 'The request payload is too large'],
  ['nothing', 404, ''],
  ['a redirect', 302, '{}'],
  ['a refusal without a number', 503, '{"error":"Service unavailable"}'],
  ['a refusal with half a number', 400, '{"error":"no","error_code":7.5}'],
  ['success without content', 204, ''],
  ['success in other words', 200, 'OK'],
  ['success with other fields', 200, '{"hello":1}'],
  ['half a JSON', 200, '{"hello":"y'],
  ['a list', 200, '[]'],
  ['null', 200, 'null'],
] as const) {
  test(`${what} (${status}) is not the answer of a tower`, async (t) => {
    const tower = await fakeTower(t, () => refuses(status, body));
    const error = await t.throwsAsync<NotATower>(ask(tower.url), {instanceOf: NotATower, code: 'TOWER_NOT_A_TOWER'});
    t.is(error.retryable, status >= 500);
    t.false(error.message.includes('html'));
  });
}

test('an answer without end is cut off', async (t) => {
  const tower = await fakeTower(t, () => (response) => {
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(1_000)));
      response.once('drain', more);
    };
    more();
  });
  await t.throwsAsync(ask(tower.url), {instanceOf: NotATower, message: /more than 16384 bytes/});
});

test('what speaks no HTTP, or headers without end, is not a tower', async (t) => {
  const garbage = await rawServer(t, (socket) => socket.end('220 smtp.example ESMTP\r\n'));
  await t.throwsAsync(ask(garbage), {instanceOf: NotATower, message: /does not speak HTTP/});
  const endless = await rawServer(t, (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(20_000)}`);
  });
  await t.throwsAsync(ask(endless), {instanceOf: NotATower});
});

test('nobody there, a broken connection and half an answer are a tower that cannot be reached', async (t) => {
  const gone = await fakeTower(t, () => ({}));
  await gone.close();
  const error = await t.throwsAsync<TowerUnreachable>(ask(gone.url), {instanceOf: TowerUnreachable});
  t.true(error.retryable);
  t.regex(String((error.cause as Error).message), /ECONNREFUSED/);
  const name = await t.throwsAsync(ask('http://nobody.invalid:9814'), {instanceOf: TowerUnreachable});
  t.is(name?.code, 'TOWER_UNREACHABLE');
  for (const says of [
    '',
    'HTTP/1.1 200 OK\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{"hello":',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"hel\r\n',
  ]) {
    for (const end of ['end', 'destroy'] as const) {
      const url = await rawServer(t, (socket) => socket.write(says, () => socket[end]()));
      await t.throwsAsync(ask(url), {instanceOf: TowerUnreachable}, `${end} after ${says}`);
    }
  }
});

test('a tower that takes too long cannot be reached, however busily it drips', async (t) => {
  const silent = await rawServer(t, () => undefined);
  const slow = await t.throwsAsync(ask(silent, undefined, 50), {instanceOf: TowerUnreachable});
  t.is((slow.cause as Error).message, 'no whole answer within 0.05 seconds');
  const dripping = await fakeTower(t, () => (response) => {
    const drip = setInterval(() => response.write(' '), 5);
    response.on('close', () => clearInterval(drip));
  });
  const dripped = await t.throwsAsync(ask(dripping.url, undefined, 100), {instanceOf: TowerUnreachable});
  t.regex((dripped.cause as Error).message, /no whole answer/);
});

test('a caller who gives up hears his own reason, before and during the call', async (t) => {
  const reason = new Error('enough');
  const tower = await fakeTower(t, () => ({hello: 'you'}));
  t.is(await t.throwsAsync(ask(tower.url, AbortSignal.abort(reason))), reason);
  t.deepEqual(tower.heard, []);
  const giveUp = new AbortController();
  const silent = await rawServer(t, () => giveUp.abort(reason));
  t.is(await t.throwsAsync(ask(silent, giveUp.signal)), reason);
  const midway = new AbortController();
  const half = await fakeTower(t, () => (response) => void response.write('{', () => midway.abort(reason)));
  t.is(await t.throwsAsync(ask(half.url, midway.signal)), reason);
});

test('a ping is answered by whatever says yes', async (t) => {
  const tower = await fakeTower(t, () => '');
  await t.notThrowsAsync(new TowerConnection(tower.url).ping());
  t.deepEqual(tower.heard, [{path: '/ping', body: ''}]);
  const other = await fakeTower(t, () => refuses(404, 'no such page'));
  await t.throwsAsync(new TowerConnection(other.url).ping(), {instanceOf: NotATower});
});
