import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {type BartizanError, OperationalError} from '../../src/errors/index.js';
import {describeOrigin, gatekeeperSettings, loadSettings, shownValue} from '../../src/tower/settings.js';
import {settingKeys, settingNames, settingsTable} from '../../src/tower/settings-table.js';

interface Given {
  readonly file?: string;
  readonly environment?: Record<string, string>;
  readonly flags?: Record<string, string>;
}

/** Loads with a data directory of its own, so that no test sees another's file. */
async function load(t: ExecutionContext, given: Given) {
  const dataDir = await mkdtemp(join(tmpdir(), 'bartizan-settings-'));
  t.teardown(() => rm(dataDir, {recursive: true}));
  if (given.file !== undefined) await writeFile(join(dataDir, 'bartizan.toml'), given.file);
  const settings = () =>
    loadSettings({
      flags: {'--data-dir': dataDir, ...given.flags},
      environment: given.environment ?? {},
      home: '/home/someone',
      workingDirectory: '/work-directory',
    });
  return {settings, dataDir};
}

async function refusal(t: ExecutionContext, given: Given): Promise<BartizanError> {
  const {settings} = await load(t, given);
  const error = await t.throwsAsync(settings, {instanceOf: OperationalError});
  t.is(error.code, 'TOWER_INVALID_SETTING');
  t.is(error.exit, 2);
  return error;
}

test('without any source every setting is at its default', async (t) => {
  const {settings, dataDir} = await load(t, {});
  const {values, origins, file} = await settings();
  t.is(file, undefined);
  for (const key of settingKeys) {
    if (key === 'dataDir') continue;
    t.is(values[key], settingsTable[key].fallback);
    t.is(origins[key].type, 'default');
  }
  t.is(values.dataDir, dataDir);
  t.is(describeOrigin(origins.dataDir), '--data-dir');
});

test('flags win over the environment, the environment over the file, the file over defaults', async (t) => {
  const given = {
    file: 'expiry_delta = 1\nsubscription_slots = 1\n\n  subscription_duration = 1\n',
    environment: {BARTIZAN_EXPIRY_DELTA: '2', BARTIZAN_SUBSCRIPTION_SLOTS: '2', PATH: '/bin'},
    flags: {'--expiry-delta': '3'},
  };
  const {settings, dataDir} = await load(t, given);
  const {values, origins} = await settings();
  t.deepEqual(gatekeeperSettings(values), {
    subscriptionSlots: 2,
    subscriptionDuration: 1,
    expiryDelta: 3,
    renewal: 'extend',
    auth: 'none',
    authBudget: 100,
    requestTtl: 144,
    requestAttempts: 8,
    maxPendingRequests: 100_000,
    deniedCooldown: 6,
    proofWindow: 6,
    maxUnprovenRequests: 1_000,
  });
  t.is(describeOrigin(origins.expiryDelta), '--expiry-delta');
  t.is(describeOrigin(origins.subscriptionSlots), 'BARTIZAN_SUBSCRIPTION_SLOTS');
  t.is(describeOrigin(origins.subscriptionDuration), `${dataDir}/bartizan.toml:4`);
  t.is(describeOrigin(origins.renewal), 'default');
});

test("teos's mainnet is bitcoin", async (t) => {
  const {settings} = await load(t, {file: 'btc_network = "mainnet"'});
  t.is((await settings()).values.btcNetwork, 'bitcoin');
});

test('paths start from home for a tilde, from the file for the file, from the working directory otherwise', async (t) => {
  const inFile = await load(t, {file: 'btc_rpc_cookie = "regtest/.cookie"'});
  t.is((await inFile.settings()).values.btcRpcCookie, `${inFile.dataDir}/regtest/.cookie`);
  const tilde = await load(t, {flags: {'--btc-rpc-cookie': '~/.cookie'}});
  t.is((await tilde.settings()).values.btcRpcCookie, '/home/someone/.cookie');
  const relative = await load(t, {environment: {BARTIZAN_BTC_RPC_COOKIE: '.cookie'}});
  t.is((await relative.settings()).values.btcRpcCookie, '/work-directory/.cookie');
});

const refused = test.macro({
  title: (_, what: string) => `${what} is refused with its name, value and origin`,
  async exec(t, _what: string, given: Given, message: string | RegExp) {
    const error = await refusal(t, given);
    if (typeof message === 'string') t.is(error.message, message);
    else t.regex(error.message, message);
  },
});

