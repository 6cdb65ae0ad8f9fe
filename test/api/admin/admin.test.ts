import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm, stat, writeFile} from 'node:fs/promises';
import {request} from 'node:http';
import {connect} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import type {AdminAuthorization} from '../../../src/api/admin/admin-authorization.js';
import type {AdminOperator} from '../../../src/api/admin/admin-operator.js';
import type {AdminTower} from '../../../src/api/admin/admin-tower.js';
import {AdminClient} from '../../../src/api/admin/client.js';
import {serveAdmin} from '../../../src/api/admin/server.js';
import {socketPathOf} from '../../../src/api/admin/socket.js';
import {InvariantError, OperationalError, Rejection} from '../../../src/errors/index.js';
import {fakeAuthorization} from './fake-authorization.js';
import {fakeKey, fakeTower} from './fake-tower.js';

async function aDataDir(t: ExecutionContext): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bartizan-admin-'));
  t.teardown(() => rm(dataDir, {recursive: true, force: true}));
  return dataDir;
}

async function serve(t: ExecutionContext, overrides: Partial<AdminTower> = {}) {
  const dataDir = await aDataDir(t);
  const defects: unknown[] = [];
  const path = socketPathOf(dataDir);
  const tower = fakeTower(overrides);
  const server = await serveAdmin(tower, {path, onDefect: (error) => defects.push(error)});
  t.teardown(() => server.close());
  return {dataDir, path, tower, server, defects, client: new AdminClient(dataDir)};
}

