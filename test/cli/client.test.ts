import {existsSync, mkdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {
  depositBy,
  fakeTower,
  type FakeTower,
  refuses,
  registrationBy,
  towerKey,
  userKey,
} from '../client/fake-tower.js';
import {signingKey} from '../support/keys.js';
import {tempDir} from '../support/temp-dir.js';
import {teosProtocol as known} from '../support/teos-protocol.js';
import {type Ended, run, runHere} from './harness.js';

interface Stage {
  readonly tower: FakeTower;
  readonly stateDir: string;
  /** Runs `bartizan client` as the user of the vectors. */
  client(...args: string[]): Promise<Ended>;
  /** The same, registered already. */
  registered(): Promise<Stage>;
}

type Respond = Parameters<typeof fakeTower>[1];

/** A tower, and the user whose conversation with it is known byte for byte. */
async function stage(t: ExecutionContext, respond: Respond = answers()): Promise<Stage> {
  const tower = await fakeTower(t, respond);
  const stateDir = tempDir(t);
  const keyFile = join(stateDir, 'user.key');
  writeFileSync(keyFile, known.userSecretKey, {mode: 0o600});
  const client = (...args: string[]) => runHere(['client', ...args, '--state-dir', stateDir]);
  const set: Stage = {
    tower,
    stateDir,
    client,
    async registered() {
      const {status, stderr} = await client('register', '--tower', tower.address);
      t.is(status, 0, stderr);
      return set;
    },
  };
  return set;
}

/** What an honest tower says to that user. */
function answers(more: Record<string, ReturnType<Respond>> = {}): Respond {
  return (path, body) => {
    if (Object.hasOwn(more, path)) return more[path]!;
    switch (path) {
      case '/register':
        return registrationBy({slots: 10_000, start: 120, expiry: 4_440});
      case '/add_appointment':
        return depositBy(body, {slots: 9_999, start: 121, expiry: 4_440});
      case '/get_appointment':
        return {
          status: 'being_watched',
          appointment: {locator: known.locator.rust, encrypted_blob: known.encryptedBlob.rust, to_self_delay: 42},
        };
      case '/get_subscription_info':
        return {available_slots: 9_999, subscription_expiry: 4_440, locators: [known.locator.rust]};
      default:
        return '';
    }
  };
}

const appointment = ['--dispute-txid', known.disputeTxid, '--penalty-tx', known.penaltyTx];
const registrationReceipt = (
  registrationBy({slots: 10_000, start: 120, expiry: 4_440}) as {subscription_signature: string}
).subscription_signature;

test('a user registers, deposits, asks and verifies, and names the tower only once', async (t) => {
  const {client, tower} = await stage(t);
  t.deepEqual(await client('register', '--tower', tower.address), {
    status: 0,
    stdout: `tower         ${towerKey.publicKey}
key           ${userKey.publicKey}
slots         10,000
subscription  since 120, expires at 4440
receipt       ${registrationReceipt}
`,
    stderr: '',
  });
  const added = await client('add-appointment', ...appointment);
  t.regex(
    added.stdout,
    new RegExp(`^locator       ${known.locator.rust}\nwatched       from 121\nslots         9,999 left\n`),
  );
  const sent = JSON.parse(tower.heard.at(-1)!.body) as {appointment: object};
  t.like(sent.appointment, {encrypted_blob: known.encryptedBlob.rust, to_self_delay: 42});
  const info = await client('subscription-info');
  t.is(
    info.stdout,
    `slots         9,999 left\nsubscription  expires at 4440\nappointments  1\nlocators      ${known.locator.rust}\n`,
  );
  const listed = await client('receipts');
  t.is(
    listed.stdout,
    `2 receipts of tower ${towerKey.publicKey} for key ${userKey.publicKey}

receipt       locator                           from  slots left  expires at
registration  -                                 120   10,000      4440
appointment   ${known.locator.rust}  121   9,999       4440
`,
  );
  const verified = await client('verify');
  t.is(verified.status, 0, verified.stderr);
  t.regex(verified.stdout, /: 2 kept\n/);
  t.regex(verified.stdout, /4440 {8}kept\n$/);
});

test('an appointment is shown as it is, or, for whoever knows the dispute, decrypted', async (t) => {
  const {client} = await (await stage(t)).registered();
  const shown = await client('get-appointment', known.locator.rust);
  t.is(
    shown.stdout,
    `locator        ${known.locator.rust}\nstatus         being watched\nto self delay  42\nblob           367 bytes  ${known.encryptedBlob.rust}\n`,
  );
  const opened = await client('get-appointment', known.disputeTxid);
  t.true(opened.stdout.endsWith(`penalty        ${known.penaltyTx}\n`));
  const json = await client('get-appointment', known.disputeTxid, '--json');
  t.deepEqual(JSON.parse(json.stdout), {
    status: 'being_watched',
    locator: known.locator.rust,
    encrypted_blob: known.encryptedBlob.rust,
    to_self_delay: 42,
    penalty_tx: known.penaltyTx,
  });
});

test('a blob that is not one of the dispute is told of, with status 1', async (t) => {
  const blob = {locator: known.locator.rust, encrypted_blob: 'ab'.repeat(40), to_self_delay: 42};
  const respond = answers({'/get_appointment': {status: 'being_watched', appointment: blob}});
  const {client} = await (await stage(t, respond)).registered();
  const {status, stdout} = await client('get-appointment', known.disputeTxid);
  t.is(status, 1);
  t.regex(stdout, /penalty +none: the blob is not one of this dispute/);
});

test('an answered breach is shown with its transactions', async (t) => {
  const responded = {dispute_txid: known.disputeTxid, penalty_txid: 'ab'.repeat(32), penalty_rawtx: '0102'};
  const respond = answers({'/get_appointment': {status: 'dispute_responded', appointment: responded}});
  const {client} = await (await stage(t, respond)).registered();
  const {stdout} = await client('get-appointment', known.locator.rust);
  t.is(
    stdout,
    `locator      ${known.locator.rust}
status       dispute responded
dispute      ${known.disputeTxid}
answered by  ${'ab'.repeat(32)}
penalty      0102
`,
  );
});

test('every answer is one line of JSON', async (t) => {
  const {client} = await (await stage(t)).registered();
  for (const [args, expected] of [
    [['key'], {key: userKey.publicKey}],
    [['add-appointment', ...appointment], {type: 'appointment', locator: known.locator.rust, start_block: 121}],
    [['subscription-info'], {available_slots: 9_999, subscription_expiry: 4_440, locators: [known.locator.rust]}],
    [['receipts'], {tower_id: towerKey.publicKey, unreadable_lines: []}],
    [['verify'], {key: userKey.publicKey, counts: {kept: 2}}],
  ] as const) {
    const {status, stdout, stderr} = await client(...args, '--json');
    t.deepEqual({status, stderr}, {status: 0, stderr: ''}, args[0]);
    t.is(stdout.indexOf('\n'), stdout.length - 1);
    t.like(JSON.parse(stdout), expected, args[0]);
  }
});

test('the first registration makes a key for its owner alone, and says so loudly', async (t) => {
  const home = tempDir(t);
  const tower = await fakeTower(t, (_, body) => {
    const key = body['user_id'] as string;
    return {...registrationBy(), user_id: key};
  });
  const {status, stderr} = await run(t, ['client', 'register', '--tower', tower.address], {home});
  t.is(status, 1, 'the fake signs for somebody else');
  const path = join(home, '.bartizan', 'client', 'user.key');
  t.regex(stderr, new RegExp(`^new key: ${path}\nkeep a copy: it is all that proves who you are`));
  t.regex(stderr, /\[TOWER_MISBEHAVING\]/);
  t.is(statSync(path).mode & 0o777, 0o600);
  const secret = readFileSync(path, 'utf8').trim();
  const again = await run(t, ['client', 'register', '--tower', tower.address], {home});
  t.notRegex(again.stderr, /new key/);
  t.is(readFileSync(path, 'utf8').trim(), secret);
  t.false(stderr.includes(secret));
});

test('a key is made once, shown, and never overwritten', async (t) => {
  const stateDir = join(tempDir(t), 'state');
  const call = (...args: string[]) => runHere(['client', 'key', ...args, '--state-dir', stateDir]);
  const missing = await call();
  t.is(missing.status, 1);
  t.regex(missing.stderr, /user\.key is not there\nhint: Make a key with `bartizan client key --new`/);
  const made = await call('--new', '--json');
  t.is(made.status, 0);
  const {key, path} = JSON.parse(made.stdout) as {key: string; path: string};
  t.is(path, join(stateDir, 'user.key'));
  t.is((await call()).stdout, `key   ${key}\nfile  ${path}\n`);
  const again = await call('--new');
  t.is(again.status, 1);
  t.regex(again.stderr, /is there already/);
  const elsewhere = join(tempDir(t), 'deep', 'other.key');
  t.is((await call('--new', '--key-file', elsewhere)).status, 0);
  t.true(existsSync(elsewhere));
});

test('a key that others can read, or that is none, is refused', async (t) => {
  const {client, stateDir} = await stage(t);
  for (const [mode, text, message] of [
    [0o644, known.userSecretKey, /can be read by others/],
    [0o600, 'nonsense', /does not hold 32 bytes in hex/],
  ] as const) {
    const path = join(stateDir, `key-${mode}`);
    writeFileSync(path, text, {mode});
    const {status, stderr} = await client('key', '--key-file', path);
    t.is(status, 1);
    t.regex(stderr, message);
  }
});

test('what a tower refuses is told in its words, with what to do', async (t) => {
  const respond = answers({
    '/add_appointment': refuses(401, {error: 'Your subscription expired at 130', error_code: 7}),
  });
  const {client} = await (await stage(t, respond)).registered();
  const {status, stdout, stderr} = await client('add-appointment', ...appointment);
  t.deepEqual([status, stdout], [1, '']);
  t.is(
    stderr,
    'error: the tower refuses: Your subscription expired at 130 (code 7)\n' +
      'hint: Register again: in the grace period a renewal keeps every appointment.   [TOWER_REFUSED]\n',
  );
  const json = await client('add-appointment', ...appointment, '--json');
  t.like(JSON.parse(json.stderr), {code: 'TOWER_REFUSED', facts: {error_code: 7, http_status: 401}});
});

test('a tower that has lost an appointment is found out, with status 1', async (t) => {
  const respond = answers({'/get_appointment': refuses(404, {error: 'Appointment not found', error_code: 36})});
  const {client} = await (await stage(t, respond)).registered();
  await client('add-appointment', ...appointment);
  const {status, stdout} = await client('verify');
  t.is(status, 1);
  t.regex(stdout, /: 1 kept, 1 lost\n/);
  t.regex(stdout, /4440 {8}lost\n$/);
});

test('a tower that has forgotten the user is told of with what it promised, and registering again hides nothing', async (t) => {
  const more: Record<string, ReturnType<Respond>> = {};
  const {client} = await (await stage(t, (path, body) => answers(more)(path, body))).registered();
  await client('add-appointment', ...appointment);
  const words = 'User not found. Have you registered?';
  more['/get_subscription_info'] = refuses(401, {error: words, error_code: 7});
  const unknown = await client('verify');
  t.is(unknown.status, 1);
  t.regex(
    unknown.stdout,
    /: 2 unknown\n2 unknown, promised until 4440: the tower says: User not found.*\nunknown is lost below/,
  );
  t.regex(unknown.stdout, /4440 {8}unknown\n$/);
  const ended = await client('verify', '--height', '4440');
  t.deepEqual([ended.status, ended.stderr], [0, '']);
  t.regex(ended.stdout, /: 2 ended\n/);
  t.is((await client('verify', '--height', '-1')).status, 2);
  const lost = await client('verify', '--height', '121', '--json');
  t.is(lost.status, 1);
  const {checks, counts} = JSON.parse(lost.stdout) as {checks: object[]; counts: object};
  t.deepEqual(counts, {lost: 2});
  t.like(checks[0], {promised_until: 4_440, reason: `at height 121 the tower says: ${words}`});

  delete more['/get_subscription_info'];
  more['/get_appointment'] = refuses(404, {error: 'Appointment not found', error_code: 36});
  more['/register'] = registrationBy({slots: 10_000, start: 121, expiry: 4_441});
  const anew = await client('register');
  t.is(anew.status, 0);
  t.regex(
    anew.stderr,
    /^warning: the tower began this subscription at 121, although it had promised one until 4440: `bart/,
  );
  more['/get_subscription_info'] = {available_slots: 10_000, subscription_expiry: 4_441, locators: []};
  const {status, stdout} = await client('verify');
  t.is(status, 1);
  t.regex(
    stdout,
    /: 2 lost, 1 kept\n2 lost, promised until 4440: the tower began another subscription at 121\nkeep the /,
  );
});

test('half a line in the receipts is told of, and in nobody’s way', async (t) => {
  const {client, stateDir} = await (await stage(t)).registered();
  const path = join(stateDir, towerKey.publicKey, userKey.publicKey, 'receipts.jsonl');
  writeFileSync(path, readFileSync(path, 'utf8') + '{"type":"appoint');
  const {status, stdout, stderr} = await client('receipts');
  t.is(status, 0);
  t.regex(stdout, /^1 receipt of/);
  t.is(stderr, 'warning: receipts.jsonl holds no receipt on line 2\n');
});

test('a ping needs neither key nor id', async (t) => {
  const {tower, client, stateDir} = await stage(t);
  const {status, stdout} = await client('ping', '--tower', tower.url);
  t.is(status, 0);
  t.regex(stdout, /^the tower at http:\/\/127\.0\.0\.1:\d+ answers, in \d+ ms\n$/);
  await tower.close();
  const gone = await client('ping', '--tower', tower.url);
  t.is(gone.status, 1);
  t.regex(
    gone.stderr,
    /^error: the tower at .* cannot be reached\nbecause: .*ECONNREFUSED.*\nhint: .*\[TOWER_UNREACHABLE\]\n$/,
  );
  t.false(existsSync(join(stateDir, towerKey.publicKey)));
});

test('which tower is meant is never guessed', async (t) => {
  const {tower, client, stateDir} = await stage(t);
  const none = await client('subscription-info');
  t.is(none.status, 2);
  t.regex(none.stderr, /no tower is named, and none is remembered\nhint: Name it with --tower ID@HOST:PORT/);
  const nameless = await client('subscription-info', '--tower', tower.url);
  t.is(nameless.status, 2);
  t.regex(nameless.stderr, /the id of the tower at .* is missing\nhint: Write --tower ID@HOST:PORT/);
  t.is((await client('register', '--tower', tower.address)).status, 0);
  t.is((await client('subscription-info', '--tower', tower.url)).status, 0, 'it is known by its address now');
  const other = signingKey(5).publicKey;
  mkdirSync(join(stateDir, other));
  writeFileSync(join(stateDir, other, 'address'), 'http://other.example:9814\n');
  const several = await client('subscription-info');
  t.is(several.status, 2);
  t.true(several.stderr.includes(`hint: Name it with --tower: ${[other, towerKey.publicKey].sort()[0]!}@`));
});

test('what was typed wrongly is a usage error that names it, and nothing is sent', async (t) => {
  const {client, tower, stateDir} = await (await stage(t)).registered();
  const heard = tower.heard.length;
  writeFileSync(join(stateDir, 'odd.hex'), 'abc');
  for (const [args, message] of [
    [[], 'Usage: bartizan client'],
    [['nope'], "unknown command 'nope'"],
    [['register', '--tower', 'a b'], '"a b" is no address of a tower'],
    [['register', '--timeout', '0'], '--timeout is "0"'],
    [['register', '--timeout', '1.5'], '--timeout is "1.5"'],
    [['get-appointment'], "missing required argument 'locator'"],
    [['get-appointment', 'ab'], 'the locator is neither'],
    [['add-appointment'], 'the appointment is not given whole'],
    [['add-appointment', '--dispute-txid', known.disputeTxid], 'the appointment is not given whole'],
    [['add-appointment', ...appointment, '--locator', known.locator.rust], 'the appointment is not given whole'],
    [['add-appointment', '--locator', known.locator.rust, '--blob', 'abc'], '--blob is not an even number of hex'],
    [['add-appointment', '--locator', known.locator.rust, '--blob', '@odd.hex'], 'odd.hex cannot be read'],
    [['add-appointment', '--locator', known.locator.rust, '--blob', `@${join(stateDir, 'odd.hex')}`], '--blob (from '],
    [['add-appointment', ...appointment, '--to-self-delay', '-1'], '--to-self-delay is "-1"'],
    [['add-appointment', ...appointment, '--to-self-delay', '4294967296'], '--to-self-delay is "4294967296"'],
  ] as const) {
    const {status, stdout, stderr} = await (args.length === 0 ? runHere(['client']) : client(...args));
    t.is(status, 2, args.join(' '));
    t.is(stdout, '');
    t.true(stderr.includes(message), `${args.join(' ')}: ${stderr}`);
  }
  t.is(tower.heard.length, heard);
});

test('hex may come from a file or from stdin', async (t) => {
  const {tower, stateDir} = await (await stage(t)).registered();
  const txPath = join(stateDir, 'penalty.hex');
  writeFileSync(txPath, `${known.penaltyTx}\n`);
  for (const [from, input] of [
    ['@penalty.hex', undefined],
    ['@-', `${known.penaltyTx}\n`],
  ] as const) {
    const args = ['client', 'add-appointment', '--dispute-txid', known.disputeTxid, '--penalty-tx', from];
    const {status, stderr} = await run(t, [...args, '--state-dir', '.'], {
      cwd: stateDir,
      ...(input === undefined ? {} : {input}),
    });
    t.is(status, 0, stderr);
    t.true(tower.heard.at(-1)!.body.includes(known.encryptedBlob.rust));
  }
});

test('a registration that promises less is refused, or taken on purpose', async (t) => {
  const {client} = await (await stage(t)).registered();
  const lower = await client('register');
  t.is(lower.status, 1);
  t.regex(lower.stderr, /the receipt promises 10000 slots until 4440, but 10000 until 4440 were told before/);
  t.is((await client('register', '--accept-lower')).status, 0);
});
