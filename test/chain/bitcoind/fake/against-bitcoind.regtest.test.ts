import {execFile} from 'node:child_process';
import {hash} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {promisify} from 'node:util';
import type {ExecutionContext} from 'ava';
import {Subscriber} from 'zeromq';
import {FakeBitcoind} from '../../../../src/chain/bitcoind/fake/index.js';
import {findBitcoind} from '../../../../src/chain/bitcoind/regtest/index.js';
import {parseHeader} from '../../../../src/chain/header.js';
import {SimulatedChain} from '../../../../src/chain/simulated-chain.js';
import {meetsTarget} from '../../../../src/chain/work.js';
import {aFreePort} from '../../../support/free-port.js';
import {regtestTest} from '../../../support/regtest.js';
import {until} from '../../../support/until.js';

/** A bitcoind, real or not, as a client without any library sees it. */
interface Subject {
  readonly rpcUrl: string;
  readonly cookiePath: string;
}

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: unknown;
}

async function post(subject: Subject, body: unknown, {method = 'POST', path = '/', user = ''} = {}): Promise<Answer> {
  const who = user === '' ? (await readFile(subject.cookiePath, 'utf8')).trim() : user;
  const response = await fetch(`${subject.rpcUrl}${path}`, {
    method,
    headers: {authorization: `Basic ${Buffer.from(who).toString('base64')}`},
    ...(method === 'POST' && {body: typeof body === 'string' ? body : JSON.stringify(body)}),
  });
  const text = await response.text();
  const type = response.headers.get('content-type');
  return {status: response.status, type, body: type === 'application/json' ? JSON.parse(text) : text};
}

/** What the fake leaves out, or cannot know: everything else is the same in every field. */
const exceptions = {
  // Of Bitcoin Knots alone.
  getblockheader: ['txcount', 'header_version'],
  // And of transactions what reads their scripts, or knows what they spend.
  getblock: ['txcount', 'header_version', 'asm', 'desc', 'address', 'type', 'fee'],
  // One depends on the clock; in the other bitcoind counts what it keeps for disconnecting blocks.
  getblockchaininfo: ['verificationprogress', 'size_on_disk'],
  // The ports differ, and the messages that may wait are an option of the real one.
  getzmqnotifications: ['address', 'hwm'],
  // The program and its network are another's.
  getnetworkinfo: ['version', 'subversion', 'localservices', 'localservicesnames', 'networks'],
} as const;

/** An answer without what differs for a reason; texts of help are each program's own. */
function comparable(method: string, {status, type, body}: Answer): Answer {
  const {result, error, ...rest} = body as {result: unknown; error: {code: number; message: string} | null};
  const dropped: readonly string[] = exceptions[method as keyof typeof exceptions] ?? [];
  const without = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(without);
    if (typeof value !== 'object' || value === null) return value;
    const kept = Object.entries(value).filter(([key]) => !dropped.includes(key));
    return Object.fromEntries(kept.map(([key, field]) => [key, without(field)]));
  };
  const isHelp = error?.code === -1 && error.message.includes('\n');
  return {status, type, body: {...rest, result: without(result), error: isHelp ? {code: -1} : error}};
}

/** All that a publisher says, a line a message: topic, body and how many messages after the first of its topic. */
async function listenTo(t: ExecutionContext, endpoint: string): Promise<string[]> {
  const socket = new Subscriber({receiveHighWaterMark: 0});
  t.teardown(() => socket.close());
  const connected = new Promise((resolve) => socket.events.on('handshake', resolve));
  socket.connect(endpoint);
  socket.subscribe('hashblock', 'rawblock', 'hashtx', 'rawtx', 'sequence');
  await connected;
  const heard: string[] = [];
  const first = new Map<string, number>();
  void (async () => {
    for await (const [topic, body, counter] of socket) {
      const name = topic!.toString();
      const number = counter!.readUInt32LE(0);
      // A new node announces genesis at its start, before anybody listens.
      if (!first.has(name)) first.set(name, number);
      heard.push(`${name} ${digestOf(body!)} +${number - first.get(name)!}`);
    }
  })().catch(() => {});
  return heard;
}

/** Hashes as they are; of what is longer, its length and its hash. */
const digestOf = (body: Buffer): string =>
  body.length <= 33 ? body.toString('hex') : `${body.length} ${hash('sha256', body, 'hex')}`;

