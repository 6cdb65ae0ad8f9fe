import {existsSync} from 'node:fs';
import {chmod, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import {dirname, join, resolve} from 'node:path';
import {type BitcoindProgram, findBitcoind, RegtestNode, type RegtestOptions} from '../chain/bitcoind/regtest/index.js';
import {OperationalError} from '../errors/index.js';
import {wholeNumber} from './arguments.js';
import {shellWord} from './shell-word.js';
import {stopSignal} from './signals.js';
import type {Subcommand} from './subcommand.js';
import {columns} from './table.js';

interface RegtestOutput {
  readonly pid: number;
  /** Where the program comes from. */
  readonly program: string;
  readonly dataDir: string;
  readonly rpcPort: number;
  readonly cookie: string;
  readonly zmq: string;
  readonly height: number;
  /** Ready for a shell. */
  readonly mine: string;
  readonly run: string;
}

/** Ports of regtest.conf, which are also the defaults of `bartizan run`. */
const usualPorts = {rpc: 18_443, zmq: 28_332};
const portRange = {from: 0, to: 65_535};
/** Anybody's: nobody needs to spend what regtest mines. */
const walletName = 'miner';

export const regtest: Subcommand<RegtestOutput> = {
  define(command) {
    command.option('--data-dir <dir>', 'where the node keeps its chain (default: ~/.bartizan/regtest-bitcoind)');
    command.option(
      '--rpc-port <n>',
      `port of the RPC server (default: ${usualPorts.rpc} if it is free; 0 picks a free one)`,
    );
    command.option(
      '--zmq-port <n>',
      `port of the ZMQ feed (default: ${usualPorts.zmq} if it is free; 0 picks a free one)`,
    );
    command.option('--p2p-port <n>', 'port for other nodes (default: 0)');
    command.addHelpText(
      'after',
      '\nThe program is BITCOIND from the environment, or the first on PATH, or one fetched from the packages of Debian.' +
        '\nRuns until SIGINT or SIGTERM; the chain stays in the data directory.',
    );
  },

  async run({io, options}, show) {
    const stopped = stopSignal();
    const dataDir = resolve(
      io.workingDirectory,
      typeof options['dataDir'] === 'string' && options['dataDir'] !== ''
        ? options['dataDir']
        : join(io.home, '.bartizan', 'regtest-bitcoind'),
    );
    const asked = {
      rpc: portOf(options['rpcPort'], '--rpc-port'),
      zmq: portOf(options['zmqPort'], '--zmq-port'),
      p2p: portOf(options['p2pPort'], '--p2p-port'),
    };
    const {ports, preferredPorts} = await portsFor(asked);
    const program = await findBitcoind({env: io.environment, progress: (line) => io.log(line)});
    const node = await RegtestNode.start({program, dataDir, ports, preferredPorts});
    try {
      await openWallet(node);
      const cli = await writeCli(program, dataDir);
      show({
        pid: node.pid ?? 0,
        program: program.origin,
        dataDir,
        rpcPort: node.rpcPort,
        cookie: node.cookiePath,
        zmq: node.zmqEndpoint,
        height: await node.rpc<number>('getblockcount'),
        mine: `${cli} -generate 1`,
        run: runLine(node, join(dataDir, 'tower')),
      });
      await Promise.race([stopped, node.ended.then(() => failEnded(dataDir))]);
      return 0;
    } finally {
      await node.stop();
    }
  },

  render({pid, program, dataDir, cookie, zmq, height, mine, run}, paint) {
    return [
      `bitcoind on regtest, process ${pid}, height ${height}`,
      '',
      ...columns([
        ['program', program],
        ['data', dataDir],
        ['cookie', cookie],
        ['zmq', zmq],
      ]),
      '',
      'mine a block:',
      `  ${paint('bold', mine)}`,
      'run a tower on it:',
      `  ${paint('bold', run)}`,
    ].join('\n');
  },
};

type Ports = NonNullable<RegtestOptions['ports']>;
type Asked = {readonly [Name in keyof Ports]: number | undefined};

function portOf(given: unknown, flag: string): number | undefined {
  return given === undefined ? undefined : wholeNumber(given, flag, portRange);
}

/** The ports that were asked for, and the usual ones where nobody asked and they are free. */
async function portsFor(asked: Asked): Promise<{ports: Ports; preferredPorts: Ports}> {
  const ports: {-readonly [Name in keyof Ports]: number} = {};
  const preferredPorts: typeof ports = {};
  for (const name of ['rpc', 'zmq', 'p2p'] as const) {
    const port = asked[name];
    const usual = name === 'p2p' ? undefined : usualPorts[name];
    if (port === undefined) {
      if (usual !== undefined && (await isFree(usual))) preferredPorts[name] = usual;
    } else if (port > 0) {
      if (!(await isFree(port))) {
        throw new OperationalError('TOWER_ADDRESS_IN_USE', `port ${port}, asked for by --${name}-port, is taken`);
      }
      ports[name] = port;
    }
  }
  return {ports, preferredPorts};
}

function isFree(port: number): Promise<boolean> {
  return new Promise((tell) => {
    const server = createServer();
    server.once('error', () => tell(false));
    server.listen(port, '127.0.0.1', () => server.close(() => tell(true)));
  });
}

/** Makes `-generate` work. The wallet is there already when the chain is an old one. */
async function openWallet(node: RegtestNode): Promise<void> {
  const loaded = await node.rpc<string[]>('listwallets');
  if (loaded.includes(walletName)) return;
  await node.rpc('createwallet', walletName, false, false, '', false, true, true).catch(async (error: unknown) => {
    if (error instanceof OperationalError) await node.rpc('loadwallet', walletName, true);
    else throw error;
  });
}

/** Writes a command that talks to this node, wherever its program comes from. */
async function writeCli(program: BitcoindProgram, dataDir: string): Promise<string> {
  const path = join(dataDir, 'bitcoin-cli');
  const words = [program.command, ...program.args];
  const beside = join(dirname(words.at(-1)!), 'bitcoin-cli');
  const cli = existsSync(beside) ? [...words.slice(0, -1), beside] : ['bitcoin-cli'];
  const command = [...cli, `-datadir=${dataDir}`, '-conf=regtest.conf'].map(shellWord).join(' ');
  await writeFile(path, `#!/bin/sh\nexec ${command} "$@"\n`);
  await chmod(path, 0o755);
  return shellWord(path);
}

/**
 * What differs from the defaults of `bartizan run` stands in the line. The tower's directory lies in the node's, so that
 * neither outlives the other.
 */
function runLine(node: RegtestNode, towerDir: string): string {
  const zmqPort = Number(new URL(node.zmqEndpoint).port);
  return [
    `bartizan run --chain bitcoind --data-dir ${shellWord(towerDir)}`,
    ...(node.rpcPort === usualPorts.rpc ? [] : [`--btc-rpc-port ${node.rpcPort}`]),
    ...(zmqPort === usualPorts.zmq ? [] : [`--btc-feed-port ${zmqPort}`]),
    `--btc-rpc-cookie ${shellWord(node.cookiePath)}`,
  ].join(' ');
}

function failEnded(dataDir: string): never {
  throw new OperationalError('TOWER_BITCOIND_UNREACHABLE', 'bitcoind has ended by itself', {
    hint: `See ${join(dataDir, 'regtest', 'debug.log')}.`,
  });
}
