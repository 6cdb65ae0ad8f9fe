import {createServer} from 'node:net';
import {once} from 'node:events';
import {networkInterfaces} from 'node:os';
import test from 'ava';
import {askOnce, requestBytes, Wire} from '../api/public/support/wire.js';
import {addRequest, infoRequest, registerRequest, signerOf} from '../api/public/support/requests.js';
import {run} from '../cli/harness.js';
import {tempDir} from '../support/temp-dir.js';
import {TowerProcess} from './support/tower-process.js';

test('a tower on mainnet is refused, because it could not keep what it promises', async (t) => {
  for (const network of ['bitcoin', 'mainnet']) {
    const args = ['run', '--data-dir', tempDir(t), '--chain', 'bitcoind', '--btc-network', network];
    const {status, stdout, stderr} = await run(t, args);
    t.is(status, 2);
    t.is(stdout, '');
    t.regex(
      stderr,
      /^error: this tower does not run on mainnet yet: it does not watch for breaches, .*\nhint: Use .*testnet or regtest.*\[TOWER_MAINNET_REFUSED\]\n$/,
    );
  }
});

test('an address that is taken, or is none of this machine, is named, and the data directory can be used again', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.teardown(() => other.close());
  const {port} = other.address() as {port: number};
  const dataDir = tempDir(t);
  const taken = await run(t, ['run', '--data-dir', dataDir, '--api-port', String(port)]);
  t.is(taken.status, 1);
  t.regex(
    taken.stderr,
    new RegExp(`^error: the address of the public API, http://127\\.0\\.0\\.1:${port}, is taken\n`),
  );
  t.regex(taken.stderr, /\[TOWER_ADDRESS_IN_USE\]\n$/);
  const foreign = await run(t, ['run', '--data-dir', dataDir, '--api-bind', '192.0.2.1']);
  t.is(foreign.status, 1);
  t.regex(
    foreign.stderr,
    /^error: the public API cannot listen on http:\/\/192\.0\.2\.1:0\n[^]*\[TOWER_CANNOT_LISTEN\]\n$/,
  );
  const ip6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({address}) => address === '::1'));
  const [bind, ip] = ip6 ? ['[::1]', '::1'] : ['localhost', '127.0.0.1'];
  const tower = await new TowerProcess(t, dataDir, ['--api-bind', bind]).listening();
  await tower.says(/state=synced/);
  const {host, port: chosen} = await tower.api();
  t.is(host, ip);
  t.is((await tower.admin.status()).api, `http://${bind}:${chosen}`);
  const wire = await Wire.open({host, port: chosen});
  t.is((await wire.ask({method: 'GET', path: '/ping'})).status, 200);
  wire.close();
});

test('a tower that is told to stop answers what has been asked, then ends, and nothing of it is lost', async (t) => {
  const dataDir = tempDir(t);
  const tower = await new TowerProcess(t, dataDir).listening();
  await tower.says(/state=synced/);
  const {towerId} = await tower.admin.status();
  const {port} = await tower.api();
  t.is((await askOnce(port, registerRequest(1))).status, 200);
  const wires = await Promise.all(Array.from({length: 20}, () => Wire.open({port})));
  const idle = await Promise.all(Array.from({length: 20}, () => Wire.open({port})));
  await idle[0]!.ask({method: 'GET', path: '/ping'});
  const adds = wires.map((_, i) => addRequest({n: 1, place: i + 1}));
  // All but the last byte has been asked when the signal comes.
  for (const [i, wire] of wires.entries()) wire.write(requestBytes(adds[i]!).subarray(0, -1));
  await idle[0]!.ask({method: 'GET', path: '/ping'});
  const ended = tower.signal('SIGTERM');
  await Promise.all(idle.map((wire) => wire.ended));
  for (const [i, wire] of wires.entries()) {
    wire.write(requestBytes(adds[i]!).subarray(-1));
    const {status, json} = await wire.answerTo(adds[i]!);
    t.is(status, 200);
    t.is(signerOf(adds[i]!, json), towerId);
    await wire.ended;
  }
  t.is((await ended).status, 0);
  await t.throwsAsync(Wire.open({port}), {code: 'ECONNREFUSED'});

  const after = await new TowerProcess(t, dataDir).listening();
  const {json} = await askOnce((await after.api()).port, infoRequest(1));
  t.is((json as {locators: string[]}).locators.length, 20);
});

test('nothing that a stranger sends is told in the log, unless it was accepted', async (t) => {
  const tower = await new TowerProcess(t, tempDir(t), ['--log-level', 'debug']).listening();
  await tower.says(/state=synced/);
  const {port} = await tower.api();
  const word = 'xyzzy-plugh';
  const requests = [
    {method: 'GET', path: `/${word}`},
    {method: 'POST', path: '/register', body: `{"user_id":"${word}"}`},
    {method: 'POST', path: '/register', body: word, headers: [['X-Forwarded-For', word]] as const},
    {method: 'POST', path: '/get_subscription_info', body: `{"signature":"${word}"}`},
  ];
  for (const request of requests) t.true((await askOnce(port, request)).status >= 400);
  const wire = await Wire.open({port});
  t.is((await wire.write(`${word}\r\n\r\n`).refusal()).status, 400);
  const {log} = await tower.signal('SIGTERM');
  t.notRegex(log.join('\n'), new RegExp(word));
});
