import test from 'ava';
import {BitcoindChain} from '../../../src/chain/bitcoind/bitcoind-chain.js';
import {type Header, parseHeader, serializeHeader} from '../../../src/chain/header.js';
import {regtestGenesis} from '../../../src/chain/network.js';
import {ManualTimers} from '../../support/manual-timers.js';
import {FakeError, FakeNotifications, FakeRpc, hashOf} from './fake-bitcoind.js';

/** Headers that link, without proof of work: this adapter leaves judging to its reader. */
function linkedHeaders(count: number): Header[] {
  const headers: Header[] = [];
  for (let n = 0; n < count; n++) {
    const previous = headers.at(-1)?.hash ?? hashOf(0);
    const fields = {version: 4, previous, merkleRoot: hashOf(n), time: n, bits: 0x207fffff, nonce: n};
    headers.push(parseHeader(serializeHeader(fields)));
  }
  return headers;
}

/** A node whose active chain is `headers`. */
function nodeOf(headers: readonly Header[], more: ConstructorParameters<typeof FakeRpc>[0] = {}): FakeRpc {
  return new FakeRpc({
    getblockchaininfo: () => ({
      chain: 'regtest',
      blocks: headers.length - 1,
      bestblockhash: headers.at(-1)!.hash,
      chainwork: (2 * headers.length).toString(16).padStart(64, '0'),
      initialblockdownload: false,
    }),
    getblockhash(height: number) {
      const header = headers[height];
      if (header === undefined) throw new FakeError(-8, 'Block height out of range');
      return header.hash;
    },
    getblockheader(hash: string, verbose: boolean) {
      const height = headers.findIndex((header) => header.hash === hash);
      const header = headers[height];
      if (header === undefined) throw new FakeError(-5, 'Block not found');
      if (!verbose) return serializeHeader(header).toString('hex');
      return {
        hash,
        confirmations: headers.length - height,
        height,
        version: header.version,
        merkleroot: header.merkleRoot,
        time: header.time,
        nonce: header.nonce,
        bits: header.bits.toString(16),
        chainwork: (2 * (height + 1)).toString(16).padStart(64, '0'),
        ...(height > 0 && {previousblockhash: header.previous}),
      };
    },
    getzmqnotifications: () => [{type: 'pubhashblock', address: 'tcp://127.0.0.1:28332'}],
    ...more,
  });
}

const chainOver = (rpc: FakeRpc, options = {}): BitcoindChain =>
  new BitcoindChain({rpc, timers: new ManualTimers(), ...options});

for (const [chain, network] of [
  ['main', 'bitcoin'],
  ['test', 'testnet'],
  ['testnet4', 'testnet4'],
  ['signet', 'signet'],
  ['regtest', 'regtest'],
] as const) {
  test(`the chain that bitcoind calls ${chain} is the network ${network}`, async (t) => {
    const rpc = new FakeRpc({getblockchaininfo: () => ({chain}), getblockhash: () => regtestGenesis});
    t.deepEqual(await chainOver(rpc).identity(), {network, genesis: regtestGenesis});
  });
}

test('a chain that nobody knows is refused', async (t) => {
  const rpc = new FakeRpc({getblockchaininfo: () => ({chain: 'liquid'}), getblockhash: () => regtestGenesis});
  await t.throwsAsync(chainOver(rpc).identity(), {message: /liquid/});
});

test('the tip takes one call', async (t) => {
  const headers = linkedHeaders(3);
  const rpc = nodeOf(headers);
  t.deepEqual(await chainOver(rpc).sourceTip(), {
    hash: headers[2]!.hash,
    height: 2,
    chainwork: 6n,
    initialDownload: false,
  });
  t.is(rpc.calls.length, 1);
});

test('a header has all its fields, and genesis has a previous hash of zeros', async (t) => {
  const headers = linkedHeaders(2);
  const chain = chainOver(nodeOf(headers));
  t.deepEqual(await chain.header(headers[1]!.hash), {...headers[1]!, height: 1, chainwork: 4n});
  t.is((await chain.header(headers[0]!.hash))?.previous, hashOf(0));
});

test('an unknown header or block is undefined, and so is a pruned block', async (t) => {
  const rpc = nodeOf(linkedHeaders(1), {
    getblock(hash: string) {
      throw hash === hashOf(1) ? new FakeError(-1, 'Block not available (pruned data)') : new FakeError(-5);
    },
  });
  t.is(await chainOver(rpc).header(hashOf(9)), undefined);
  t.is(await chainOver(rpc).block(hashOf(9)), undefined);
  t.is(await chainOver(rpc).block(hashOf(1)), undefined);
});

test('an error that says something else is an error', async (t) => {
  const rpc = new FakeRpc({
    getblockheader() {
      throw new FakeError(-32_603, 'internal');
    },
  });
  await t.throwsAsync(chainOver(rpc).header(hashOf(1)), {code: 'TOWER_BITCOIND_RPC'});
  await t.throwsAsync(chainOver(rpc).standing([hashOf(1)]), {code: 'TOWER_BITCOIND_RPC'});
});

