import {chmod, readFile, stat, writeFile} from 'node:fs/promises';
import {request as httpRequest} from 'node:http';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {AdminClient} from '../../src/api/admin/client.js';
import {socketPathOf} from '../../src/api/admin/socket.js';
import type {BartizanError} from '../../src/errors/index.js';
import {proofMessage} from '../../src/crypto/proof.js';
import type {Submission} from '../../src/gatekeeper/auth/views.js';
import {publicKey, signingKey} from '../support/keys.js';
import {ask, run, runHere, type Running, start, temporaryDirectory} from './harness.js';

/** A tower on a simulated chain that asks for an authorization of every device, ready to be asked. */
async function aTower(t: ExecutionContext, dataDir: string, ...flags: string[]): Promise<Running> {
  const tower = start(t, ['run', '--data-dir', dataDir, '--auth', 'user', ...flags]);
  await tower.said('stderr', /event=state_changed state=synced/);
  return tower;
}

/** Asks as a device whose key file is made with its first request. */
async function submitAs(t: ExecutionContext, dataDir: string, device: string, ...args: string[]) {
  const path = join(dataDir, `${device}.key`);
  const isNew = await stat(path).then(
    () => false,
    () => true,
  );
  const [kind = '', ...rest] = args;
  return ask(t, dataDir, 'submit', kind, '--key-file', path, ...(isNew ? ['--new-key'] : []), ...rest);
}

async function refusedAs(t: ExecutionContext, code: string, args: readonly string[], status = 1): Promise<void> {
  const ended = await runHere(args);
  t.deepEqual({status: ended.status, stdout: ended.stdout}, {status, stdout: ''}, args.join(' '));
  t.true(ended.stderr.includes(`[${code}]`), `${args.join(' ')}: ${ended.stderr}`);
}

test('a person signs up, adds a second device, and loses it again, decided by an operator', async (t) => {
  const dataDir = await temporaryDirectory(t);
  const here = ['--data-dir', dataDir];
  const tower = await aTower(t, dataDir);

  const phone = await submitAs(
    t,
    dataDir,
    'phone',
    'signup',
    '--info',
    'invite-7',
    '--node-info',
    '{"hostname":"phone"}',
  );
  t.like(phone, {request_id: 1, kind: 'user_signup', state: 'pending', info: 'invite-7', policy_decides: false});
  t.is(phone['node_info'], `{"public_key":"${phone['key'] as string}","hostname":"phone"}`);
  t.like(await ask(t, dataDir, 'status'), {auth: 'user', ready: true, pending_requests: 1, policies: []});
  t.like(await ask(t, dataDir, 'requests'), {requests: [{request_id: 1}], next: null});
  t.false('info' in (await ask<{requests: [object]}>(t, dataDir, 'requests')).requests[0]);
  t.like(await ask(t, dataDir, 'request', '1'), {info: 'invite-7'});
  t.like(await ask(t, dataDir, 'approve', '1'), {
    state: 'approved',
    info: null,
    closing: {user_id: 1, actor: 'operator'},
  });
  t.like(await ask(t, dataDir, 'user', '1'), {keys: [phone['key']], subscription_start: 120});

  const laptop = await submitAs(t, dataDir, 'laptop', 'login', '--info', 'mallory');
  t.like(await ask(t, dataDir, 'deny', '2', '--reason', 'call "us"; first'), {
    state: 'denied',
    closing: {reason: 'call "us"; first'},
    retry_height: 126,
  });
  await refusedAs(t, 'TOWER_DENIED_COOLDOWN', [
    'submit',
    'login',
    '--key-file',
    `${dataDir}/laptop.key`,
    '--info',
    'x',
    ...here,
  ]);
  await ask(t, dataDir, 'mine', '6');
  await submitAs(t, dataDir, 'laptop', 'login', '--info', 'it is me');
  t.like(await submitAs(t, dataDir, 'laptop', 'login', '--info', 'it is me'), {request_id: 3, revision: 1});
  t.like(await submitAs(t, dataDir, 'laptop', 'login', '--info', 'it is really me'), {request_id: 4, supersedes: 3});
  t.like(await ask(t, dataDir, 'request', '3'), {state: 'superseded', info: null});
  t.like(await ask(t, dataDir, 'requests', '--state', 'all', '--after', '2', '--limit', '1'), {
    requests: [{request_id: 3}],
    next: 3,
  });
  await refusedAs(t, 'TOWER_LOGIN_WITHOUT_USER', ['approve', '4', ...here]);
  t.like(await ask(t, dataDir, 'approve', '4', '--user', '1'), {state: 'approved', closing: {height: 126, user_id: 1}});
  t.like(await ask(t, dataDir, 'user', laptop['key'] as string), {user_id: 1, keys: [phone['key'], laptop['key']]});

  const {devices} = await ask<{devices: {key: string}[]}>(t, dataDir, 'devices');
  t.deepEqual(
    devices.map(({key}) => key),
    [phone['key'], laptop['key']].sort(),
  );
  t.like(await ask(t, dataDir, 'revoke', laptop['key'] as string), {user_id: 1, authorized_at: 126});
  t.like(await ask(t, dataDir, 'user', '1'), {keys: [phone['key']]});
  await refusedAs(t, 'TOWER_NOT_AUTHORIZED', ['register', laptop['key'] as string, ...here]);
  t.like(await submitAs(t, dataDir, 'laptop', 'login', '--info', 'please'), {request_id: 5, state: 'pending'});
  t.like(await ask(t, dataDir, 'verify'), {problem_count: 0});

  tower.child.kill('SIGTERM');
  const {stderr} = await tower.ended;
  t.regex(stderr, /event=request_received height=120 request_id=1 kind=user_signup key=/);
  t.regex(
    stderr,
    /event=request_decided height=120 request_id=2 .*state=denied decided_by=operator reason="call \\"us\\"; first"\n/,
  );
  t.regex(stderr, /event=device_revoked height=126 key=\S+ user_id=1\n/);
  for (const secret of ['invite-7', 'mallory', 'really', 'hostname']) t.false(stderr.includes(secret), secret);
});

