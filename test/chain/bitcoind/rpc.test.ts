import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {inspect} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {cookieCredentials, passwordCredentials} from '../../../src/chain/bitcoind/credentials.js';
import {HttpRpc} from '../../../src/chain/bitcoind/rpc.js';
import {OperationalError} from '../../../src/errors/index.js';
import {fakeHttp, json, type Reply, text} from './fake-http.js';

const password = 'a-secret-that-shows';
const result = (value: unknown): Reply => json({result: value, error: null, id: '1'});

function rpcAt(t: ExecutionContext, url: string, options: Partial<ConstructorParameters<typeof HttpRpc>[0]> = {}) {
  const rpc = new HttpRpc({url, credentials: passwordCredentials('alice', password), ...options});
  t.teardown(() => rpc.close());
  return rpc;
}

async function failureOf(t: ExecutionContext, ...replies: Reply[]): Promise<OperationalError> {
  const {url} = await fakeHttp(t, ...replies);
  const error = await t.throwsAsync(rpcAt(t, url).call('getblockcount', []), {instanceOf: OperationalError});
  t.false(inspect(error, {depth: 10}).includes(password), 'the password is in the error');
  return error;
}

async function cookieFile(t: ExecutionContext, content?: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bartizan-cookie-'));
  t.teardown(() => rm(folder, {recursive: true, force: true}));
  const path = join(folder, '.cookie');
  if (content !== undefined) await writeFile(path, content);
  return path;
}

const basic = (userPassword: string): string => `Basic ${Buffer.from(userPassword).toString('base64')}`;

test('a call carries its parameters and credentials and gives the result', async (t) => {
  const {url, requests} = await fakeHttp(t, result('00ff'));
  t.is(await rpcAt(t, url).call('getblockheader', ['ab', false]), '00ff');
  t.like(requests[0], {authorization: basic(`alice:${password}`)});
  t.like(requests[0]!.body, {method: 'getblockheader', params: ['ab', false]});
});

test.serial('a proxy that the environment names never sees the credentials', async (t) => {
  const proxy = await fakeHttp(t, result('proxied'));
  const {url} = await fakeHttp(t, result('direct'));
  process.env['http_proxy'] = proxy.url;
  t.teardown(() => delete process.env['http_proxy']);
  t.is(await rpcAt(t, url).call('getblockcount', []), 'direct');
  t.is(proxy.requests.length, 0);
});

test('a result of null is a result', async (t) => {
  const {url} = await fakeHttp(t, result(null));
  t.is(await rpcAt(t, url).call('submitblock', ['00']), null);
});

test('a batch gives one answer for each call, errors among them', async (t) => {
  const {url} = await fakeHttp(
    t,
    json([
      {result: 7, error: null},
      {result: null, error: {code: -5, message: 'Block not found'}},
    ]),
  );
  const call = {method: 'getblockheader', params: ['ab']};
  t.deepEqual(await rpcAt(t, url).batch([call, call]), [{result: 7}, {error: {code: -5, message: 'Block not found'}}]);
});

test('an empty batch asks nothing', async (t) => {
  const {url, requests} = await fakeHttp(t, json([]));
  t.deepEqual(await rpcAt(t, url).batch([]), []);
  t.is(requests.length, 0);
});

test('a batch that comes back short is an error', async (t) => {
  const {url} = await fakeHttp(t, json([{result: 7, error: null}]));
  const call = {method: 'getblockcount', params: []};
  await t.throwsAsync(rpcAt(t, url).batch([call, call]), {code: 'TOWER_BITCOIND_RPC'});
});

test('a batch to a node that is warming up fails as a whole', async (t) => {
  const {url} = await fakeHttp(t, json([{result: null, error: {code: -28, message: 'Loading block index'}}]));
  const error = await t.throwsAsync(rpcAt(t, url).batch([{method: 'getblockcount', params: []}]));
  t.like(error, {code: 'TOWER_BITCOIND_WARMING_UP', retryable: true});
});

test('at most four calls are in flight', async (t) => {
  let inFlight = 0;
  let most = 0;
  const {url} = await fakeHttp(t, (request, response) => {
    most = Math.max(most, ++inFlight);
    setImmediate(() => {
      inFlight--;
      result(1)(request, response);
    });
  });
  const rpc = rpcAt(t, url);
  await Promise.all(Array.from({length: 40}, () => rpc.call('getblockcount', [])));
  t.true(most <= 4, `${most} were in flight`);
});

test('an error that bitcoind answers keeps its number and is not asked again', async (t) => {
  const error = await failureOf(t, json({result: null, error: {code: -5, message: 'Block not found'}}, 500));
  t.like(error, {code: 'TOWER_BITCOIND_RPC', retryable: false, facts: {rpcCode: -5}});
  t.regex(error.message, /getblockcount: Block not found/);
});

test('a node that is warming up is waited for', async (t) => {
  const error = await failureOf(t, json({result: null, error: {code: -28, message: 'Verifying blocks…'}}, 500));
  t.like(error, {code: 'TOWER_BITCOIND_WARMING_UP', retryable: true});
  t.regex(error.message, /Verifying blocks…/);
});