/** One bare HTTP request over the socket. */
function raw(
  path: string,
  method: string,
  url: string,
  body: string | Buffer = '',
): Promise<{status: number; body: unknown}> {
  return new Promise((resolve, reject) => {
    const headers = body.length === 0 ? {} : {'content-type': 'application/json'};
    const sent = request({socketPath: path, method, path: url, headers, agent: false}, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({status: response.statusCode ?? 0, body: JSON.parse(text) as unknown}));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

test('every answer of the tower reaches the client as it was given', async (t) => {
  const {client, tower} = await serve(t);
  t.deepEqual(await client.status(), await tower.status());
  t.deepEqual(await client.register(fakeKey), await tower.register(fakeKey));
  t.deepEqual(await client.users({after: 0, limit: 10}), await tower.users({after: 0, limit: 10}));
  t.deepEqual(await client.user('7'), await tower.user({userId: 7}));
  t.deepEqual(await client.mine(3), await tower.mine(3));
  t.deepEqual(await client.digest(), await tower.digest());
  t.deepEqual(await client.verify(), await tower.verify());
});

const submission = {
  kind: 'user_login',
  info: 'let me in: "\\u0000" Zoë 🏰',
  nodeInfo: `{"public_key":"${fakeKey}"}`,
  blockHeight: 120,
  blockHash: 'ab'.repeat(32),
  signature: 'd'.repeat(104),
};

test('every call about authorization reaches the tower as it was made, and its answer comes back', async (t) => {
  const heard: unknown[] = [];
  const fake = fakeAuthorization();
  const hears = <Name extends keyof AdminAuthorization>(name: Name): AdminAuthorization[Name] =>
    ((...said: unknown[]) => {
      heard.push([name, ...said]);
      return (fake[name] as (...said: unknown[]) => Promise<unknown>)(...said);
    }) as AdminAuthorization[Name];
  const auth: AdminAuthorization = {
    submit: hears('submit'),
    requests: hears('requests'),
    request: hears('request'),
    approve: hears('approve'),
    deny: hears('deny'),
    authorizeUser: hears('authorizeUser'),
    authorizeNode: hears('authorizeNode'),
    devices: hears('devices'),
    revoke: hears('revoke'),
    pragma: hears('pragma'),
  };
  const {client} = await serve(t, {auth});
  const node = {...submission, kind: 'new_node', info: undefined};
  const calls: [keyof AdminAuthorization, ...unknown[]][] = [
    ['submit', submission],
    ['submit', node],
    ['requests', {state: 'denied', after: 3, limit: 7}],
    ['requests', {after: 0, limit: 1}],
    ['request', 3],
    ['approve', 3, {userId: 0, role: 'secondary'}],
    ['approve', 281_474_976_710_655, {userId: 4_294_967_295}],
    ['deny', 3, 'a "reason"; -- ü'],
    ['authorizeUser', fakeKey, 4_294_967_295],
    ['authorizeNode', fakeKey, 'primary'],
    ['devices', {after: fakeKey, limit: 1000}],
    ['devices', {limit: 1}],
    ['revoke', fakeKey],
    ['pragma', 'PRAGMA nodes'],
  ];
  for (const [name, ...said] of calls) {
    heard.length = 0;
    const ask = <Side extends AdminAuthorization>(side: Side) =>
      (side[name] as (...said: unknown[]) => Promise<unknown>).apply(side, said);
    const [here, there] = [await ask(fake), await ask(client.auth).catch((error: unknown) => error)];
    t.deepEqual(there, here, name);
    t.deepEqual(withoutUndefined(heard), withoutUndefined([[name, ...said]]));
  }
});

const withoutUndefined = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('every call of an operator reaches the tower as it was made, and its answer comes back', async (t) => {
  const heard: unknown[] = [];
  const fake = fakeTower().operator;
  const hears = <Name extends keyof AdminOperator>(name: Name): AdminOperator[Name] =>
    ((...said: unknown[]) => {
      heard.push([name, ...said]);
      return (fake[name] as (...said: unknown[]) => Promise<unknown>)(...said);
    }) as AdminOperator[Name];
  const {client} = await serve(t, {
    operator: {
      extend: hears('extend'),
      delete: hears('delete'),
      forecast: hears('forecast'),
      dueUsers: hears('dueUsers'),
      appointments: hears('appointments'),
      copyStore: hears('copyStore'),
    },
  });
  const {operator} = client;
  const answers = [
    await operator.extend('7', 4_294_967_295),
    await operator.extend(fakeKey, 1),
    await operator.delete('7'),
    await operator.delete(fakeKey),
    await operator.forecast({blocks: 52_560, after: 3, limit: 1000}),
    await operator.dueUsers({blocks: 1, limit: 7}),
    await operator.dueUsers({blocks: 1, after: '4440:7', limit: 7}),
    await operator.appointments({limit: 7}),
    await operator.appointments({locator: 'ab'.repeat(16), after: 'cd', limit: 1}),
  ];
  const calls: unknown[] = [
    ['extend', {userId: 7}, 4_294_967_295],
    ['extend', {key: fakeKey}, 1],
    ['delete', {userId: 7}],
    ['delete', {key: fakeKey}],
    ['forecast', {blocks: 52_560, after: 3, limit: 1000}],
    ['dueUsers', {blocks: 1, limit: 7}],
    ['dueUsers', {blocks: 1, after: '4440:7', limit: 7}],
    ['appointments', {limit: 7}],
    ['appointments', {locator: 'ab'.repeat(16), after: 'cd', limit: 1}],
  ];
  t.deepEqual(withoutUndefined(heard), calls);
  t.like(answers[0], {blocks: 4_294_967_295, subscriptionExpiry: 4440 + 4_294_967_295});
  t.deepEqual(answers[3], await fake.delete({userId: 7}));
  t.deepEqual(answers[4], await fake.forecast({blocks: 52_560, after: 3, limit: 1000}));
  t.deepEqual(answers[6], await fake.dueUsers({blocks: 1, limit: 7}));
  t.deepEqual(answers[8], await fake.appointments({limit: 7}));
});

test('a request or a device that is not there is a 404', async (t) => {
  const {path} = await serve(t);
  t.like(await raw(path, 'GET', '/requests/99'), {status: 404, body: {code: 'TOWER_REQUEST_NOT_FOUND'}});
  t.like(await raw(path, 'POST', '/devices/02/revoke', '{}'), {status: 404, body: {code: 'TOWER_DEVICE_NOT_FOUND'}});
});

test('an info that is too long for a request is heard of by the tower, not by the limit of the body', async (t) => {
  const heard: number[] = [];
  const submit: AdminAuthorization['submit'] = ({info}) => {
    heard.push(info!.length);
    return fakeAuthorization().submit(submission);
  };
  const {client} = await serve(t, {auth: fakeAuthorization({submit})});
  await client.auth.submit({...submission, info: 'x'.repeat(200_000)});
  t.deepEqual(heard, [200_000]);
});

test('names on the wire are snake_case', async (t) => {
  const {path} = await serve(t);
  const {body} = await raw(path, 'GET', '/users/7');
  t.deepEqual(body, {
    user_id: 7,
    keys: [fakeKey],
    state: 'active',
    available_slots: 9999,
    taken_slots: 1,
    subscription_start: 120,
    subscription_expiry: 4440,
    appointments: 1,
    tip_height: 121,
    deletion_height: 4446,
    slots_by_locator: {ab12: 1},
  });
});

test('a user is asked for by id or by key, and 66 digits are a key', async (t) => {
  const asked: unknown[] = [];
  const user: AdminTower['user'] = (who) => {
    asked.push(who);
    return fakeTower().user({userId: 7});
  };
  const {client} = await serve(t, {user});
  const digits = '0'.repeat(66);
  for (const who of ['7', fakeKey, digits]) await client.user(who);
  t.deepEqual(asked, [{userId: 7}, {key: fakeKey}, {key: digits}]);
});

test('stop reaches the tower and is answered', async (t) => {
  let stopped = 0;
  const {client} = await serve(t, {stop: () => stopped++});
  await client.stop();
  t.is(stopped, 1);
});

test('an error of each family arrives as it was thrown, with facts, hint and causes', async (t) => {
  const thrown = [
    new Rejection('TOWER_MAXIMUM_SLOTS_REACHED', 'too many', {facts: {slots: 4_294_967_295, more: true}}),
    new OperationalError('TOWER_STORE_FAILED', 'no space', {
      retryable: true,
      hint: 'Make room.',
      cause: new Error('ENOSPC', {cause: new Error('disk full')}),
    }),
    new InvariantError('slots do not add up'),
  ];
  for (const error of thrown) {
    const {client} = await serve(t, {digest: () => Promise.reject(error)});
    const arrived = await t.throwsAsync(client.digest());
    t.is(arrived.constructor, error.constructor);
    t.like(arrived, {message: error.message, code: error.code, hint: error.hint, facts: error.facts});
    if (error instanceof OperationalError) {
      t.true((arrived as OperationalError).retryable);
      t.is((arrived.cause as Error).message, 'ENOSPC');
      t.is(((arrived.cause as Error).cause as Error).message, 'disk full');
    }
  }
});

test('an error that is none of ours is an invariant outside and heard of inside', async (t) => {
  const foreign = new TypeError('x is undefined');
  const {client, defects} = await serve(t, {digest: () => Promise.reject(foreign)});
  await t.throwsAsync(client.digest(), {instanceOf: InvariantError, message: 'x is undefined'});
  t.deepEqual(defects, [foreign]);
});

/** 0xff stands in no UTF-8; a lenient reader would make U+FFFD of it. */
const badUtf8 = Buffer.concat([Buffer.from('{"key":"'), Buffer.from([0xff]), Buffer.from('"}')]);

const longReason = JSON.stringify({reason: 'x'.repeat(201)});

const refused = test.macro({
  title: (_, what: string) => `${what} is refused with TOWER_INVALID_PARAMETER and never reaches the tower`,
  async exec(
    t,
    _what: string,
    {method, url, body}: {method: string; url: string; body?: string | Buffer},
    status: number,
  ) {
    const unreachable = () => Promise.reject(new Error('reached'));
    const auth: AdminAuthorization = {
      submit: unreachable,
      requests: unreachable,
      request: unreachable,
      approve: unreachable,
      deny: unreachable,
      authorizeUser: unreachable,
      authorizeNode: unreachable,
      devices: unreachable,
      revoke: unreachable,
      pragma: unreachable,
    };
    const {path, defects} = await serve(t, {auth, register: unreachable, users: unreachable, mine: unreachable});
    const answer = await raw(path, method, url, body);
    t.is(answer.status, status);
    t.like(answer.body, {code: 'TOWER_INVALID_PARAMETER'});
    t.deepEqual(defects, []);
  },
});
test(refused, 'a body without the key', {method: 'POST', url: '/register', body: '{}'}, 400);
test(refused, 'a key that is no text', {method: 'POST', url: '/register', body: '{"key":7}'}, 400);
test(refused, 'an unknown field', {method: 'POST', url: '/mine', body: '{"blocks":1,"fast":true}'}, 400);
test(refused, 'mining no block', {method: 'POST', url: '/mine', body: '{"blocks":0}'}, 400);
test(refused, 'mining more than 10,000 blocks', {method: 'POST', url: '/mine', body: '{"blocks":10001}'}, 400);
test(refused, 'mining a fraction', {method: 'POST', url: '/mine', body: '{"blocks":1.5}'}, 400);
test(refused, 'a page of nobody', {method: 'GET', url: '/users?limit=0'}, 400);
test(refused, 'a page that is too long', {method: 'GET', url: '/users?limit=1001'}, 400);
for (const after of ['1e3', '05', '%205', '0x5', '', '-1', '5.0', '%D9%A3', '9'.repeat(17)]) {
  test(refused, `after=${after}`, {method: 'GET', url: `/users?after=${after}`}, 400);
}
test(refused, 'half a JSON text', {method: 'POST', url: '/register', body: '{"key":'}, 400);
test(refused, 'no body', {method: 'POST', url: '/register'}, 400);
test(refused, 'a name that stands twice', {method: 'POST', url: '/register', body: '{"key":"02","key":"03"}'}, 400);
test(
  refused,
  'a name that stands twice, once with escapes',
  {method: 'POST', url: '/register', body: '{"key":"02","\\u006bey":"03"}'},
  400,
);
test(refused, 'a body that is not UTF-8', {method: 'POST', url: '/register', body: badUtf8}, 400);
test(refused, 'a name of every object', {method: 'POST', url: '/register', body: '{"key":"02","__proto__":{}}'}, 400);
test(refused, 'a body above 64 KiB', {method: 'POST', url: '/register', body: `{"key":"${'a'.repeat(65_536)}"}`}, 413);
test(refused, 'an endless address', {method: 'GET', url: `/requests?after=${'1'.repeat(20_000)}`}, 431);
test(refused, 'an unknown call', {method: 'GET', url: '/everything'}, 404);

const onWire = {
  kind: 'user_login',
  info: 'info',
  node_info: '{}',
  block_height: 120,
  block_hash: 'ab',
  signature: 'd',
};
const submitted = (change: object) => ({
  method: 'POST',
  url: '/requests',
  body: JSON.stringify({...onWire, ...change}),
});
test(refused, 'a request without its proof', submitted({signature: undefined}), 400);
test(refused, 'a request whose info is no text', submitted({info: {}}), 400);
test(refused, 'a request whose node_info is an object', submitted({node_info: {}}), 400);
test(refused, 'a request below the first block', submitted({block_height: -1}), 400);
test(refused, 'a request above the last block', submitted({block_height: 2 ** 32}), 400);
test(refused, 'a request with something more', submitted({user_id: 1}), 400);
test(
  refused,
  'a request with two infos',
  {method: 'POST', url: '/requests', body: JSON.stringify(onWire).replace('{', '{"info":"other",')},
  400,
);
test(
  refused,
  'a request whose info is not UTF-8',
  {method: 'POST', url: '/requests', body: Buffer.from(JSON.stringify({...onWire, info: 'Zo\u00eb'}), 'latin1')},
  400,
);
test(refused, 'a request of more than half a megabyte', submitted({info: 'x'.repeat(600_000)}), 413);
for (const id of ['0', '01', '-1', '1e3', '%205', '0x5', '1.5', '281474976710656', 'all']) {
  test(refused, `request ${id}`, {method: 'GET', url: `/requests/${id}`}, 400);
  test(refused, `approving ${id}`, {method: 'POST', url: `/requests/${id}/approve`, body: '{}'}, 400);
  test(refused, `denying ${id}`, {method: 'POST', url: `/requests/${id}/deny`, body: '{"reason":"no"}'}, 400);
}
for (const id of ['-1', '1.5', '4294967296', '"1"', 'null', '[1]', 'true', '1e999']) {
  test(
    refused,
    `user ${id} of a request`,
    {method: 'POST', url: '/requests/3/approve', body: `{"user_id":${id}}`},
    400,
  );
  test(
    refused,
    `user ${id} of a key`,
    {method: 'POST', url: '/authorize-user', body: `{"key":"02","user_id":${id}}`},
    400,
  );
}
test(refused, 'an unknown role', {method: 'POST', url: '/requests/3/approve', body: '{"role":"king"}'}, 400);
test(refused, 'no role', {method: 'POST', url: '/authorize-node', body: '{"key":"02","role":null}'}, 400);
test(refused, 'no reason', {method: 'POST', url: '/requests/3/deny', body: '{}'}, 400);
test(refused, 'an empty reason', {method: 'POST', url: '/requests/3/deny', body: '{"reason":""}'}, 400);
test(refused, 'a reason that would be cut', {method: 'POST', url: '/requests/3/deny', body: longReason}, 400);
test(refused, 'an unknown state', {method: 'GET', url: '/requests?state=open'}, 400);
test(refused, 'two states', {method: 'GET', url: '/requests?state=denied&state=failed'}, 400);
test(refused, 'a page of requests that is too long', {method: 'GET', url: '/requests?limit=1001'}, 400);
test(refused, 'a page of devices that is too long', {method: 'GET', url: '/devices?limit=1001'}, 400);
test(refused, 'a line that is no text', {method: 'POST', url: '/pragma', body: '{"line":["PRAGMA nodes"]}'}, 400);
test(refused, 'revoking with something more', {method: 'POST', url: '/devices/02/revoke', body: '{"all":true}'}, 400);

test('what was expected is told in words, with the place', async (t) => {
  const {path} = await serve(t);
  for (const [url, body, error] of [
    ['/requests/3/deny', {reason: ''}, 'reason: must have at least 1 character'],
    ['/requests/3/deny', {reason: 'x'.repeat(201)}, 'reason: must have at most 200 characters'],
    ['/requests/3/deny', {reason: 7, all: true}, 'reason: must be a text; request: has "all", which is not known'],
    ['/requests/3/approve', {role: 'king'}, 'role: must be one of primary, secondary'],
    ['/requests/3/approve', {user_id: 4_294_967_296}, 'user_id: must be at most 4294967295'],
    ['/requests/3/approve', {user_id: 1.5}, 'user_id: must be a whole number'],
    ['/requests/03/approve', {}, 'id: must be a whole number from 1 to 281474976710655'],
    ['/pragma', [], 'request: must be an object'],
  ] as const) {
    t.like(await raw(path, 'POST', url, JSON.stringify(body)), {status: 400, body: {error}});
  }
});

test('facts of an error are snake_case on the wire, and as they were for the client', async (t) => {
  const facts = {userId: 7, setting: 'data_dir'};
  const refusal = new Rejection('TOWER_ALREADY_AUTHORIZED', 'no', {facts});
  const {path, client} = await serve(t, {digest: () => Promise.reject(refusal)});
  t.like(await raw(path, 'GET', '/digest'), {body: {facts: {user_id: 7, setting: 'data_dir'}}});
  t.deepEqual((await t.throwsAsync(client.digest(), {instanceOf: Rejection})).facts, facts);
});

test('the socket can be used by its owner only', async (t) => {
  const {path} = await serve(t);
  t.is((await stat(path)).mode & 0o777, 0o600);
});

test('closing removes the socket, and then no tower is running', async (t) => {
  const {path, server, client} = await serve(t);
  await server.close();
  await t.throwsAsync(stat(path), {code: 'ENOENT'});
  await t.throwsAsync(client.status(), {instanceOf: OperationalError, code: 'TOWER_NOT_RUNNING'});
});

test('closing waits for the call that is being answered', async (t) => {
  let finish: (() => void) | undefined;
  let begun: (() => void) | undefined;
  const started = new Promise<void>((resolve) => (begun = resolve));
  const {client, server} = await serve(t, {
    digest: async () => {
      await new Promise<void>((resolve) => {
        finish = resolve;
        begun?.();
      });
      return {height: 1, hash: '', digest: 'late'};
    },
  });
  const answer = client.digest();
  await started;
  const closed = server.close();
  finish?.();
  t.is((await answer).digest, 'late');
  await closed;
});

test('neither a connection that asks nothing nor an answer that never comes keeps it from closing', async (t) => {
  const dataDir = await aDataDir(t);
  const path = socketPathOf(dataDir);
  const digest = () => new Promise<never>(() => undefined);
  const server = await serveAdmin(fakeTower({digest}), {
    path,
    onDefect: (error) => t.fail(String(error)),
    closingMs: 50,
  });
  const silent = connect(path);
  await once(silent, 'connect');
  const unanswered = t.throwsAsync(new AdminClient(dataDir).digest(), {code: 'TOWER_ADMIN_FAILED'});
  await new AdminClient(dataDir).status();
  await Promise.all([server.close(), once(silent, 'close'), unanswered]);
});

test('a second tower on a live socket is refused, and the first goes on', async (t) => {
  const {path, client} = await serve(t);
  const second = serveAdmin(fakeTower(), {path, onDefect: () => undefined});
  await t.throwsAsync(second, {instanceOf: OperationalError, code: 'TOWER_ALREADY_RUNNING'});
  t.is((await client.status()).state, 'synced');
});

test('the socket of a killed tower is replaced', async (t) => {
  const dataDir = await aDataDir(t);
  const path = socketPathOf(dataDir);
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('listening'))`;
  const killed = spawn(process.execPath, ['-e', script], {stdio: ['ignore', 'pipe', 'inherit']});
  await once(killed.stdout, 'data');
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  t.true((await stat(path)).isSocket());

  const client = new AdminClient(dataDir);
  await t.throwsAsync(client.status(), {code: 'TOWER_NOT_RUNNING'});
  const server = await serveAdmin(fakeTower(), {path, onDefect: () => undefined});
  t.is((await client.status()).state, 'synced');
  await server.close();
});

test('a file that is no socket is left alone', async (t) => {
  const dataDir = await aDataDir(t);
  const path = socketPathOf(dataDir);
  await writeFile(path, 'precious');
  const served = serveAdmin(fakeTower(), {path, onDefect: () => undefined});
  await t.throwsAsync(served, {instanceOf: OperationalError, code: 'TOWER_ADDRESS_IN_USE'});
  t.is((await stat(path)).size, 8);
});

test('a data directory whose socket path is too long for the kernel is refused before anything is opened', (t) => {
  const error = t.throws(() => socketPathOf(`/${'d'.repeat(100)}`), {instanceOf: OperationalError});
  t.is(error.code, 'TOWER_INVALID_SETTING');
  t.regex(error.message, /data_dir is too long: .* has 112 bytes/);
});
