import {existsSync} from 'node:fs';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {OperationalError} from '../../../errors/index.js';
import {makeFolder} from '../../../files/folder.js';
import {refuseRunning} from '../running.js';
import {GuardedProcess} from './guardian.js';
import type {BitcoindProgram} from './bitcoind-program.js';
import {findBitcoind} from './program.js';

/** The options file of this package, `regtest.conf`. */
export const regtestConfPath = fileURLToPath(new URL('../../../../../regtest.conf', import.meta.url));

/** The file that a node is started with, in its data directory: `bitcoin-cli -datadir=DIR -conf=regtest.conf`. */
const confName = 'regtest.conf';

/** How often a starting node is asked whether it answers. */
const askMs = 20;
/** A start that takes longer has failed. */
const startMs = 60_000;
/** Another process may take a port between our choice and bitcoind's bind. */
const startAttempts = 3;

export interface RegtestOptions {
  /** @default what `findBitcoind` finds */
  readonly program?: BitcoindProgram;
  /** Kept when the node stops. Without it the node gets a temporary folder that `stop` removes. */
  readonly dataDir?: string;
  /** Whether the node publishes block hashes. @default true */
  readonly zmq?: boolean;
  /** Ports that it must have; the others are picked. */
  readonly ports?: Partial<RegtestPorts>;
  /** Ports to try first. */
  readonly preferredPorts?: Partial<RegtestPorts>;
  /** More options of bitcoind, such as `-prune=1`. */
  readonly args?: readonly string[];
}

export interface RegtestPorts {
  readonly rpc: number;
  readonly p2p: number;
  readonly zmq: number;
}

/** A regtest bitcoind of our own, on loopback ports that the operating system picked. It ends with this process. */
export class RegtestNode {
  readonly dataDir: string;
  readonly #program: BitcoindProgram;
  readonly #zmq: boolean;
  readonly #temporary: boolean;
  #args: readonly string[];
  #ports: RegtestPorts;
  #process: GuardedProcess | undefined;

  private constructor(
    program: BitcoindProgram,
    dataDir: string,
    ports: RegtestPorts,
    options: {zmq: boolean; temporary: boolean; args: readonly string[]},
  ) {
    this.#program = program;
    this.dataDir = dataDir;
    this.#ports = ports;
    this.#zmq = options.zmq;
    this.#temporary = options.temporary;
    this.#args = options.args;
  }