test('a full work queue, which is told in plain text, is waited for', async (t) => {
  const full = 'Work queue depth exceeded';
  t.like(await failureOf(t, text(full, 503)), {code: 'TOWER_BITCOIND_BUSY', retryable: true});
  t.like(await failureOf(t, text('', 429)), {code: 'TOWER_BITCOIND_BUSY', retryable: true});
});

test('a node that shuts down is waited for', async (t) => {
  const error = await failureOf(t, text('Request rejected during server shutdown', 503));
  t.like(error, {code: 'TOWER_BITCOIND_UNREACHABLE', retryable: true});
});

test('a call that the node forbids is not asked again', async (t) => {
  t.like(await failureOf(t, text('', 403)), {code: 'TOWER_BITCOIND_RPC', retryable: false});
});

test('JSON that is cut short is asked for again', async (t) => {
  t.like(await failureOf(t, text('{"result": {"hash": "00', 200)), {code: 'TOWER_BITCOIND_RPC', retryable: true});
});

test('an answer that breaks off is asked for again', async (t) => {
  const error = await failureOf(t, (_, response) => {
    response.writeHead(200, {'content-length': '1000'});
    response.write('{"result":', () => response.destroy());
  });
  t.true(error.retryable);
});

test('an answer that is no JSON-RPC is asked for again', async (t) => {
  for (const answer of [{}, 7, null, [{result: 1, error: null, id: 'of nobody'}]]) {
    t.like(await failureOf(t, json(answer)), {code: 'TOWER_BITCOIND_RPC', retryable: true});
  }
});

test('a node that does not answer in time is unreachable', async (t) => {
  const {url} = await fakeHttp(t, () => {});
  const error = await t.throwsAsync(rpcAt(t, url, {timeoutMs: 50}).call('getblockcount', []));
  t.like(error, {code: 'TOWER_BITCOIND_UNREACHABLE', retryable: true});
});

test('a port that nobody listens on is unreachable', async (t) => {
  const {createServer} = await import('node:net');
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const {port} = server.address() as {port: number};
  await new Promise((resolve) => server.close(resolve));
  const error = await t.throwsAsync(rpcAt(t, `http://127.0.0.1:${port}`).call('getblockcount', []));
  t.like(error, {code: 'TOWER_BITCOIND_UNREACHABLE', retryable: true});
  t.regex(error.message, /ECONNREFUSED/);
});

test('a connection that bitcoind had closed for idling is made anew within the same call', async (t) => {
  const {url, requests} = await fakeHttp(t, (_, response) => void response.socket?.destroy(), result(1));
  t.is(await rpcAt(t, url).call('getblockcount', []), 1);
  t.is(requests.length, 2);
});

test('a wrong password is refused, and asked only once', async (t) => {
  const {url, requests} = await fakeHttp(t, text('', 401));
  const error = await t.throwsAsync(rpcAt(t, url).call('getblockcount', []));
  t.like(error, {code: 'TOWER_BITCOIND_UNAUTHORIZED', retryable: false});
  t.is(requests.length, 1);
});

test('a cookie that is refused is read again, and the call made again, once', async (t) => {
  const path = await cookieFile(t, '__cookie__:old');
  const {url, requests} = await fakeHttp(t, result(1), text('', 401), result(2), text('', 401));
  const rpc = rpcAt(t, url, {credentials: cookieCredentials(path)});
  t.is(await rpc.call('getblockcount', []), 1);
  await writeFile(path, '__cookie__:new');
  t.is(await rpc.call('getblockcount', []), 2);
  t.deepEqual(
    requests.map(({authorization}) => authorization),
    ['old', 'old', 'new'].map((secret) => basic(`__cookie__:${secret}`)),
  );
  await t.throwsAsync(rpc.call('getblockcount', []), {code: 'TOWER_BITCOIND_UNAUTHORIZED'});
  t.is(requests.length, 5);
});

test('a cookie that is not there is waited for', async (t) => {
  const path = await cookieFile(t);
  const {url, requests} = await fakeHttp(t, result(1));
  const rpc = rpcAt(t, url, {credentials: cookieCredentials(path)});
  const error = await t.throwsAsync(rpc.call('getblockcount', []));
  t.like(error, {code: 'TOWER_BITCOIND_NO_COOKIE', retryable: true});
  t.is(requests.length, 0);
  await writeFile(path, '__cookie__:secret\n');
  t.is(await rpc.call('getblockcount', []), 1);
  t.is(requests[0]!.authorization, basic('__cookie__:secret'));
});

test('a node that stops answering has its cookie read again', async (t) => {
  const path = await cookieFile(t, '__cookie__:old');
  const {url, requests} = await fakeHttp(t, result(1), text('shutting down', 503), result(2));
  const rpc = rpcAt(t, url, {credentials: cookieCredentials(path)});
  await rpc.call('getblockcount', []);
  await t.throwsAsync(rpc.call('getblockcount', []));
  await writeFile(path, '__cookie__:new');
  await rpc.call('getblockcount', []);
  t.is(requests.at(-1)!.authorization, basic('__cookie__:new'));
});

test('closing ends a call that nobody answers, and does not ask again', async (t) => {
  const {url, requests} = await fakeHttp(t, () => rpc.close());
  const rpc = rpcAt(t, url);
  await t.throwsAsync(rpc.call('getblockcount', []), {code: 'TOWER_BITCOIND_UNREACHABLE'});
  t.is(requests.length, 1);
});