regtestTest(
  'the fake answers and announces as bitcoind does, in every field but those that are named',
  async (t, start) => {
    const realZmq = `tcp://127.0.0.1:${await aFreePort()}`;
    const topics = ['hashblock', 'hashtx', 'rawblock', 'rawtx', 'sequence'];
    const real = await start({zmq: false, args: topics.map((topic) => `-zmqpub${topic}=${realZmq}`)});
    const fake = await FakeBitcoind.start();
    t.teardown(() => fake.stop());
    const heard = [await listenTo(t, realZmq), await listenTo(t, fake.zmqEndpoint)];

    const same = async (method: string, ...params: unknown[]): Promise<void> => {
      const [expected, actual] = await Promise.all(
        [real, fake].map(async (subject) => comparable(method, await post(subject, {id: 'x', method, params}))),
      );
      t.deepEqual(actual, expected, `${method} ${JSON.stringify(params).slice(0, 200)}`);
    };
    const sameRaw = async (body: unknown, options = {}): Promise<void> => {
      const [expected, actual] = await Promise.all([real, fake].map((subject) => post(subject, body, options)));
      t.deepEqual(actual, expected, `${JSON.stringify(body)} ${JSON.stringify(options)}`);
    };

    const miner = new SimulatedChain({seed: 'compared'});
    miner.mine(101);
    miner.mine(1, {transactions: [miner.spendCoinbase(1).raw, miner.spendCoinbase(2).raw]});
    // What stands in a block that is left goes to the pool of transactions, which the fake has none of; so none does.
    miner.mine(12);
    const stale = miner.tip;
    miner.reorg({depth: 2, blocks: 3});
    const [beside] = miner.mineOn(miner.at(112)!.hash, 1);
    const blocks = [...miner.arrivals()].map((raw) => Buffer.from(raw).toString('hex'));
    const stranger = new SimulatedChain({seed: 'stranger'});
    stranger.mine(2);
    const orphan = [...stranger.arrivals()].map((raw) => Buffer.from(raw).toString('hex'))[2]!;
    const tip = miner.at(115)!;
    const genesis = miner.at(0)!;
    const [next] = miner.mineOn(tip.hash, 1);
    const nextBlock = Buffer.from([...miner.arrivals()].at(-1)!);
    /** The next block with another byte; the nonce begins at 76, the transactions at 81. */
    const spoilt = (at: number, value: number): string =>
      Buffer.from(nextBlock)
        .fill(value, at, at + 1)
        .toString('hex');
    const nonce = Array.from({length: 64}, (_, byte) => byte).find(
      (byte) => !meetsTarget(parseHeader(Buffer.from(spoilt(77, byte), 'hex'))),
    )!;

    await same('setnetworkactive', false); // The real one has no peers anyway.
    await same('getblockchaininfo');
    await same('getchaintips');
    for (const block of blocks.slice(1)) await same('submitblock', block);
    for (const block of [blocks.at(-1), blocks[1], blocks[0], '00', 'zz', orphan]) await same('submitblock', block);
    await same('submitblock', spoilt(77, nonce));
    await same('submitblock', spoilt(nextBlock.length - 1, 1));
    await same('submitblock');

    const reads = async (): Promise<void> => {
      for (const method of ['getblockchaininfo', 'getbestblockhash', 'getblockcount', 'getchaintips'])
        await same(method);
      for (const hash of [
        tip.hash,
        genesis.hash,
        stale.hash,
        beside!.hash,
        miner.at(50)!.hash,
        miner.at(102)!.hash,
        'ab'.repeat(32),
      ]) {
        await same('getblockheader', hash);
        await same('getblockheader', hash, false);
        await same('getblock', hash, 0);
        await same('getblock', hash);
        await same('getblock', hash, 2);
      }
      for (const height of [0, 1, 50, 102, 112, 113, 114, 115, 116]) await same('getblockhash', height);
    };
    await reads();
    for (const params of [[], ['1'], [1.5], [-1], [1, 2], [null]]) await same('getblockhash', ...params);
    for (const params of [
      ['zz'],
      ['00'],
      [5],
      ['zz'.repeat(32)],
      [tip.hash, 1],
      [tip.hash, 'x'],
      [5, 5],
      [tip.hash, null],
    ]) {
      await same('getblockheader', ...params);
    }
    for (const verbosity of [true, false, '1', -1, null]) await same('getblock', tip.hash, verbosity);
    await same('getzmqnotifications');
    await same('getnetworkinfo');
    await same('uptime', 1);
    await same('nosuch');
    await same('generatetoaddress', 1, 'nowhere');
    await same('generatetoaddress', 1);
    await same('invalidateblock', 'ab'.repeat(32));
    await same('reconsiderblock', 'ab'.repeat(32));
    await same('preciousblock', 'ab'.repeat(32));
    for (const method of ['invalidateblock', 'reconsiderblock', 'preciousblock']) await same(method, genesis.hash);
    for (const raw of ['zz', '00', 5]) await same('generateblock', 'raw(51)', [raw]);

    await same('invalidateblock', tip.hash);
    await reads();
    await same('submitblock', blocks.at(-2));
    await same('preciousblock', stale.hash);
    await reads();
    await same('invalidateblock', miner.at(104)!.hash);
    await reads();
    await same('reconsiderblock', miner.at(104)!.hash);
    await reads();
    await same('preciousblock', tip.hash);

    const requests: unknown[] = [
      {method: 'getblockcount'},
      {method: 'getblockcount', id: null},
      {method: 'getblockcount', params: null, id: 1},
      {method: 'getblockhash', params: {height: 1}, id: {any: 'thing'}},
      {method: 'getblockhash', params: {args: [1]}, id: 1},
      {method: 'getblockhash', params: {hight: 1}, id: 1},
      {method: 'getblockhash', params: {args: [1], height: 1}, id: 1},
      {method: 'getblockhash', params: 5, id: 1},
      {method: 5, id: 1},
      {id: 1},
      {},
      5,
      '{nope',
      '',
      [],
      [5, {method: 'nosuch', id: 2}, {id: 3}, 'x', {method: 'getblockcount'}, {method: 'getblockhash', params: [999]}],
      [{id: 1, method: 'nosuch'}],
    ];
    for (const request of requests) await sameRaw(request);
    for (const jsonrpc of ['1.0', '1.1', '2.0', '3.0', 2]) {
      await sameRaw({jsonrpc, method: 'getblockcount', id: 1});
      await sameRaw({jsonrpc, method: 'getblockhash', params: [999], id: 1});
      await sameRaw({jsonrpc, method: 'nosuch', id: 1});
      await sameRaw({jsonrpc, id: 1});
      await sameRaw({jsonrpc, method: 'getblockcount'});
      await sameRaw({jsonrpc, method: 'nosuch'});
      await sameRaw([
        {jsonrpc, method: 'getblockcount'},
        {jsonrpc, method: 'nosuch', id: 4},
      ]);
      await sameRaw([{jsonrpc, method: 'getblockcount'}]);
    }
    const asked = {method: 'getblockcount', id: 1};
    for (const options of [
      {user: 'somebody:else'},
      {user: 'nobody'},
      {method: 'GET'},
      {method: 'PUT'},
      {path: '/elsewhere'},
      {path: '/elsewhere', method: 'GET'},
      {path: '/wallet/any'},
      {method: 'GET', user: 'somebody:else'},
    ]) {
      await sameRaw(asked, options);
    }

    // The last announcement of both has come when that of one more block has.
    const block = nextBlock.toString('hex');
    await same('submitblock', `${block}00`);
    await same('submitblock', block);
    const last = `rawblock ${digestOf(nextBlock)} `;
    await until(() => heard.every((lines) => lines.some((line) => line.startsWith(last))));
    t.true(heard[0]!.some((line) => line.startsWith(`hashblock ${next!.hash}`)));
    t.deepEqual(heard[1], heard[0]);
  },
);