test(
  refused,
  'a number above its range',
  {flags: {'--finality': '101'}},
  'finality is "101", but must be a whole number from 1 to 100 (from --finality)',
);
test(
  refused,
  'a slot count of zero',
  {file: 'subscription_slots = 0'},
  /is 0, but must be .* \(from .*bartizan.toml:1\)$/,
);
test(refused, 'a number beyond u32', {flags: {'--expiry-delta': '4294967296'}}, /^expiry_delta is "4294967296"/);
test(
  refused,
  'zeros in front, which some would read as octal',
  {flags: {'--expiry-delta': '010'}},
  /^expiry_delta is "010"/,
);
test(refused, 'a fraction', {file: '# six\nexpiry_delta = 6.5'}, /^expiry_delta is 6.5, .*bartizan.toml:2\)$/);
test(
  refused,
  'text for a number',
  {environment: {BARTIZAN_BTC_RPC_PORT: '0x10'}},
  /"0x10".*\(from BARTIZAN_BTC_RPC_PORT\)$/,
);
test(refused, 'an empty number', {environment: {BARTIZAN_BTC_RPC_PORT: ''}}, /^btc_rpc_port is ""/);
test(refused, 'a truth value for a number', {file: 'expiry_delta = true'}, /^expiry_delta is true/);
test(refused, 'a choice that is none', {flags: {'--renewal': 'never'}}, /"never", but must be one of extend, reset/);
test(refused, 'a URL of another kind', {flags: {'--btc-rpc-url': 'tcp://host'}}, /http:\/\/ or https:\/\//);
test(
  refused,
  'an unknown name in a file',
  {file: '\nexpiry_detla = 6'},
  /^expiry_detla is not a setting \(from .*:2\)$/,
);
test(refused, 'an unknown section in a file', {file: '[tower]\nchain = "bitcoind"'}, /^tower is not a setting .*:1\)$/);
test(refused, 'an unknown variable', {environment: {BARTIZAN_SLOTS: '6'}}, /^BARTIZAN_SLOTS is not a setting/);
test(refused, 'a file that is not TOML', {file: 'chain = simulated'}, /bartizan\.toml:1:\d+ is not TOML: /);
test(refused, 'a data_dir in the file that it leads to', {file: 'data_dir = "/elsewhere"'}, /found through data_dir/);

test('a misspelt name is answered with the closest one', async (t) => {
  const error = await refusal(t, {file: 'expiry_detla = 6'});
  t.regex(error.hint, /Did you mean expiry_delta\?/);
  const hint = async (variable: string) => (await refusal(t, {environment: {[variable]: '6'}})).hint;
  t.regex(await hint('BARTIZAN_EXPIRY_DETLA'), /Did you mean BARTIZAN_EXPIRY_DELTA\?/);
  t.notRegex(await hint('BARTIZAN_FOO'), /Did you mean/, 'what all of them begin with makes no two alike');
});

test('a user without a password is refused, and so are two ways to log in', async (t) => {
  t.regex((await refusal(t, {flags: {'--btc-rpc-user': 'alice'}})).message, /btc_rpc_password is not/);
  t.regex((await refusal(t, {flags: {'--btc-rpc-password': 'x'}})).message, /btc_rpc_user is not/);
  const both = await refusal(t, {
    file: 'btc_rpc_cookie = "/c"',
    flags: {'--btc-rpc-user': 'alice', '--btc-rpc-password': 'secret'},
  });
  t.regex(both.message, /^btc_rpc_user \(--btc-rpc-user\) and btc_rpc_cookie \(.*toml:1\) are two ways to log in/);
});

test('an empty value in a stronger source takes a way to log in back', async (t) => {
  const {settings} = await load(t, {
    file: 'btc_rpc_cookie = "/c"',
    flags: {'--btc-rpc-user': 'alice', '--btc-rpc-password': 'secret', '--btc-rpc-cookie': ''},
  });
  t.is((await settings()).values.btcRpcUser, 'alice');
});

test('an empty data_dir is not set, rather than the working directory', async (t) => {
  const {values} = await loadSettings({
    flags: {'--data-dir': ''},
    environment: {},
    home: '/home/someone',
    workingDirectory: '/work',
  });
  t.is(values.dataDir, '/home/someone/.bartizan');
});

test('no error and no display ever holds a password', async (t) => {
  const wrongs: Given[] = [
    {flags: {'--btc-rpc-password': 'hunter2'}},
    {file: 'btc_rpc_password = "hunter2" trailing'},
    {flags: {'--btc-rpc-url': 'http://u:hunter2@host', '--btc-rpc-cookie': '/c'}},
    {flags: {'--btc-rpc-url': 'tcp://u:hunter2@host'}},
    {flags: {'--btc-rpc-url': 'u:hunter2@host'}},
    {flags: {'--auth-webhook': 'ftp://u:hunter2@host/'}},
    {file: 'auth_webhook = "u:hunter2@host"'},
  ];
  for (const wrong of wrongs) {
    const error = await refusal(t, wrong);
    t.notRegex(JSON.stringify([error.message, error.hint, error.facts, String(error.cause)]), /hunter2/);
  }
  t.is(shownValue('btcRpcPassword', 'hunter2'), '(hidden)');
  t.is(shownValue('btcRpcUrl', 'http://u:hunter2@host:1'), 'http://(hidden)@host:1');
  t.is(shownValue('authWebhook', 'https://u:hunter2@host/path'), 'https://(hidden)@host/path');
});

test('a file that was asked for must be there, and may set data_dir', async (t) => {
  const {dataDir} = await load(t, {file: 'data_dir = "store"'});
  const sources = {flags: {}, environment: {}, home: '/home/someone', workingDirectory: dataDir};
  const {values} = await loadSettings({...sources, configFile: 'bartizan.toml'});
  t.is(values.dataDir, `${dataDir}/store`);
  const error = await t.throwsAsync(loadSettings({...sources, configFile: 'absent.toml'}), {
    instanceOf: OperationalError,
  });
  t.is(error.code, 'TOWER_FILE_FAILED');
});

test('every setting has one name on each way in', (t) => {
  t.deepEqual(settingNames('btcRpcCookie'), {
    name: 'btc_rpc_cookie',
    variable: 'BARTIZAN_BTC_RPC_COOKIE',
    flag: '--btc-rpc-cookie',
  });
});