test('a request is received before a kill and decided after it, and its info goes with the decision', async (t) => {
  const dataDir = await temporaryDirectory(t);
  const first = await aTower(t, dataDir);
  const sent = await submitAs(t, dataDir, 'phone', 'signup', '--info', 'invite');
  const before = await ask(t, dataDir, 'digest');
  first.child.kill('SIGKILL');
  await first.ended;
  await aTower(t, dataDir);
  t.deepEqual(await ask(t, dataDir, 'digest'), before);
  t.deepEqual(await ask(t, dataDir, 'request', '1'), sent);
  t.like(await ask(t, dataDir, 'approve', '1', '--user', '77'), {closing: {user_id: 77}});
  await refusedAs(t, 'TOWER_REQUEST_CLOSED', ['approve', '1', '--data-dir', dataDir]);
  t.like(await ask(t, dataDir, 'request', '1'), {info: null, info_hash: sent['info_hash']});
  t.like(await ask(t, dataDir, 'user', '77'), {keys: [sent['key']]});
});

test('what nobody decides expires with its block, and the log counts it', async (t) => {
  const dataDir = await temporaryDirectory(t);
  const tower = await aTower(t, dataDir, '--request-ttl', '3');
  t.like(await submitAs(t, dataDir, 'phone', 'signup', '--info', 'invite'), {expires_at: 123});
  await ask(t, dataDir, 'mine', '3');
  t.like(await ask(t, dataDir, 'request', '1'), {state: 'expired', closing: {height: 123, actor: 'chain'}, info: null});
  t.like(await ask(t, dataDir, 'status'), {pending_requests: 0});
  await tower.said('stderr', /event=block_connected height=123 .* expired_requests=1 request_ids=1\n/);
  await refusedAs(t, 'TOWER_REQUEST_CLOSED', ['deny', '1', '--reason', 'late', '--data-dir', dataDir]);
});