regtestTest('bitcoin-cli talks to the fake', async (t) => {
  const fake = await FakeBitcoind.start();
  t.teardown(() => fake.stop());
  const {command, args} = await findBitcoind();
  const words = [command, ...args];
  const cli = [...words.slice(0, -1), join(dirname(words.at(-1)!), 'bitcoin-cli')];
  const call = async (...given: string[]): Promise<string> => {
    const options = ['-regtest', `-datadir=${fake.dataDir}`, `-rpcport=${fake.rpcPort}`];
    const {stdout} = await promisify(execFile)(cli[0]!, [...cli.slice(1), ...options, ...given]);
    return stdout.trim();
  };
  t.is((JSON.parse(await call('fakemine', '3')) as string[]).length, 3);
  t.is(await call('getbestblockhash'), fake.node.tip.hash);
  t.regex(await call('-getinfo'), /Blocks: 3\n/);
  await call('-named', 'fakefault', 'kind=busy', 'next=1');
  await t.throwsAsync(call('getblockcount'), {message: /Work queue depth exceeded/});
  t.is(await call('getblockcount'), '3');
  await t.throwsAsync(call('nosuch'), {message: /error code: -32601/});
  t.is(await call('stop'), 'Bitcoin Core stopping');
  await fake.ended;
});