test('answers of another shape are errors of the node, asked for again, and never ours', async (t) => {
  for (const answer of [null, 7, 'text', [], {}, {bestblockhash: 7, blocks: '1', chainwork: 'xyz'}]) {
    const everything = () => answer;
    const rpc = new FakeRpc({
      getblockchaininfo: everything,
      getblockhash: everything,
      getblockheader: everything,
      getblock: everything,
    });
    const chain = chainOver(rpc);
    const asked = [
      () => chain.identity(),
      () => chain.sourceTip(),
      () => chain.header(hashOf(1)),
      () => chain.block(hashOf(1)),
      () => chain.standing([hashOf(1)]),
      () => chain.headers(0, 1),
    ];
    for (const ask of asked) t.like(await t.throwsAsync(ask()), {code: 'TOWER_BITCOIND_RPC', retryable: true});
  }
});

test('a block that is not whole hex is an error', async (t) => {
  const rpc = new FakeRpc({getblock: () => 'abc'});
  await t.throwsAsync(chainOver(rpc).block(hashOf(1)), {code: 'TOWER_BITCOIND_RPC'});
});

test('standings come in order and in one batch', async (t) => {
  const headers = linkedHeaders(2);
  const rpc = nodeOf(headers);
  const {getblockheader} = rpc.script as Record<string, (hash: string, verbose: boolean) => object>;
  rpc.script = {
    ...rpc.script,
    getblockheader: (hash: string, verbose: boolean) =>
      hash === hashOf(7) ? {confirmations: -1} : getblockheader!(hash, verbose),
  };
  const standings = await chainOver(rpc).standing([hashOf(9), headers[1]!.hash, hashOf(7), headers[0]!.hash]);
  t.deepEqual(standings, ['unknown', 'active', 'stale', 'active']);
  t.deepEqual(rpc.batches, [4]);
});

test('headers come in order over several batches', async (t) => {
  const headers = linkedHeaders(2_500);
  const rpc = nodeOf(headers);
  t.deepEqual(await chainOver(rpc).headers(3, 2_400), headers.slice(3, 2_401));
  t.true(Math.max(...rpc.batches) <= 1_000);
});

test('headers end at the tip', async (t) => {
  const headers = linkedHeaders(5);
  t.deepEqual(await chainOver(nodeOf(headers)).headers(3, 2_000), headers.slice(3));
  t.deepEqual(await chainOver(nodeOf(headers)).headers(9, 12), []);
  t.deepEqual(await chainOver(nodeOf(headers)).headers(3, 2), []);
});

test('a poll wakes although nothing is announced, every period', (t) => {
  const timers = new ManualTimers();
  const chain = chainOver(nodeOf(linkedHeaders(1)), {timers, pollMs: 1_000});
  let wakes = 0;
  const end = chain.onWake(() => wakes++);
  timers.pass(999);
  t.is(wakes, 0);
  timers.pass(2_001);
  t.is(wakes, 3);
  end();
  timers.pass(10_000);
  t.is(wakes, 3);
  t.is(timers.pending, 0);
});

test('an announcement wakes everyone who waits', (t) => {
  const notifications = new FakeNotifications();
  const chain = chainOver(nodeOf(linkedHeaders(1)), {notifications});
  const wakes: string[] = [];
  chain.onWake(() => wakes.push('one'));
  const end = chain.onWake(() => wakes.push('two'));
  notifications.announce(hashOf(1));
  end();
  notifications.announce(hashOf(2));
  t.deepEqual(wakes, ['one', 'two', 'one']);
});

test('a tip that only polling shows makes the connection anew', async (t) => {
  const timers = new ManualTimers();
  const notifications = new FakeNotifications();
  const headers = linkedHeaders(3);
  const rpc = nodeOf(headers.slice(0, 2));
  const chain = chainOver(rpc, {timers, notifications, pollMs: 30_000, graceMs: 2_000});
  chain.onWake(() => void chain.sourceTip());
  await chain.sourceTip();
  rpc.script = nodeOf(headers).script;
  timers.pass(32_000);
  await chain.sourceTip();
  timers.pass(2_000);
  t.is(notifications.reconnects, 1);
  t.like(chain.stats, {missed: 1, reconnects: 1, messages: 0});
});

test('what is amiss with the endpoint is told once', async (t) => {
  const warnings: string[] = [];
  const chain = chainOver(nodeOf(linkedHeaders(1)), {
    notifications: new FakeNotifications('tcp://127.0.0.1:9'),
    warn: (warning: string) => warnings.push(warning),
  });
  await chain.identity();
  await chain.identity();
  t.is(warnings.length, 1);
});

test('the endpoint is looked at once, and again after a tip that nobody announced', async (t) => {
  const timers = new ManualTimers();
  const headers = linkedHeaders(2);
  const rpc = nodeOf(headers.slice(0, 1));
  const chain = chainOver(rpc, {timers, notifications: new FakeNotifications(), graceMs: 1});
  const looks = (): number => rpc.calls.filter(({method}) => method === 'getzmqnotifications').length;
  await chain.identity();
  await chain.identity();
  t.is(looks(), 1);
  await chain.sourceTip();
  rpc.script = nodeOf(headers).script;
  await chain.sourceTip();
  timers.pass(1);
  await chain.identity();
  t.is(looks(), 2);
});

test('closing ends polling, announcements and calls', async (t) => {
  const timers = new ManualTimers();
  const notifications = new FakeNotifications();
  const rpc = nodeOf(linkedHeaders(1));
  const chain = chainOver(rpc, {timers, notifications});
  chain.onWake(() => t.fail());
  await chain.close();
  timers.pass(100_000);
  t.is(timers.pending, 0);
  t.true(notifications.closed && rpc.closed);
});