test('a key that never asked is authorized in advance, by its own command or by a line of OctoDB', async (t) => {
  const dataDir = await temporaryDirectory(t);
  const here = ['--data-dir', dataDir];
  await aTower(t, dataDir);
  const [alice, bob, carol, node] = [2, 3, 4, 5].map(publicKey) as [string, string, string, string];
  t.like(await ask(t, dataDir, 'authorize-user', `${alice.toUpperCase()}:0`), {key: alice, user_id: 1});
  t.like(await ask(t, dataDir, 'pragma', `PRAGMA authorize_user="${bob}:5"`), {device: {key: bob, user_id: 5}});
  t.like(await ask(t, dataDir, 'pragma', `pragma authorize_user='${carol}:5' ;`), {device: {user_id: 5}});
  t.like(await ask(t, dataDir, 'authorize-node', `${node}:primary`), {user_id: null, role: 'primary'});
  t.like(await ask(t, dataDir, 'user', '5'), {keys: [bob, carol]});
  t.like(await ask(t, dataDir, 'register', alice), {user_id: 1});
  await refusedAs(t, 'TOWER_ALREADY_AUTHORIZED', ['authorize-user', `${alice}:5`, ...here]);
  const taken = await runHere(['authorize-user', `${alice}:5`, ...here, '--json']);
  t.deepEqual(
    {...taken, stderr: JSON.parse(taken.stderr) as unknown},
    {
      status: 1,
      stdout: '',
      stderr: {
        error: 'the device is a device of user 1 already',
        code: 'TOWER_ALREADY_AUTHORIZED',
        hint: `To authorize it otherwise, revoke it first: \`bartizan revoke ${alice}\`.`,
        facts: {user_id: 1, role: null},
      },
    },
  );
  await refusedAs(t, 'TOWER_WRONG_AUTH_LEVEL', ['authorize-node', `${publicKey(6)}:secondary`, ...here]);

  await submitAs(t, dataDir, 'phone', 'signup', '--info', 'invite');
  const {stdout: status} = await runHere(['pragma', 'PRAGMA sync_status', ...here]);
  t.deepEqual(JSON.parse(status), {db_is_ready: true, node_id: 1, state: 'synced', height: 120, pending_requests: 1});
  const {stdout: nodes} = await runHere(['pragma', 'PRAGMA nodes', ...here]);
  const rows = nodes
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(/ +/));
  const keysOf = (state: string) => rows.filter((row) => row[1] === state).map(([key]) => key);
  t.deepEqual(keysOf('authorized'), [alice, bob, carol, node].sort());
  t.is(keysOf('pending').length, 1);
});

const policy = `
export const user_signup = (info) => ({yes: 0, seven: 7, later: -2}[info] ?? -1);
export const checkUserSignup = () => 9;
`;

test('a policy file decides at once or in blocks, and submit and status tell', async (t) => {
  const dataDir = await temporaryDirectory(t);
  const file = join(dataDir, 'policy.mjs');
  await writeFile(file, policy);
  const tower = await aTower(t, dataDir, '--auth-policy', file);
  const {policies} = await ask<{policies: object[]}>(t, dataDir, 'status');
  t.like(policies, [{name: 'policy', callback: ['user_signup'], check: ['user_signup']}]);
  const {stdout: status} = await runHere(['status', '--data-dir', dataDir]);
  t.regex(status, /^decided by {2}policy: user_signup at once; user_signup later\n {12}operator$/m);

  t.like(await submitAs(t, dataDir, 'a', 'signup', '--info', 'yes'), {state: 'approved', closing: {user_id: 1}});
  t.like(await submitAs(t, dataDir, 'b', 'signup', '--info', 'seven'), {closing: {actor: 'policy', user_id: 7}});
  const args = ['--key-file', join(dataDir, 'c.key'), '--new-key', '--data-dir', dataDir];
  const denied = await runHere(['submit', 'signup', '--info', 'no', ...args]);
  t.is(denied.status, 1);
  t.regex(denied.stdout, /^state {4}denied at 120 by policy$/m);
  t.like(await submitAs(t, dataDir, 'd', 'signup', '--info', 'later'), {
    state: 'pending',
    stage: 'check',
    ready_height: 121,
    policy_decides: true,
  });
  t.like(await submitAs(t, dataDir, 'e', 'login', '--info', 'x'), {policy_decides: false});
  await ask(t, dataDir, 'mine', '1');
  await tower.said('stderr', /event=answer_recorded height=121 request_id=4 verdict=approve_user user_id=9\n/);
  const {stdout: answered} = await runHere(['requests', '--data-dir', dataDir]);
  t.regex(answered, /^4 .* answered$/m);
  await ask(t, dataDir, 'mine', '1');
  t.like(await ask(t, dataDir, 'request', '4'), {
    state: 'approved',
    closing: {height: 122, user_id: 9, actor: 'policy'},
  });
});

/** What a device would send, with something wrong. */
async function submissionTo(client: AdminClient, change: Partial<Submission> & {signer?: number; towerId?: string}) {
  const {tip, towerId} = await client.status();
  const {signer = 2, towerId: named = towerId, ...fields} = change;
  const sent = {
    kind: 'user_signup',
    info: 'invite' as string | undefined,
    nodeInfo: JSON.stringify({public_key: publicKey(2)}),
    blockHeight: tip!.height,
    blockHash: tip!.hash,
    ...fields,
  };
  const {kind, blockHash, info = '', nodeInfo} = sent;
  const signature = signingKey(signer).sign(proofMessage({towerId: named, kind, blockHash, info, nodeInfo}));
  return {...sent, signature, ...('signature' in change ? {signature: change.signature!} : {})};
}

