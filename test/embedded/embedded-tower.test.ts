import {execFile} from 'node:child_process';
import {once} from 'node:events';
import {readdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {AdminClient} from '../../src/api/admin/client.js';
import type {EmbeddedTower, OpenOptions} from '../../src/embedded/embedded-tower.js';
import {type BartizanError, type ErrorCode, OperationalError} from '../../src/errors/index.js';
import {open, type RequestDetails, type TowerEvent} from '../../src/index.js';
import {type Ask, submissionTo} from '../support/devices.js';
import {publicKey} from '../support/keys.js';
import {ScriptedPolicy} from '../support/scripted-policy.js';
import {SteeredSource} from '../support/steered-source.js';
import {tempDir} from '../support/temp-dir.js';
import {until} from '../support/until.js';

/** Opens the tower of a folder, and closes it with the test. */
function opened(t: ExecutionContext, dataDir: string, query = 'auth=user', options: OpenOptions = {}): EmbeddedTower {
  const db = open(`file:${dataDir}?${query}`, options);
  t.teardown(() => db.close());
  return db;
}

const submit = ({tower}: EmbeddedTower, ask: Ask): Promise<RequestDetails> =>
  tower.auth.submit(submissionTo({id: tower.id, tip: tower.tip!}, ask));

async function refusal(t: ExecutionContext, promise: Promise<unknown>, code: ErrorCode): Promise<BartizanError> {
  const error = await t.throwsAsync(promise);
  t.is((error as BartizanError).code, code);
  return error as BartizanError;
}

test('open answers at once, and the tower is there once it is awaited', async (t) => {
  const dataDir = tempDir(t);
  const db = opened(t, dataDir);
  t.is(t.throws(() => db.tower, {instanceOf: OperationalError}).code, 'TOWER_NOT_RUNNING');
  const tower = await db.opened();
  t.is(db.tower, tower);
  await db.ready();
  t.is(tower.tip?.height, 120);
  t.is(tower.gatekeeper.settings.auth, 'user');
  t.deepEqual(readdirSync(dataDir).sort(), ['admin.sock', 'simulated-chain.hex', 'store', 'tower.key']);
});

test('blocks are mined on command, and followed before the answer', async (t) => {
  const db = opened(t, tempDir(t), 'sim_start_height=10');
  t.is((await db.mine()).height, 11);
  t.is((await db.mine(5)).height, 16);
  t.is(db.tower.tip?.height, 16);
  for (const blocks of [0, -1, 1.5, Number.NaN, '3' as unknown as number]) {
    await refusal(t, db.mine(blocks), 'TOWER_INVALID_PARAMETER');
  }
  t.is(db.tower.tip?.height, 16);
});

test('what the tower holds is there again when it is opened again', async (t) => {
  const dataDir = tempDir(t);
  const first = opened(t, dataDir, 'auth=none');
  await first.ready();
  const {userId} = await first.tower.gatekeeper.addUpdateUser(publicKey(1));
  await first.mine(3);
  await first.close();
  const second = opened(t, dataDir, 'auth=none');
  await second.ready();
  t.is(second.tower.id, first.tower.id);
  t.is(second.tower.tip?.height, 123);
  t.is((await second.tower.gatekeeper.registeredUsers.get(publicKey(1)))?.userId, userId);
});

test('settings of the URI win over those of bartizan.toml in the data directory', async (t) => {
  const dataDir = tempDir(t);
  writeFileSync(join(dataDir, 'bartizan.toml'), 'auth_budget = 3\nrequest_ttl = 4\n');
  const db = opened(t, dataDir, 'auth_budget=5');
  const {gatekeeper} = await db.opened();
  t.like(gatekeeper.settings, {authBudget: 5, requestTtl: 4});
});

test('the environment of the program sets nothing', async (t) => {
  process.env['BARTIZAN_AUTH'] = 'node';
  t.teardown(() => delete process.env['BARTIZAN_AUTH']);
  const {gatekeeper} = await opened(t, tempDir(t), 'auth_budget=5').opened();
  t.is(gatekeeper.settings.auth, 'none');
});

test('a mistake in the URI is thrown by open itself', (t) => {
  const error = t.throws(() => open('file:tower?auth=everybody'), {instanceOf: OperationalError});
  t.is(error.code, 'TOWER_INVALID_SETTING');
});

test('a tower that another has open is refused, and its holder is named', async (t) => {
  const dataDir = tempDir(t);
  await opened(t, dataDir).ready();
  const {message} = await refusal(t, opened(t, dataDir).ready(), 'TOWER_ALREADY_RUNNING');
  t.true(message.endsWith(`as process ${process.pid}`));
});

test('why it could not be opened is told to every call that waits or comes later', async (t) => {
  const dataDir = tempDir(t);
  writeFileSync(join(dataDir, 'store'), 'no folder');
  const db = opened(t, dataDir);
  await Promise.all([db.opened(), db.ready(), db.mine(1)].map((call) => refusal(t, call, 'TOWER_STORE_FAILED')));
  await refusal(t, db.ready(), 'TOWER_STORE_FAILED');
  await db.close();
});

test('why it could not be opened is told to listeners, and the program goes on', async (t) => {
  const dataDir = tempDir(t);
  writeFileSync(join(dataDir, 'tower.key'), 'no key', {mode: 0o600});
  const db = opened(t, dataDir);
  const errors: unknown[] = [];
  db.on('error', (error) => errors.push(error));
  const error = await refusal(t, db.ready(), 'TOWER_INVALID_KEY');
  t.deepEqual(errors, [error]);
});

test('an error that nobody waits for or listens to is thrown', async (t) => {
  const dataDir = tempDir(t);
  writeFileSync(join(dataDir, 'store'), 'no folder');
  const script = `const {open} = await import(${JSON.stringify(new URL('../../src/index.js', import.meta.url).href)});
    const db = open(${JSON.stringify(`file:${dataDir}`)}); setTimeout(() => console.log('went on'), 60_000);`;
  const ended = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  const {code, stdout, stderr} = (await t.throwsAsync(ended)) as Error & {code: number; stdout: string; stderr: string};
  t.is(code, 1);
  t.is(stdout, '');
  t.regex(stderr, /OperationalError: the store could not be opened/);
});

test('ready and not_ready tell when the tower has reached its source and left it', async (t) => {
  const source = new SteeredSource();
  source.mine(5);
  const told: string[] = [];
  const db = opened(t, tempDir(t), 'auth=user', {source});
  db.on('ready', () => told.push('ready')).on('not_ready', ({name}) => told.push(name));
  await db.ready();
  source.mine(1);
  await db.ready();
  source.lose(2);
  await until(() => told.length > 1);
  source.find();
  source.mine(3);
  await db.ready();
  t.deepEqual(told, ['ready', 'stalled', 'ready']);
});

test('listeners that are handed in hear of the first event', async (t) => {
  const events: TowerEvent[] = [];
  await opened(t, tempDir(t), 'auth=user', {listeners: [(event) => events.push(event)]}).ready();
  t.deepEqual(
    events.filter(({type}) => type !== 'state_changed').map(({type}) => type),
    ['started'],
  );
});

test('a node of another network is an error while it is reached for the first time', async (t) => {
  const source = new SteeredSource();
  source.claims = {network: 'bitcoin'};
  const db = opened(t, tempDir(t), 'auth=user', {source});
  const errors: unknown[] = [];
  db.on('error', (error) => errors.push(error));
  await refusal(t, db.ready(), 'TOWER_WRONG_NETWORK');
  await until(() => errors.length > 0);
  t.is((errors[0] as BartizanError).code, 'TOWER_WRONG_NETWORK');
});

test('a source of its own and a chain in the URI exclude each other', (t) => {
  const source = new SteeredSource();
  const error = t.throws(() => open('file:tower?chain=simulated', {source}), {instanceOf: OperationalError});
  t.is(error.code, 'TOWER_INVALID_SETTING');
});

test('a tower on a simulated chain is not opened on another source', async (t) => {
  const dataDir = tempDir(t);
  const first = opened(t, dataDir);
  await first.ready();
  await first.close();
  await refusal(t, opened(t, dataDir, 'auth=user', {source: new SteeredSource()}).opened(), 'TOWER_WRONG_NETWORK');
});

test('a source of its own is closed with the tower, also with one that cannot be opened', async (t) => {
  const dataDir = tempDir(t);
  const [used, unused] = [new SteeredSource(), new SteeredSource()];
  const db = opened(t, dataDir, 'auth=user', {source: used});
  await db.ready();
  await refusal(t, opened(t, dataDir, 'auth=user', {source: unused}).opened(), 'TOWER_ALREADY_RUNNING');
  t.true(unused.closed);
  t.false(used.closed);
  await db.close();
  t.true(used.closed);
});

test('nothing is mined on a source of its own', async (t) => {
  const source = new SteeredSource();
  await refusal(t, opened(t, tempDir(t), 'auth=user', {source}).mine(), 'TOWER_NOT_SIMULATED');
});

test('a function that is registered before the tower is open is asked once it is', async (t) => {
  const db = opened(t, tempDir(t));
  const asked: unknown[] = [];
  db.registerFunction('user_signup', 2, (...args: unknown[]) => (asked.push(args), 7));
  await db.ready();
  const {state, closing, nodeInfo} = await submit(db, {device: 2, info: 'invite'});
  t.like({state, ...closing}, {state: 'approved', userId: 7, actor: 'program'});
  t.deepEqual(asked, [['invite', nodeInfo]]);
});

test('a function that is registered later is asked about what waits, and null takes it away', async (t) => {
  const db = opened(t, tempDir(t));
  await db.ready();
  const {auth} = db.tower;
  await submit(db, {device: 2});
  db.registerFunction('user_signup', 2, () => -1);
  await auth.settled();
  t.is((await auth.request(1)).state, 'denied');
  db.registerFunction('user_signup', 2, null);
  t.is((await submit(db, {device: 3})).state, 'pending');
});

test('a function under another name or with other arguments is refused at once, open or not', async (t) => {
  const db = opened(t, tempDir(t));
  const wrong = () => db.registerFunction('user_signup', 1, () => -1);
  t.throws(wrong, {code: 'TOWER_INVALID_FUNCTION'});
  await db.ready();
  t.throws(wrong, {code: 'TOWER_INVALID_FUNCTION'});
  t.throws(() => db.registerFunction('signup', 2, () => -1), {code: 'TOWER_INVALID_FUNCTION'});
});

test('PRAGMA lines work as OctoDB writes them, and answer with its names', async (t) => {
  const db = opened(t, tempDir(t));
  // Before it is open, too: the call waits.
  t.like(await db.pragma('PRAGMA sync_status'), {node_id: 1, pending_requests: 0});
  await db.ready();
  t.deepEqual(await db.pragma('PRAGMA sync_status'), {
    db_is_ready: true,
    node_id: 1,
    height: 120,
    state: 'synced',
    pending_requests: 0,
  });
  t.deepEqual(await db.pragma(`pragma authorize_user='${publicKey(2)}:0'`), {
    key: publicKey(2),
    user_id: 1,
    role: null,
    authorized_at: 120,
  });
  t.deepEqual(await db.pragma('PRAGMA nodes'), {
    nodes: [{public_key: publicKey(2), state: 'authorized', user_id: 1, role: null, request_id: null}],
    more: false,
  });
  await t.throwsAsync(db.pragma('PRAGMA vacuum'), {code: 'TOWER_INVALID_PRAGMA'});
});

test('requests and decisions are told as they are committed', async (t) => {
  const db = opened(t, tempDir(t));
  const told: string[] = [];
  db.on('request', ({requestId, kind, key}) => told.push(`${requestId} ${kind} ${key === publicKey(2)}`));
  db.on('decided', ({requestId, state, userId, decidedBy}) =>
    told.push(`${requestId} ${state} ${userId} ${decidedBy}`),
  );
  await db.ready();
  await submit(db, {device: 2});
  await db.pragma(`PRAGMA authorize_user="${publicKey(2)}:5"`);
  t.deepEqual(told, ['1 user_signup true', '1 approved 5 program']);
});

test('policies that are handed in are asked after the functions of the program', async (t) => {
  const policy = new ScriptedPolicy({callback: () => 9});
  const db = opened(t, tempDir(t), 'auth=user', {policies: [policy]});
  await db.ready();
  t.like(await submit(db, {device: 2}), {closing: {userId: 9, actor: 'policy'}});
  db.registerFunction('user_signup', 2, () => 8);
  t.like(await submit(db, {device: 3}), {closing: {userId: 8, actor: 'program'}});
});

test('what the URI says in vain is a warning to listeners that come right after', async (t) => {
  const db = opened(t, tempDir(t), 'bind=tcp://0.0.0.0:1234');
  const [warning] = (await once(db, 'warning')) as [string];
  t.regex(warning, /nothing listens on tcp:\/\/0\.0\.0\.0:1234/);
  await db.ready();
});

test('a warning that nobody listens to is a warning of the process', async (t) => {
  const warned = once(process, 'warning') as Promise<[Error]>;
  const db = opened(t, tempDir(t), 'bind=tcp://[::]:1234');
  const [{name, message}] = await warned;
  t.is(name, 'BartizanWarning');
  t.regex(message, /nothing listens on tcp:\/\/\[::\]:1234/);
  await db.ready();
});

test('an operator sees the tower of a program, and can stop it', async (t) => {
  const dataDir = tempDir(t);
  const db = opened(t, dataDir);
  await db.ready();
  const admin = new AdminClient(dataDir);
  t.like(await admin.status(), {state: 'synced', towerId: db.tower.id, pid: process.pid});
  const closed = once(db, 'closed');
  await admin.stop();
  await closed;
  await refusal(t, db.ready(), 'TOWER_HALTED');
});

test('closing while it is being opened waits, and refuses the calls that wait', async (t) => {
  const db = opened(t, tempDir(t));
  const ready = refusal(t, db.ready(), 'TOWER_HALTED');
  await Promise.all([db.close(), db.close(), ready]);
  await refusal(t, db.opened(), 'TOWER_HALTED');
});
