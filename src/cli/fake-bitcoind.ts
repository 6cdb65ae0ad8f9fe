import {readFile} from 'node:fs/promises';
import {join, resolve} from 'node:path';
import {FakeBitcoind, type FakeBitcoindOptions, playScript} from '../chain/bitcoind/fake/index.js';
import {FixtureChain} from '../chain/fixture-chain.js';
import {parseFixture} from '../chain/fixture.js';
import {BartizanError, OperationalError, unreadableFile} from '../errors/index.js';
import {wholeNumber} from './arguments.js';
import {type FakeScript, readFakeScript} from './fake-script.js';
import type {Io} from './io.js';
import {shellWord} from './shell-word.js';
import {stopSignal} from './signals.js';
import type {Subcommand} from './subcommand.js';
import {columns} from './table.js';

interface FakeBitcoindOutput {
  readonly pid: number;
  readonly dataDir: string;
  readonly rpcPort: number;
  readonly rpcUrl: string;
  readonly cookie: string;
  readonly zmq: string;
  readonly height: number;
  /** Ready for a shell. */
  readonly cli: string;
  readonly run: string;
}

const portRange = {from: 0, to: 65_535};

export const fakeBitcoind: Subcommand<FakeBitcoindOutput> = {
  define(command) {
    command.option('--rpc-port <n>', 'port of the RPC server (default: 0, which picks a free one)');
    command.option('--zmq-port <n>', 'port of the ZMQ feed (default: 0, which picks a free one)');
    command.option('--data-dir <dir>', 'where the cookie lies (default: a temporary folder, removed at the end)');
    command.option('--seed <seed>', 'decides the hashes of what is mined (default: 1)');
    command.option('--blocks <file>', 'begins with the blocks of a fixture chain from the regtest genesis block');
    command.option('--script <file>', 'plays the steps of a YAML file, one after the other');
    command.option('--rpc-user <name>', 'who may use the RPC besides the bearer of the cookie');
    command.option('--rpc-password <text>', 'his password; others on this machine can see it');
    command.addHelpText(
      'after',
      '\nRuns until SIGINT or SIGTERM, or until it is told to stop by the RPC or the script; its chain goes with it.',
    );
  },

  async run({io, options}, show) {
    const script = await scriptOf(options, io);
    const wanted = await optionsOf(options, io);
    const stopped = stopSignal();
    const bitcoind = await FakeBitcoind.start(wanted);
    const play = new AbortController();
    try {
      show(outputOf(bitcoind));
      const played = script === undefined ? Promise.resolve() : playAloud(bitcoind, script, io, play.signal);
      // A script that fails ends it; one that is through does not.
      const failed = new Promise<never>((_, reject) => void played.catch(reject));
      await Promise.race([stopped, bitcoind.ended, failed]);
      return 0;
    } finally {
      play.abort();
      await bitcoind.stop();
    }
  },

  render({pid, dataDir, rpcUrl, cookie, zmq, height, cli, run}, paint) {
    return [
      `fake bitcoind on regtest, process ${pid}, height ${height}`,
      '',
      ...columns([
        ['rpc', rpcUrl],
        ['zmq', zmq],
        ['cookie', cookie],
        ['data', dataDir],
      ]),
      '',
      'mine a block, or let something go wrong:',
      `  ${paint('bold', `${cli} fakemine 1`)}`,
      `  ${paint('bold', `${cli} -named fakefault kind=busy next=3`)}`,
      'run a tower on it:',
      `  ${paint('bold', run)}`,
    ].join('\n');
  },
};

function outputOf(bitcoind: FakeBitcoind): FakeBitcoindOutput {
  const {dataDir, rpcPort, zmqPort, cookiePath, rpcUrl, zmqEndpoint, node} = bitcoind;
  return {
    pid: process.pid,
    dataDir,
    rpcPort,
    rpcUrl,
    cookie: cookiePath,
    zmq: zmqEndpoint,
    height: node.tip.height,
    cli: `bitcoin-cli -regtest -datadir=${shellWord(dataDir)} -rpcport=${rpcPort}`,
    run: [
      // In its folder, so that neither outlives the other.
      `bartizan run --chain bitcoind --data-dir ${shellWord(join(dataDir, 'tower'))}`,
      `--btc-rpc-port ${rpcPort} --btc-feed-port ${zmqPort} --btc-rpc-cookie ${shellWord(cookiePath)}`,
    ].join(' '),
  };
}

type Options = Readonly<Record<string, unknown>>;

const fileOf = (options: Options, name: string, io: Io): {path: string; name: string} | undefined => {
  const given = options[name];
  return typeof given === 'string' ? {path: resolve(io.workingDirectory, given), name: given} : undefined;
};

async function scriptOf(options: Options, io: Io): Promise<FakeScript | undefined> {
  const file = fileOf(options, 'script', io);
  return file && (await readFakeScript(file.path, file.name));
}

async function optionsOf(options: Options, io: Io): Promise<FakeBitcoindOptions> {
  const {seed, dataDir, rpcUser, rpcPassword} = options;
  if ((rpcUser === undefined) !== (rpcPassword === undefined)) {
    throw new OperationalError('TOWER_USAGE', '--rpc-user and --rpc-password go together');
  }
  const blocks = fileOf(options, 'blocks', io);
  return {
    rpcPort: wholeNumber(options['rpcPort'] ?? '0', '--rpc-port', portRange),
    zmqPort: wholeNumber(options['zmqPort'] ?? '0', '--zmq-port', portRange),
    ...(typeof seed === 'string' && {seed}),
    ...(typeof dataDir === 'string' && {dataDir: resolve(io.workingDirectory, dataDir)}),
    ...(blocks && {blocks: await blocksOf(blocks.path, blocks.name)}),
    ...(typeof rpcUser === 'string' && {users: [{user: rpcUser, password: String(rpcPassword)}]}),
  };
}

async function blocksOf(path: string, name: string): Promise<Uint8Array[]> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw unreadableFile(name, cause);
  });
  const {network, blocks} = parseFixture(text, name);
  // Checks every block, and names the line of one that does not fit.
  const {height} = new FixtureChain(text, name).tip;
  if (network !== 'regtest') {
    throw new OperationalError(
      'TOWER_USAGE',
      `${name} holds blocks of ${network}, and the fake bitcoind is on regtest`,
    );
  }
  if (height > 0) {
    throw new OperationalError('TOWER_USAGE', `${name} begins at height ${height}, and the fake bitcoind at genesis`);
  }
  return blocks.map(({raw}) => raw);
}

/** Logs each step, with where it led. */
async function playAloud(bitcoind: FakeBitcoind, script: FakeScript, io: Io, stopped: AbortSignal): Promise<void> {
  let line = 0;
  try {
    await playScript(bitcoind, script.steps, {
      stopped,
      onBegin: (step) => {
        line = script.lineOf(step);
      },
      onStep: (step) => {
        const value = step.value === null || step.value === undefined ? '' : ` ${JSON.stringify(step.value)}`;
        io.log(`line=${line} step=${step.name}${value} height=${bitcoind.node.tip.height}`);
      },
    });
  } catch (error) {
    if (stopped.aborted) return;
    if (!(error instanceof BartizanError)) throw error;
    throw new OperationalError('TOWER_INVALID_SCRIPT', `line ${line} of the script: ${error.message}`);
  }
}