test('each kind of bad input has its own code, changes nothing, and leaves the tower as it was', async (t) => {
  const dataDir = await temporaryDirectory(t);
  const here = ['--data-dir', dataDir];
  const tower = await aTower(t, dataDir, '--request-ttl', '30', '--max-pending-requests', '2');
  const client = new AdminClient(dataDir);
  const old = (await client.status()).tip!;
  await ask(t, dataDir, 'mine', '6');
  // Request 1 is denied, 2 pending; users 1 and 9 are there.
  await submitAs(t, dataDir, 'denied', 'login', '--info', 'x');
  await ask(t, dataDir, 'deny', '1', '--reason', 'no');
  const pending = await submitAs(t, dataDir, 'pending', 'signup', '--info', 'y');
  await ask(t, dataDir, 'authorize-user', `${publicKey(3)}:9`);
  const before = await ask(t, dataDir, 'digest');

  const key = publicKey(2);
  const bomb = `{"public_key":"${key}","a":${'['.repeat(500)}${']'.repeat(500)}}`;
  const submissions: [what: string, code: string, change: Parameters<typeof submissionTo>[1]][] = [
    ['a signature of another key', 'TOWER_INVALID_PROOF', {signer: 3}],
    ['a signature for another tower', 'TOWER_INVALID_PROOF', {towerId: publicKey(7)}],
    ['a signature that is none', 'TOWER_INVALID_PROOF', {signature: 'no'}],
    ['a block that is too old', 'TOWER_STALE_PROOF', {blockHeight: old.height, blockHash: old.hash}],
    ['a block that is none', 'TOWER_STALE_PROOF', {blockHash: 'ab'.repeat(32)}],
    ['a block of another height', 'TOWER_STALE_PROOF', {blockHeight: old.height + 5}],
    ['a block that is to come', 'TOWER_STALE_PROOF', {blockHeight: 4_294_967_295}],
    ['an unknown kind', 'TOWER_UNKNOWN_KIND', {kind: 'user_delete'}],
    ['a kind that every object has', 'TOWER_UNKNOWN_KIND', {kind: 'constructor'}],
    ['an endless kind', 'TOWER_UNKNOWN_KIND', {kind: 'x'.repeat(1000)}],
    ['an endless signature', 'TOWER_INVALID_PROOF', {signature: 'd'.repeat(1000)}],
    ['no info', 'TOWER_INVALID_INFO', {info: undefined}],
    ['an info that is too long', 'TOWER_INVALID_INFO', {info: 'x'.repeat(4097)}],
    ['an info of too many bytes', 'TOWER_INVALID_INFO', {info: 'ü'.repeat(2049)}],
    ['an info of very many bytes', 'TOWER_INVALID_INFO', {info: 'x'.repeat(400_000)}],
    ['half a character', 'TOWER_INVALID_INFO', {info: '\ud83c'}],
    ['a JSON bomb', 'TOWER_INVALID_NODE_INFO', {nodeInfo: bomb}],
    ['a name twice', 'TOWER_INVALID_NODE_INFO', {nodeInfo: `{"public_key":"${publicKey(3)}","public_key":"${key}"}`}],
    [
      'a node_info that is too long',
      'TOWER_INVALID_NODE_INFO',
      {nodeInfo: `{"public_key":"${key}","a":"${'x'.repeat(5000)}"}`},
    ],
    ['a node_info that is no JSON', 'TOWER_INVALID_NODE_INFO', {nodeInfo: `{public_key: "${key}"}`}],
    ['a node_info without a key', 'TOWER_INVALID_NODE_INFO', {nodeInfo: '{}'}],
    ['a node_info with a wrong key', 'TOWER_INVALID_NODE_INFO', {nodeInfo: `{"public_key":"${key.slice(2)}"}`}],
    [
      'a device that is authorized',
      'TOWER_ALREADY_AUTHORIZED',
      {nodeInfo: `{"public_key":"${publicKey(3)}"}`, signer: 3},
    ],
  ];
  for (const [what, code, change] of submissions) {
    await t.throwsAsync(client.auth.submit(await submissionTo(client, change)), {code}, what);
  }
  const line = `PRAGMA authorize_user="${key}:1`;
  const calls: [code: BartizanError['code'], ...args: string[]][] = [
    ['TOWER_REQUEST_CLOSED', 'approve', '1', '--user', '9'],
    ['TOWER_REQUEST_CLOSED', 'deny', '1', '--reason', 'again'],
    ['TOWER_REQUEST_NOT_FOUND', 'approve', '3'],
    ['TOWER_REQUEST_NOT_FOUND', 'deny', '281474976710655', '--reason', 'no'],
    ['TOWER_REQUEST_NOT_FOUND', 'request', '3'],
    ['TOWER_WRONG_DECISION', 'approve', '2', '--role', 'primary'],
    ['TOWER_WRONG_DECISION', 'approve', '2', '--user', '9', '--role', 'primary'],
    ['TOWER_USER_ID_IN_USE', 'approve', '2', '--user', '9'],
    ['TOWER_INVALID_PARAMETER', 'authorize-user', `${key}00:1`],
    ['TOWER_INVALID_PARAMETER', 'authorize-user', `02${'ff'.repeat(32)}:1`],
    ['TOWER_INVALID_PARAMETER', 'authorize-node', '02:primary'],
    ['TOWER_INVALID_PARAMETER', 'revoke', '../status'],
    ['TOWER_INVALID_PARAMETER', 'devices', '--after', '02'],
    ['TOWER_DEVICE_NOT_FOUND', 'revoke', key],
    ['TOWER_INVALID_PRAGMA', 'pragma', 'PRAGMA'],
    ['TOWER_INVALID_PRAGMA', 'pragma', ''],
    ['TOWER_INVALID_PRAGMA', 'pragma', 'PRAGMA user_version'],
    ['TOWER_INVALID_PRAGMA', 'pragma', `${line}"; DROP TABLE users; --`],
    ['TOWER_INVALID_PRAGMA', 'pragma', `${line}'`],
    ['TOWER_INVALID_PRAGMA', 'pragma', `${line}e3"`],
    ['TOWER_INVALID_PRAGMA', 'pragma', `${line}${'0'.repeat(12)}"`],
    ['TOWER_INVALID_PRAGMA', 'pragma', `PRAGMA authorize_user="${key}: 1"`],
    ['TOWER_INVALID_PRAGMA', 'pragma', `PRAGMA authorize_user="${key}:0x1"`],
    ['TOWER_INVALID_PRAGMA', 'pragma', 'x'.repeat(60_000)],
    ['TOWER_INVALID_INFO', 'submit', 'node', '--key-file', `${dataDir}/pending.key`, '--info', 'x'],
    ['TOWER_INVALID_NODE_INFO', 'submit', 'node', '--key-file', `${dataDir}/pending.key`, '--node-info', '[]'],
    ['TOWER_INVALID_NODE_INFO', 'submit', 'node', '--key-file', `${dataDir}/pending.key`, '--node-info', '{'],
  ];
  for (const [code, ...args] of calls) await refusedAs(t, code, [...args, ...here]);
  const bytes = Buffer.from(JSON.stringify(await submissionTo(client, {info: 'Zoë'})), 'latin1');
  t.like(await post(dataDir, '/requests', bytes), {
    code: 'TOWER_INVALID_PARAMETER',
    error: 'the body of the request is not valid UTF-8',
  });
  t.like(await post(dataDir, '/requests', Buffer.from('{"kind":"a","kind":"b"}')), {
    code: 'TOWER_INVALID_PARAMETER',
    error: 'the body of the request has the name "kind" twice',
  });

  t.deepEqual(await ask(t, dataDir, 'digest'), before);
  t.like(await ask(t, dataDir, 'verify'), {problem_count: 0});
  t.is(tower.child.exitCode, null);
  const info = `'"; DROP TABLE users; --\\\u0000\n`;
  t.like(await client.auth.submit(await submissionTo(client, {info})), {state: 'pending', info});
  await refusedAs(t, 'TOWER_TOO_MANY_REQUESTS', [
    ...['submit', 'signup', '--key-file', `${dataDir}/third.key`, '--new-key', '--info', 'z'],
    ...here,
  ]);
  t.like(await ask(t, dataDir, 'request', String(pending['request_id'])), {state: 'pending'});
});