  /**
   * Starts a node and waits until it answers.
   * @throws OperationalError TOWER_BITCOIND_NOT_FOUND, or TOWER_BITCOIND_UNREACHABLE with bitcoind's own words.
   */
  static async start(options: RegtestOptions = {}): Promise<RegtestNode> {
    const program = options.program ?? (await findBitcoind());
    const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'bartizan-regtest-')));
    // By default it lies in the data directory of a tower, which may not be there yet and is nobody else's either.
    await makeFolder(dataDir).catch((cause: unknown) => {
      throw new OperationalError('TOWER_FILE_FAILED', `the data directory ${dataDir} cannot be made`, {cause});
    });
    // A second node would take the options and the cookie of the first, and then fail on its lock.
    refuseRunning(dataDir);
    const node = new RegtestNode(
      program,
      dataDir,
      {...(await freePorts()), ...options.preferredPorts, ...options.ports},
      {
        zmq: options.zmq ?? true,
        temporary: options.dataDir === undefined,
        args: options.args ?? [],
      },
    );
    try {
      await node.#launchOnFreePorts(options.ports ?? {});
      return node;
    } catch (error) {
      await node.stop();
      throw error;
    }
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get running(): boolean {
    return this.#process?.running ?? false;
  }

  /** Resolves when the node has ended, however it came to it. */
  get ended(): Promise<void> {
    return this.#process?.ended ?? Promise.resolve();
  }

  get rpcPort(): number {
    return this.#ports.rpc;
  }

  /** Without credentials; they are in the file at `cookiePath`. */
  get rpcUrl(): string {
    return `http://127.0.0.1:${this.#ports.rpc}`;
  }

  get p2pAddress(): string {
    return `127.0.0.1:${this.#ports.p2p}`;
  }

  get cookiePath(): string {
    return join(this.dataDir, 'regtest', '.cookie');
  }

  /** Where block hashes are published, if they are. */
  get zmqEndpoint(): string {
    return `tcp://127.0.0.1:${this.#ports.zmq}`;
  }

  /**
   * One RPC call with the node's own cookie.
   * @throws OperationalError TOWER_BITCOIND_RPC with `rpcCode` in its facts when bitcoind answers with an error.
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the answer is whatever bitcoind answers
  async rpc<T = any>(method: string, ...params: readonly unknown[]): Promise<T> {
    const cookie = await readFile(this.cookiePath, 'utf8');
    const response = await fetch(this.rpcUrl, {
      method: 'POST',
      headers: {authorization: `Basic ${Buffer.from(cookie.trim()).toString('base64')}`},
      body: JSON.stringify({id: method, method, params}),
    });
    const text = await response.text();
    if (!text.startsWith('{')) throw new OperationalError('TOWER_BITCOIND_RPC', `bitcoind answers ${response.status}`);
    const {result, error} = JSON.parse(text) as {result: T; error: {code: number; message: string} | null};
    if (error === null) return result;
    throw new OperationalError('TOWER_BITCOIND_RPC', `${method}: ${error.message}`, {facts: {rpcCode: error.code}});
  }

  /** Ends the node in order. A temporary data directory is removed, unless the node is to start again. */
  async stop({keep = false}: {keep?: boolean} = {}): Promise<void> {
    await this.#process?.end('SIGTERM');
    if (this.#temporary && !keep) await rm(this.dataDir, {recursive: true, force: true});
  }

  /** Ends the node as a power cut would. */
  async kill(): Promise<void> {
    await this.#process?.end('SIGKILL');
  }

  /** Starts it again (after stopping it, if it runs) on the same data and ports, with other arguments if given. */
  async restart({args = this.#args}: {args?: readonly string[]} = {}): Promise<void> {
    await this.stop({keep: true});
    this.#args = args;
    await this.#launch();
  }

  async #launchOnFreePorts(wanted: Partial<RegtestPorts>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#launch();
        return;
      } catch (error) {
        if (
          attempt === startAttempts ||
          !/unable to bind|unable to start HTTP server|address already in use/i.test(String(error))
        )
          throw error;
        this.#ports = {...(await freePorts()), ...wanted};
      }
    }
  }

  async #launch(): Promise<void> {
    // The cookie of a node that was killed is still there and would be taken for the new one's.
    await rm(this.cookiePath, {force: true});
    await writeFile(join(this.dataDir, confName), confWith(await readFile(regtestConfPath, 'utf8'), this.#settings));
    const options = [`-datadir=${this.dataDir}`, `-conf=${confName}`, '-printtoconsole=0', ...this.#args];
    this.#process = await GuardedProcess.start(this.#program.command, [...this.#program.args, ...options]);
    await this.#answers(this.#process);
  }

  get #settings(): Record<string, string | undefined> {
    return {
      rpcport: String(this.#ports.rpc),
      bind: this.p2pAddress,
      zmqpubhashblock: this.#zmq ? this.zmqEndpoint : undefined,
    };
  }

  async #answers(process: GuardedProcess): Promise<void> {
    const deadline = performance.now() + startMs;
    for (;;) {
      if (!process.running) throw unreachable(`bitcoind did not start: ${process.output || 'it said nothing'}`);
      if (performance.now() > deadline) {
        await process.end('SIGKILL');
        throw unreachable(`bitcoind did not answer within ${startMs / 1000} seconds: ${process.output}`);
      }
      if (existsSync(this.cookiePath)) {
        try {
          await this.rpc('getblockchaininfo');
          return;
        } catch {
          // Warming up, or not listening yet.
        }
      }
      await delay(askMs);
    }
  }
}

const unreachable = (message: string): OperationalError =>
  new OperationalError('TOWER_BITCOIND_UNREACHABLE', message, {hint: 'See debug.log in its data directory.'});

/**
 * The options file with other values for some options. bitcoind adds options of the command line to those of the file
 * instead of replacing them where an option may be given twice, as ZMQ endpoints may.
 */
export function confWith(conf: string, settings: Readonly<Record<string, string | undefined>>): string {
  const kept = conf.split('\n').filter((line) => !(line.split('=')[0]! in settings));
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  return `${kept.join('\n').trimEnd()}\n${given.map(([name, value]) => `${name}=${value}\n`).join('')}`;
}

/** Ports that nobody listens on now. All are held until the last is chosen, so they differ. */
async function freePorts(): Promise<RegtestPorts> {
  const servers = await Promise.all([listen(), listen(), listen()]);
  const [rpc, p2p, zmq] = servers.map(({port}) => port) as [number, number, number];
  await Promise.all(servers.map(({close}) => close()));
  return {rpc, p2p, zmq};
}

function listen(): Promise<{port: number; close: () => Promise<void>}> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address() as {port: number};
      resolve({port: address.port, close: () => new Promise((closed) => server.close(() => closed()))});
    });
  });
}
