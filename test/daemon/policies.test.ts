import {spawn} from 'node:child_process';
import {chmod, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {type Daemon, openDaemon} from '../../src/daemon/daemon.js';
import type {PolicyReport} from '../../src/daemon/policies.js';
import type {RequestDetails} from '../../src/gatekeeper/auth/views.js';
import {firstPauseMs, maxFailures} from '../../src/policy/webhook/breaker.js';
import {loadSettings} from '../../src/tower/settings.js';
import {aDeadUrl, aService, json} from '../policy/local-service.js';
import {type Ask, submissionTo} from '../support/devices.js';
import {ManualTimers} from '../support/manual-timers.js';
import {tempDir} from '../support/temp-dir.js';
import {until} from '../support/until.js';

interface Opened extends Daemon {
  readonly reports: PolicyReport[];
}

/** A tower with these settings, as a program or the command line opens it. */
async function open(
  t: ExecutionContext,
  flags: Readonly<Record<string, string>>,
  {dataDir = join(tempDir(t), 'tower'), timers}: {dataDir?: string; timers?: ManualTimers} = {},
): Promise<Opened> {
  const {values} = await loadSettings({
    flags: {'--data-dir': dataDir, '--auth': 'user', ...flags},
    environment: {},
    home: '/',
    workingDirectory: '/',
  });
  const reports: PolicyReport[] = [];
  const daemon = await openDaemon(values, {
    ...(timers === undefined ? {} : {timers}),
    warn: (warning) => t.log(warning),
    onDefect: (error) => t.fail(String(error)),
    onFailure: (error) => t.fail(String(error)),
    onPolicyReport: (report) => void reports.push(report),
  });
  t.teardown(() => daemon.close());
  daemon.tower.start();
  await daemon.tower.synced();
  return {...daemon, reports};
}

const submit = ({tower}: Daemon, ask: Ask): Promise<RequestDetails> =>
  tower.auth.submit(submissionTo({id: tower.id, tip: tower.tip!}, ask));

/** Mines a block, in which the answers to the questions of the one before count. */
async function nextBlock({tower, mine}: Daemon): Promise<void> {
  await mine(1);
  await tower.auth.settled();
}

/** Starts the example of the guide, as it stands there. Answers its URL. */
async function startExample(t: ExecutionContext, environment: Readonly<Record<string, string>>): Promise<string> {
  const path = fileURLToPath(new URL('../../../examples/webhook/service.mjs', import.meta.url));
  const child = spawn(process.execPath, [path], {
    env: {PORT: '0', ...environment},
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  t.teardown(() => {
    child.kill();
    return ended;
  });
  for await (const text of child.stdout.setEncoding('utf8')) return String(text).trim();
  throw new Error('the service has said nothing');
}

async function aSecretFile(t: ExecutionContext, text: string, mode = 0o600): Promise<string> {
  const path = join(tempDir(t), 'secret');
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

async function aPolicyFile(t: ExecutionContext, text: string): Promise<string> {
  const path = join(tempDir(t), 'policy.mjs');
  await writeFile(path, text);
  return path;
}

const alice = {device: 1, info: 'welcome alice'};
const thief = {device: 2, info: 'welcome alice'};
const stranger = {device: 3, info: 'let me in'};
const laptop = {device: 4, kind: 'user_login', info: 'open sesame'} as const;
const node = {device: 5, kind: 'new_node'} as const;

test('the example service decides the requests of a tower that knows its secret', async (t) => {
  const url = await startExample(t, {SECRET: 'between us'});
  const tower = await open(t, {
    '--auth-webhook': url,
    '--auth-webhook-secret-file': await aSecretFile(t, 'between us\n'),
  });
  // The service uses its invitation up for whoever it hears of first.
  t.is((await submit(tower, alice)).state, 'pending');
  await nextBlock(tower);
  for (const ask of [thief, stranger, laptop, node]) t.is((await submit(tower, ask)).state, 'pending');
  await nextBlock(tower);
  await nextBlock(tower);
  const {requests} = await tower.tower.auth.requests({limit: 10});
  t.deepEqual(
    requests.map(({state, closing}) => [state, closing?.actor, closing?.reason, closing?.userId]),
    [
      ['approved', 'webhook', 'approved', 1],
      ['denied', 'webhook', 'this invitation has been used', null],
      ['denied', 'webhook', 'unknown invitation', null],
      ['approved', 'webhook', 'approved', 1],
      ['pending', undefined, undefined, undefined],
    ],
  );
  t.is(requests.at(-1)!.attempts, 0);
});

test('the example service answers nobody who does not know its secret', async (t) => {
  const url = await startExample(t, {SECRET: 'between us'});
  const tower = await open(t, {'--auth-webhook': url, '--request-attempts': '1'});
  const {requestId} = await submit(tower, alice);
  await nextBlock(tower);
  const {state, closing} = await tower.tower.auth.request(requestId);
  t.deepEqual([state, closing?.reason], ['failed', 'the webhook answers with status 401']);
});

test('the policy file is asked first, the webhook what the file leaves', async (t) => {
  const service = await aService(t, (response) => json(response, {user_id: 70}));
  const policy = await aPolicyFile(t, 'export const checkUserSignup = () => 50;');
  const tower = await open(t, {'--auth-webhook': service.url, '--auth-policy': policy});
  t.like(tower.reports[0], {type: 'policy_loaded', functions: ['checkUserSignup']});
  const signup = await submit(tower, alice);
  const login = await submit(tower, laptop);
  await nextBlock(tower);
  await nextBlock(tower);
  t.like(await tower.tower.auth.request(signup.requestId), {closing: {actor: 'policy', userId: 50}});
  t.like(await tower.tower.auth.request(login.requestId), {closing: {actor: 'webhook', userId: 70}});
  t.is(service.posts.length, 1);
});

test('while the service is down requests wait without losing an attempt, and go on when it is back', async (t) => {
  let isDown = true;
  const service = await aService(t, (response) => {
    if (isDown) response.writeHead(503).end();
    else json(response, {user_id: 0});
  });
  const timers = new ManualTimers();
  const tower = await open(t, {'--auth-webhook': service.url}, {timers});
  const {requestId} = await submit(tower, alice);
  for (let i = 0; i < maxFailures + 2; i++) await nextBlock(tower);
  t.is(service.posts.length, maxFailures);
  t.like(await tower.tower.auth.request(requestId), {state: 'pending', attempts: 0});
  t.deepEqual(
    tower.reports.map(({type}) => type),
    ['webhook_failed', 'webhook_paused'],
  );
  isDown = false;
  timers.pass(firstPauseMs);
  await until(() => tower.reports.length === 3);
  t.is(tower.reports[2]!.type, 'webhook_resumed');
  await nextBlock(tower);
  t.like(await tower.tower.auth.request(requestId), {state: 'approved', attempts: 0});
});

test('a tower closes while its service hangs', async (t) => {
  const service = await aService(t, () => undefined);
  const tower = await open(t, {'--auth-webhook': service.url});
  await submit(tower, alice);
  await tower.mine(1);
  await service.received(1);
  await tower.close();
  await until(() => service.posts[0]!.socket.destroyed);
  t.pass();
});

const refused = test.macro({
  title: (_, what: string) => `with ${what} it does not open, and leaves nothing open`,
  async exec(
    t,
    _what: string,
    spoil: (t: ExecutionContext) => Promise<Record<string, string>>,
    code: string,
    message: RegExp,
  ) {
    const dataDir = join(tempDir(t), 'tower');
    const flags = await spoil(t);
    const error = await t.throwsAsync(open(t, flags, {dataDir}), {code});
    t.regex(error.message, message);
    await t.notThrowsAsync(open(t, {}, {dataDir}));
  },
});

const withSecret = (file: (t: ExecutionContext) => Promise<string>) => async (t: ExecutionContext) => ({
  '--auth-policy': await aPolicyFile(t, 'export const user_signup = () => -2;'),
  '--auth-webhook': await aDeadUrl(t),
  '--auth-webhook-secret-file': await file(t),
});
const opened = withSecret((t) => aSecretFile(t, 'canary', 0o640));
test(refused, 'a secret that others can read', opened, 'TOWER_INVALID_SETTING', /^\S+ can be read by others/);
const emptied = withSecret((t) => aSecretFile(t, ' \n'));
test(refused, 'an empty secret', emptied, 'TOWER_INVALID_SETTING', /^\S+ holds no secret$/);
const absent = withSecret(async (t) => join(tempDir(t), 'absent'));
test(refused, 'a secret file that is not there', absent, 'TOWER_FILE_FAILED', /^\S+absent cannot be read$/);
const broken = async (t: ExecutionContext) => ({'--auth-policy': await aPolicyFile(t, 'export const = 1')});
test(refused, 'a policy file that does not parse', broken, 'TOWER_INVALID_POLICY', /policy\.mjs/);