/** One bare request to the admin socket. */
function post(dataDir: string, path: string, body: Buffer): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const headers = {'content-type': 'application/json'};
    const sent = httpRequest({socketPath: socketPathOf(dataDir), method: 'POST', path, headers}, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(JSON.parse(text) as Record<string, unknown>));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

test('an info comes from a file or from stdin as it is, and what is no info is not sent', async (t) => {
  const dataDir = await temporaryDirectory(t);
  await aTower(t, dataDir);
  const args = ['submit', 'signup', '--key-file', join(dataDir, 'phone.key'), '--data-dir', dataDir, '--json'];
  const text = '{"token":"Zoë"}\r\n';
  const piped = await run(t, [...args, '--new-key', '--info-file', '-'], {input: text});
  t.is(piped.status, 0, piped.stderr);
  t.like(JSON.parse(piped.stdout), {request_id: 1, info: text});
  await writeFile(join(dataDir, 'info'), text);
  t.like(await submitAs(t, dataDir, 'phone', 'signup', '--info-file', join(dataDir, 'info')), {request_id: 1});

  const wrong = await run(t, [...args, '--info-file', '-'], {input: Buffer.from([0x61, 0xff])});
  t.is(wrong.status, 1);
  t.like(JSON.parse(wrong.stderr), {error: '- is not valid UTF-8', code: 'TOWER_INVALID_INFO'});
  await refusedAs(t, 'TOWER_INVALID_INFO', [...args.slice(0, -1), '--info-file', '/dev/zero']);
  await refusedAs(t, 'TOWER_FILE_FAILED', [...args.slice(0, -1), '--info-file', join(dataDir, 'missing')], 2);
  t.like(await ask(t, dataDir, 'status'), {pending_requests: 1});
});

