import {randomBytes} from 'node:crypto';
import {readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {mkdir, mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {z} from 'zod';
import {OperationalError} from '../../../errors/index.js';
import {SimulatedChain} from '../../simulated-chain.js';
import {takeDataDir} from '../running.js';
import type {Commanded} from './commands.js';
import {controlMethods} from './control-methods.js';
import {FakeNode} from './fake-node.js';
import type {Fault} from './faults.js';
import {type Topic, topics} from './feed.js';
import {HttpServer} from './http-server.js';
import {type RpcUser, RpcServer} from './rpc-server.js';
import {oneOf, problemText, text, whole} from './values.js';
import {ZmqPublisher} from './zmq-publisher.js';

/** As `rpcworkqueue` of bitcoind: 64 in our regtest.conf. */
const defaultWorkQueue = 64;
/** How often a node that starts again tries to have its ports back, and the pause between. */
const reopenAttempts = 100;
const reopenMs = 50;

export interface FakeBitcoindOptions {
  /** Decides the hashes of what is mined. The same seed and the same commands give the same chain. @default 1 */
  readonly seed?: bigint | number | string;
  /** Raw blocks to begin with, in order of arrival, such as `parseFixture(text).blocks.map(({raw}) => raw)`. */
  readonly blocks?: Iterable<Uint8Array>;
  /** Follows this chain instead of one of its own: whatever is mined on it, the node hears of. */
  readonly chain?: SimulatedChain;
  /** @default 0, which picks a free one */
  readonly rpcPort?: number;
  /** @default 0, which picks a free one */
  readonly zmqPort?: number;
  /** Where the cookie lies, under `regtest/`, as with bitcoind. For one node at a time. @default a temporary folder */
  readonly dataDir?: string;
  /** Who may use the RPC besides the cookie's bearer. */
  readonly users?: readonly RpcUser[];
  /** What is published. @default all five topics */
  readonly topics?: readonly Topic[];
  /** Set from the beginning. */
  readonly faults?: readonly Fault[];
  /** Posts that may be under way at once; further ones get status 503. @default 64 */
  readonly workQueue?: number;
}

const port = whole(0, 65_535).optional();
const optionsSchema = z.object({
  rpcPort: port,
  zmqPort: port,
  dataDir: text(1, 4_096).optional(),
  topics: z.array(oneOf(topics)).optional(),
  workQueue: whole(1, 1_000_000).optional(),
});

/**
 * A bitcoind on regtest that does as it is told: RPC over HTTP and notifications over ZMQ, on loopback, over a chain
 * that mines on command. For tests of whatever follows a bitcoind.
 *
 * @example
 * const bitcoind = await FakeBitcoind.start();
 * bitcoind.node.mine(101);
 * bitcoind.node.faults.set({kind: 'busy', next: 3});
 * await bitcoind.stop();
 */
export class FakeBitcoind implements Commanded {
  /** The blocks there are. */
  readonly chain: SimulatedChain;
  /** Which of them the node has, and what it does on command. */
  readonly node: FakeNode;
  readonly dataDir: string;
  readonly #temporary: boolean;
  #letGo: () => void = () => {};
  readonly #http: HttpServer;
  readonly #zmq: ZmqPublisher;
  /** Resolves when it has stopped, also by the RPC method `stop`. */
  readonly ended: Promise<void>;
  #end!: () => void;
  #rpcPort: number;
  #zmqPort: number;
  /** What changes the sockets goes one after the other. */
  #changing: Promise<void> = Promise.resolve();
  #stopped = false;

  private constructor(dataDir: string, options: FakeBitcoindOptions) {
    this.chain = options.chain ?? new SimulatedChain({seed: options.seed ?? 1, blocks: options.blocks ?? []});
    const passwords: string[] = [];
    this.node = new FakeNode({
      chain: this.chain,
      ...(options.topics !== undefined && {topics: options.topics}),
      // Others on this machine could guess one that follows from the seed.
      password: (start) => (passwords[start] ??= randomBytes(32).toString('hex')),
    });
    for (const fault of options.faults ?? []) this.node.faults.set(fault);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.dataDir = dataDir;
    this.#temporary = options.dataDir === undefined;
    this.#rpcPort = options.rpcPort ?? 0;
    this.#zmqPort = options.zmqPort ?? 0;
    const rpc = new RpcServer(this.node, {
      users: options.users ?? [],
      methods: controlMethods(this),
      onStop: () => void this.stop(),
    });
    this.#http = new HttpServer(rpc, {workQueue: options.workQueue ?? defaultWorkQueue});
    this.#zmq = new ZmqPublisher(() => this.node.feed.reconnected());
    this.node.feed.subscribe((notification) => this.#zmq.publish(notification));
  }

  /**
   * Starts one, which answers when this resolves.
   * @throws OperationalError TOWER_USAGE, TOWER_ADDRESS_IN_USE, TOWER_FILE_FAILED; TOWER_ALREADY_RUNNING when another
   *   node runs on the data directory; TOWER_INVALID_BLOCK for blocks that do not fit
   */
  static async start(options: FakeBitcoindOptions = {}): Promise<FakeBitcoind> {
    const {error} = optionsSchema.safeParse(options);
    if (error) {
      const hint = 'docs/reference/fake-bitcoind.md lists the options.';
      throw new OperationalError('TOWER_USAGE', `no such fake bitcoind: ${problemText(error, options)}`, {hint});
    }
    const dataDir = options.dataDir ?? (await temporaryFolder());
    const bitcoind = new FakeBitcoind(dataDir, options);
    try {
      if (!bitcoind.#temporary) bitcoind.#letGo = await takeDataDir(dataDir);
      await bitcoind.#open();
      return bitcoind;
    } catch (error) {
      await bitcoind.stop();
      throw error;
    }
  }

  /** Without credentials; those are in the file at `cookiePath`. */
  get rpcUrl(): string {
    return `http://127.0.0.1:${this.#rpcPort}`;
  }

  get rpcPort(): number {
    return this.#rpcPort;
  }

  /** Where everything is published. */
  get zmqEndpoint(): string {
    return `tcp://127.0.0.1:${this.#zmqPort}`;
  }

  get zmqPort(): number {
    return this.#zmqPort;
  }

  /** Another one at each start, as with bitcoind. */
  get cookiePath(): string {
    return join(this.dataDir, 'regtest', '.cookie');
  }

  /**
   * Stops the node, its sockets too, and starts it again on the same ports with another cookie.
   * @param options.lose blocks at the end of its chain that it does not know any more, until told to `follow`
   * @param options.downMs how long nobody is there
   */
  restart({lose = 0, downMs = 0}: {lose?: number | undefined; downMs?: number | undefined} = {}): Promise<void> {
    return this.#change(async () => {
      if (this.#stopped) return;
      await this.#close();
      await delay(downMs);
      this.node.start({lose});
      await this.#reopen();
    });
  }

  /** Changes the cookie and its file, while clients hold the old one. */
  changeCookie(): Promise<void> {
    return this.#change(async () => {
      this.node.changeCookie();
      this.#writeCookie();
    });
  }

  /** Ends it. A temporary folder is removed. */
  stop(): Promise<void> {
    return this.#change(async () => {
      if (this.#stopped) return;
      this.#stopped = true;
      await this.#close();
      this.node.close();
      this.#letGo();
      if (this.#temporary) await rm(this.dataDir, {recursive: true, force: true});
      this.#end();
    });
  }

  #change(change: () => Promise<void>): Promise<void> {
    const changed = this.#changing.then(change);
    this.#changing = changed.catch(() => {});
    return changed;
  }

  async #open(): Promise<void> {
    this.#zmqPort = Number(new URL(await this.#zmq.bind(this.#zmqPort)).port);
    this.node.zmqEndpoint = this.zmqEndpoint;
    this.#writeCookie();
    this.#rpcPort = await this.#http.listen(this.#rpcPort);
  }

  /** While nobody was there, its ports may have gone to a connection of somebody else for a moment. */
  async #reopen(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#open();
      } catch (error) {
        await this.#zmq.close();
        const isTaken = error instanceof OperationalError && error.code === 'TOWER_ADDRESS_IN_USE';
        if (!isTaken || attempt === reopenAttempts) throw error;
        await delay(reopenMs);
      }
    }
  }

  async #close(): Promise<void> {
    this.node.stop();
    await this.#http.close();
    await this.#zmq.close();
    this.#removeCookie();
  }

  /** Its own alone: whoever wrote another there can still be reached. */
  #removeCookie(): void {
    try {
      if (readFileSync(this.cookiePath, 'utf8') === this.#cookie) rmSync(this.cookiePath);
    } catch {
      // There is none, or it cannot be had: a node at its end has no use for it.
    }
  }

  get #cookie(): string {
    const {user, password} = this.node.cookie;
    return `${user}:${password}`;
  }

  /** At once, so that nobody finds half of it, or the old one when the new one counts. */
  #writeCookie(): void {
    const draft = `${this.cookiePath}.tmp`;
    try {
      writeFileSync(draft, this.#cookie, {mode: 0o600});
      renameSync(draft, this.cookiePath);
    } catch (cause) {
      throw new OperationalError('TOWER_FILE_FAILED', `the cookie ${this.cookiePath} cannot be written`, {cause});
    }
  }
}

/** Nobody else knows of it. */
async function temporaryFolder(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bartizan-fake-bitcoind-'));
  await mkdir(join(dataDir, 'regtest'));
  return dataDir;
}
