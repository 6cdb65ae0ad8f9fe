import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {readdir, readFile, stat, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {connectBitcoind, cookieCredentials, passwordCredentials} from '../../../../src/chain/bitcoind/index.js';
import {FakeBitcoind, type FakeBitcoindOptions} from '../../../../src/chain/bitcoind/fake/index.js';
import {RegtestNode} from '../../../../src/chain/bitcoind/regtest/index.js';
import {SimulatedChain} from '../../../../src/chain/simulated-chain.js';
import {temporaryDirectory} from '../../../cli/harness.js';
import {until} from '../../../support/until.js';
import {chainSourceSuite} from '../../chain-source-suite.js';

const connected = (bitcoind: FakeBitcoind, credentials = cookieCredentials(bitcoind.cookiePath)) =>
  connectBitcoind({
    rpcUrl: bitcoind.rpcUrl,
    credentials,
    zmqEndpoint: bitcoind.zmqEndpoint,
    pollMs: 100,
    graceMs: 50,
  });

chainSourceSuite('BitcoindChain over a fake bitcoind', async (story) => {
  const bitcoind = await FakeBitcoind.start({chain: new SimulatedChain({seed: 0})});
  const source = connected(bitcoind);
  const waiting = [...story];
  return {
    source,
    async arrive(blocks) {
      for (const raw of waiting.splice(0, blocks)) bitcoind.node.submit(raw);
    },
    async end() {
      await source.close();
      await bitcoind.stop();
    },
  };
});

/** One at height 10, with the production adapter connected to it. */
async function aBitcoind(t: ExecutionContext, options: FakeBitcoindOptions = {}) {
  const bitcoind = await FakeBitcoind.start({seed: 'sockets', ...options});
  t.teardown(() => bitcoind.stop());
  bitcoind.node.mine(10);
  const source = connected(bitcoind);
  t.teardown(() => source.close());
  /** One call as a program without any library makes it. */
  const call = async (method: string, params: unknown = [], who?: string): Promise<{status: number; body: string}> => {
    const cookie = who ?? (await readFile(bitcoind.cookiePath, 'utf8'));
    const response = await fetch(bitcoind.rpcUrl, {
      method: 'POST',
      headers: {authorization: `Basic ${Buffer.from(cookie).toString('base64')}`},
      body: JSON.stringify({id: 1, method, params}),
    });
    return {status: response.status, body: await response.text()};
  };
  return {bitcoind, node: bitcoind.node, source, call};
}

test('a node that starts again waits for a port that somebody has taken meanwhile', async (t) => {
  for (const name of ['zmqPort', 'rpcPort'] as const) {
    const bitcoind = await FakeBitcoind.start();
    t.teardown(() => bitcoind.stop());
    const port = bitcoind[name];
    const taker = createServer();
    const take = async (): Promise<void> => {
      const listening = once(taker, 'listening').then(
        () => true,
        () => false,
      );
      taker.listen(port, '127.0.0.1');
      return (await listening) ? undefined : take();
    };
    const taken = take();
    const restarted = bitcoind.restart({downMs: 1_000});
    await taken;
    // Held until long after the node has tried for the first time.
    setTimeout(() => taker.close(), 1_500);
    await restarted;
    t.is(bitcoind[name], port);
    t.is((await fetch(bitcoind.rpcUrl, {method: 'POST'})).status, 401);
  }
});

test('a restart changes the cookie, and the client finds its way back, without the blocks that were lost', async (t) => {
  const {bitcoind, node, source} = await aBitcoind(t);
  source.onWake(() => {});
  t.is((await source.sourceTip()).height, 10);
  t.is((await stat(bitcoind.cookiePath)).mode & 0o777, 0o600);
  const before = await readFile(bitcoind.cookiePath, 'utf8');
  const {rpcUrl, zmqEndpoint} = bitcoind;
  await bitcoind.restart({lose: 2});
  t.deepEqual([bitcoind.rpcUrl, bitcoind.zmqEndpoint], [rpcUrl, zmqEndpoint]);
  t.not(await readFile(bitcoind.cookiePath, 'utf8'), before);
  t.is((await source.sourceTip()).height, 8);
  node.follow('blocks');
  t.is((await source.sourceTip()).height, 10);
  await t.notThrowsAsync(
    until(async () => {
      node.mine(1);
      await source.sourceTip();
      return source.stats!.messages > 0;
    }),
  );
});

test('while it is down nobody is there, and its folder goes with it', async (t) => {
  const {bitcoind, source} = await aBitcoind(t);
  const down = bitcoind.restart({downMs: 200});
  await until(() => !existsSync(bitcoind.cookiePath));
  t.like(await t.throwsAsync(source.sourceTip()), {retryable: true});
  await down;
  t.is((await source.sourceTip()).height, 10);
  await bitcoind.stop();
  await bitcoind.ended;
  t.false(existsSync(bitcoind.dataDir));
});

test('a user may call what his list names, and others are forbidden to him', async (t) => {
  const users = [{user: 'tower', password: 'secret', whitelist: ['getblockchaininfo', 'getblockhash']}];
  const {bitcoind, call} = await aBitcoind(t, {users});
  const source = connected(bitcoind, passwordCredentials('tower', 'secret'));
  t.teardown(() => source.close());
  t.is((await source.sourceTip()).height, 10);
  await t.throwsAsync(source.header('ab'.repeat(32)), {code: 'TOWER_BITCOIND_RPC', message: /forbids/});
  t.is((await call('getblockhash', [1], 'tower:secret')).status, 200);
  t.is((await call('getblockhash', [1], 'tower:wrong')).status, 401);
});

test('as many posts as its queue holds may be under way, and one more is told so', async (t) => {
  const {node, call} = await aBitcoind(t, {workQueue: 2});
  node.faults.set({kind: 'timeout', next: 2});
  const unanswered = [call('uptime'), call('uptime')];
  await until(() => node.faults.counts.timeout === 2);
  t.deepEqual(await call('uptime'), {status: 503, body: 'Work queue depth exceeded'});
  node.faults.heal();
  t.is(unanswered.length, 2);
  for (const one of unanswered) one.catch(() => {});
});

test('it is commanded over the RPC, which no fault strikes', async (t) => {
  const {bitcoind, node, source, call} = await aBitcoind(t);
  node.faults.set({kind: 'busy'});
  t.is((await call('getblockcount')).status, 503);
  const result = async (method: string, params?: unknown): Promise<unknown> => {
    const {body} = await call(method, params);
    return (JSON.parse(body) as {result: unknown}).result;
  };
  t.is((await result('fakemine', ['2'])) && node.tip.height, 12);
  t.is((await result('fakereorg', {depth: 2, blocks: 3})) && node.tip.height, 13);
  t.like(await result('fakefaults'), {active: [{kind: 'busy'}], struck: {busy: 1}});
  const top = node.tip.hash;
  await result('fakeheal', ['busy']);
  await result('fakefault', {kind: 'error', code: -28, next: 1, method: 'getblockchaininfo'});
  await t.throwsAsync(source.sourceTip(), {code: 'TOWER_BITCOIND_WARMING_UP'});
  t.is((await source.sourceTip()).height, 13);
  await result('fakewarmup', ['Verifying blocks…']);
  await t.throwsAsync(source.sourceTip(), {message: /Verifying blocks…/});
  await result('fakewarmup');
  await result('fakeinvalidate', [11]);
  t.is((await source.sourceTip()).height, 12); // The branch that the reorg left.
  await result('fakeinvalidate', [9]);
  t.is((await source.sourceTip()).height, 8);
  await result('fakereconsider', [top]);
  t.is((await source.sourceTip()).height, 13);
  await result('fakefollow', ['nothing']);
  await result('fakeprune', [5]);
  t.is(await source.block(node.index.at(5)!.header.hash), undefined);
  await result('fakedownload', [true]);
  t.true((await source.sourceTip()).initialDownload);
  await result('fakecookie');
  t.is((await source.sourceTip()).height, 13);
  await result('fakerestart', {lose: 3});
  // The branch that the reorg had left, up to 12, is lost with it.
  await until(() => node.tip.height === 10);
  await bitcoind.changeCookie(); // Which waits for the restart.
  await result('fakewarmup', ['28']); // A text, though it looks like a number.
  t.regex((await call('uptime')).body, /"code":-28,"message":"28"/);
});

test('a command that makes no sense is refused, says why and what next, and harms nothing', async (t) => {
  const {bitcoind, node, call} = await aBitcoind(t);
  const refusals: [method: string, params: unknown, code: number, message: string][] = [
    [
      'fakemine',
      ['zero'],
      -8,
      'not done, see `help fakemine`: blocks: expected a whole number from 1 to 100000, not "zero"',
    ],
    ['fakefault', {kind: 'slow'}, -8, 'ms: is missing: expected a whole number of milliseconds from 0 to 3600000'],
    ['fakefault', ['loose'], -8, 'refused or reset, not "loose"; did you mean "lose"?'],
    ['fakefault', {kind: 'busy', topic: 'hashtx'}, -8, 'there is no "topic" here; it takes kind, next, method'],
    ['fakefollow', ['all'], -8, 'what: expected blocks, headers or nothing, not "all"'],
    ['fakereorg', [1_000, 1], -1, 'at height 10, is no 1000 above genesis. Mine first, or ask for a smaller depth.'],
    [
      'fakeinvalidate',
      [99],
      -1,
      'no block at height 99. Its tip is at height 10: name a height up to there, or a hash.',
    ],
    ['fakeinvalidate', [0], -1, 'genesis is valid whatever is said of it. Name a block above it.'],
    ['fakeinvalidate', ['ab'.repeat(32)], -5, 'Block not found'],
    ['fakeprune', [999], -8, 'Blockchain is shorter than the attempted prune height: 999. Its tip is at height 10'],
    ['fakeprune', [1e20], -8, 'not done, see `help fakeprune`: height: expected a whole number from 0 to 4294967295'],
    ['fakereconsider', ['ab'.repeat(32)], -5, '. `getchaintips` lists the ends of its branches'],
    ['fakereorg', [1], -1, 'fakereorg depth blocks\n\nLeaves the active chain'],
    ['fakefault', [], -1, '\ndelay ms ( next ) ( topic )\n'],
    ['getblock', [node.tip.hash, 3], -8, 'Ask for 0, 1 or 2.'],
    ['generatetodescriptor', [100_001, 'raw(51)'], -8, 'At most 100000 blocks at once'],
  ];
  for (const [method, params, code, message] of refusals) {
    const {error} = JSON.parse((await call(method, params)).body) as {error: {code: number; message: string}};
    t.is(error.code, code, error.message);
    t.is(error.message.split(message).length, 2, error.message);
  }
  t.is(node.prunedTo, undefined);
  t.like(node, {tip: {height: 10}, faults: {active: []}, following: 'blocks'});
  t.regex((await call('help')).body, /fakereorg depth blocks/);
  for (const options of [{rpcPort: -1}, {zmqPort: 70_000}, {workQueue: 0}, {faults: [{kind: 'loose'}]}]) {
    await t.throwsAsync(FakeBitcoind.start(options as FakeBitcoindOptions), {
      code: 'TOWER_USAGE',
      message: /expected .*, not /,
    });
  }
  await t.throwsAsync(FakeBitcoind.start({dataDir: `${bitcoind.cookiePath}/in`}), {code: 'TOWER_FILE_FAILED'});
});

test('a client that makes its connection anew ends a silence', async (t) => {
  const {node, source} = await aBitcoind(t);
  source.onWake(() => void source.sourceTip().catch(() => {}));
  await source.sourceTip();
  node.faults.set({kind: 'silence', until: 'reconnected'});
  node.mine(1);
  await until(() => source.stats!.reconnects > 0 && node.faults.active.length === 0);
  t.like(source.stats, {missed: 1, reconnects: 1});
});

for (const kind of ['refused', 'reset', 'truncated', 'garbage', 'busy'] as const) {
  test(`over sockets, too, ${kind} is over after its last strike`, async (t) => {
    const {node, source} = await aBitcoind(t);
    await source.sourceTip();
    // A connection that breaks is tried again once within the same call.
    const strikes = kind === 'refused' || kind === 'reset' ? 2 : 1;
    node.faults.set({kind, next: strikes});
    t.like(await t.throwsAsync(source.sourceTip()), {retryable: true});
    t.is((await source.sourceTip()).height, 10);
    t.is(node.faults.counts[kind], strikes);
  });
}

test('the same seed and commands give the same chain, and blocks to begin with are taken over', async (t) => {
  const one = await aBitcoind(t);
  one.node.reorg({depth: 2, blocks: 3});
  const two = await aBitcoind(t);
  two.node.reorg({depth: 2, blocks: 3});
  t.is(two.node.tip.hash, one.node.tip.hash);
  const three = await FakeBitcoind.start({blocks: one.bitcoind.chain.arrivals()});
  t.teardown(() => three.stop());
  t.is(three.node.tip.hash, one.node.tip.hash);
});

test('a port that is taken is an error, and nothing is left behind', async (t) => {
  const {bitcoind} = await aBitcoind(t);
  await t.throwsAsync(FakeBitcoind.start({rpcPort: bitcoind.rpcPort}), {code: 'TOWER_ADDRESS_IN_USE'});
  await t.throwsAsync(FakeBitcoind.start({zmqPort: bitcoind.zmqPort}), {code: 'TOWER_ADDRESS_IN_USE'});
});

test('a second node on a data directory is refused, real or fake, and the first goes on with its cookie', async (t) => {
  const dataDir = await temporaryDirectory(t);
  const {bitcoind, call} = await aBitcoind(t, {dataDir});
  const cookie = await readFile(bitcoind.cookiePath, 'utf8');
  const refusal = {code: 'TOWER_ALREADY_RUNNING', message: `a fake bitcoind runs on ${dataDir}, in this process`};
  await t.throwsAsync(FakeBitcoind.start({dataDir}), refusal);
  await bitcoind.restart();
  await t.throwsAsync(FakeBitcoind.start({dataDir}), refusal);
  await t.throwsAsync(RegtestNode.start({dataDir, program: {command: 'false', args: [], origin: 'nowhere'}}), refusal);
  t.not(await readFile(bitcoind.cookiePath, 'utf8'), cookie);
  t.is((await call('uptime')).status, 200);
  await bitcoind.stop();
  t.deepEqual(await readdir(join(dataDir, 'regtest')), ['.lock']);
  const both = await Promise.allSettled([FakeBitcoind.start({dataDir}), FakeBitcoind.start({dataDir})]);
  t.deepEqual(both.map(({status}) => status).sort(), ['fulfilled', 'rejected']);
  for (const one of both) if (one.status === 'fulfilled') await one.value.stop();
});

test('a node that stops leaves a cookie that is not its own', async (t) => {
  const {bitcoind} = await aBitcoind(t, {dataDir: await temporaryDirectory(t)});
  await writeFile(bitcoind.cookiePath, '__cookie__:another');
  await bitcoind.stop();
  t.is(await readFile(bitcoind.cookiePath, 'utf8'), '__cookie__:another');
});