test('the key of a device is made for its owner alone, and never in the place of another', async (t) => {
  const dataDir = await temporaryDirectory(t);
  await aTower(t, dataDir);
  const path = join(dataDir, 'phone.key');
  const args = ['submit', 'signup', '--key-file', path, '--info', 'x', '--data-dir', dataDir];
  const missing = await runHere(args);
  t.is(missing.stderr, `error: ${path} is not there\nhint: Make it with --new-key.   [TOWER_INVALID_KEY]\n`);
  await submitAs(t, dataDir, 'phone', 'signup', '--info', 'x');
  t.is((await stat(path)).mode & 0o777, 0o600);
  const text = await readFile(path, 'utf8');
  await refusedAs(t, 'TOWER_FILE_FAILED', [...args, '--new-key']);
  t.is(await readFile(path, 'utf8'), text);
  await chmod(path, 0o644);
  const open = await runHere(args);
  t.regex(open.stderr, /hint: Run: chmod 600 .*\[TOWER_INVALID_KEY\]/);
  t.false(open.stderr.includes(text.trim()));
});

test('at level node a secondary gets a user of its own, and a signup has no place', async (t) => {
  const dataDir = await temporaryDirectory(t);
  await aTower(t, dataDir, '--auth', 'node');
  const node = await submitAs(t, dataDir, 'node', 'node');
  t.like(node, {kind: 'new_node', info: null, info_hash: null});
  await refusedAs(t, 'TOWER_WRONG_DECISION', ['approve', '1', '--data-dir', dataDir]);
  t.like(await ask(t, dataDir, 'approve', '1', '--role', 'secondary'), {closing: {role: 'secondary'}});
  t.like(await ask(t, dataDir, 'devices'), {devices: [{key: node['key'], user_id: 1, role: 'secondary'}]});
  const args = ['submit', 'signup', '--key-file', join(dataDir, 'node.key'), '--info', 'x', '--data-dir', dataDir];
  await refusedAs(t, 'TOWER_WRONG_AUTH_LEVEL', args);
});

test('a webhook is shown to decide later, and a user without a device to have none', async (t) => {
  const dataDir = await temporaryDirectory(t);
  await aTower(t, dataDir, '--auth-webhook', 'http://127.0.0.1:1/');
  const here = ['--data-dir', dataDir];
  const {stdout: status} = await runHere(['status', ...here]);
  t.regex(status, /^decided by {2}webhook: user_signup, user_login, new_node later$/m);
  await ask(t, dataDir, 'authorize-user', `${publicKey(2)}:7`);
  await ask(t, dataDir, 'revoke', publicKey(2));
  t.regex((await runHere(['users', ...here])).stdout, /^7 {5}none {2}/m);
  t.regex((await runHere(['user', '7', ...here])).stdout, /^key +none$/m);
});

test('a policy file that cannot be loaded keeps a tower from starting, with status 2', async (t) => {
  const dataDir = await temporaryDirectory(t);
  const {status, stderr} = await run(t, ['run', '--data-dir', dataDir, '--auth-policy', join(dataDir, 'missing.mjs')]);
  t.is(status, 2);
  t.regex(stderr, /\[TOWER_INVALID_POLICY\]\n$/);
});
