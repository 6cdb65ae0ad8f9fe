import {OperationalError} from '../../errors/index.js';
import {type Block, parseBlock} from '../block.js';
import type {ChainSource, SourceTip, Standing} from '../chain-source.js';
import {type ChainHeader, type Header, parseHeader} from '../header.js';
import type {Network} from '../network.js';
import type {Timers} from '../timers.js';
import {Announcements, type AnnouncementStats} from './announcements.js';
import {chainHeaderOf, confirmationsOf, hashOf, hexBytes, networkOf, sourceTipOf} from './answers.js';
import {endpointWarnings} from './endpoint.js';
import {type BitcoindRpc, type Notifications, type RpcAnswer, type RpcCall, rpcCodes} from './transport.js';

/** Calls in one JSON-RPC batch: larger ones are no faster, and hold one of bitcoind's few RPC threads for longer. */
const batchCalls = 1000;
/** How often the node is asked although nothing was announced. */
const defaultPollMs = 30_000;
/** How long after a tip was seen its announcement may still come. Both leave the node within milliseconds. */
const defaultGraceMs = 5_000;

export interface BitcoindChainOptions {
  readonly rpc: BitcoindRpc;
  /** Without it blocks are noticed only by polling. */
  readonly notifications?: Notifications;
  readonly timers: Timers;
  /** @default 30000 */
  readonly pollMs?: number;
  /** How long a tip that was seen by asking may go unannounced before the connection is made anew. @default 5000 */
  readonly graceMs?: number;
  /** Hears what is amiss but not fatal, a sentence at a time, each once. */
  readonly warn?: (warning: string) => void;
}

/**
 * The active chain of a bitcoind. RPC decides; ZMQ only wakes, and a timer wakes anyway. It has no sockets of its
 * own: transport, notifications and timers are handed in.
 */
export class BitcoindChain implements ChainSource {
  readonly #rpc: BitcoindRpc;
  readonly #notifications: Notifications | undefined;
  readonly #announcements: Announcements | undefined;
  readonly #timers: Timers;
  readonly #pollMs: number;
  readonly #warn: (warning: string) => void;
  readonly #warned = new Set<string>();
  readonly #wakes = new Set<() => void>();
  #cancelPoll: (() => void) | undefined;
  #listening = false;
  #endpointChecked = false;

  constructor(options: BitcoindChainOptions) {
    this.#rpc = options.rpc;
    this.#notifications = options.notifications;
    this.#timers = options.timers;
    this.#pollMs = options.pollMs ?? defaultPollMs;
    this.#warn = options.warn ?? (() => {});
    this.#announcements =
      options.notifications &&
      new Announcements({
        notifications: options.notifications,
        timers: options.timers,
        graceMs: options.graceMs ?? defaultGraceMs,
        onAnnounced: () => this.#wake(),
        // The node may have started anew with other options.
        onMissed: () => {
          this.#endpointChecked = false;
        },
      });
  }

  /** How the announcements fare; undefined when there are none to listen to. */
  get stats(): AnnouncementStats | undefined {
    return this.#announcements?.stats;
  }

  async identity(): Promise<{network: Network; genesis: string}> {
    const answers = await this.#rpc.batch([
      {method: 'getblockchaininfo', params: []},
      {method: 'getblockhash', params: [0]},
    ]);
    const [info, genesis] = answers.map((answer) => resultOf(answer, []));
    if (!this.#endpointChecked) await this.#checkEndpoint();
    return {network: networkOf(info), genesis: hashOf(genesis)};
  }

  async sourceTip(): Promise<SourceTip> {
    const tip = sourceTipOf(await this.#rpc.call('getblockchaininfo', []));
    this.#announcements?.sawTip(tip);
    return tip;
  }

  async header(hash: string): Promise<ChainHeader | undefined> {
    const answer = await this.#answer('getblockheader', [hash, true], [rpcCodes.notFound]);
    return answer === undefined ? undefined : chainHeaderOf(answer);
  }

  async block(hash: string): Promise<Block | undefined> {
    // Error -1 stands for several things here; that the block's data is not there (pruned, or not yet) is all of them.
    const answer = await this.#answer('getblock', [hash, 0], [rpcCodes.notFound, rpcCodes.misc]);
    return answer === undefined ? undefined : parseBlock(hexBytes(answer));
  }

  async standing(hashes: readonly string[]): Promise<Standing[]> {
    const answers = await this.#rpc.batch(hashes.map((hash) => ({method: 'getblockheader', params: [hash, true]})));
    return answers.map((answer) => {
      const header = resultOf(answer, [rpcCodes.notFound]);
      if (header === undefined) return 'unknown';
      return confirmationsOf(header) < 0 ? 'stale' : 'active';
    });
  }

  async headers(from: number, to: number): Promise<Header[]> {
    const headers: Header[] = [];
    for (let start = from; start <= to; start += batchCalls) {
      const heights = Array.from({length: Math.min(batchCalls, to - start + 1)}, (_, index) => start + index);
      const hashes = await this.#results(heights.map((height) => ({method: 'getblockhash', params: [height]})));
      const raws = await this.#results(hashes.map((hash) => ({method: 'getblockheader', params: [hash, false]})));
      for (const raw of raws) headers.push(parseHeader(hexBytes(raw)));
      if (raws.length < heights.length) break;
    }
    return headers;
  }

  onWake(wake: () => void): () => void {
    // Registered through a function of its own, so that the same one may be given twice.
    const registered = (): void => wake();
    this.#wakes.add(registered);
    if (!this.#listening) {
      this.#listening = true;
      this.#announcements?.listen();
    }
    if (this.#cancelPoll === undefined) this.#schedulePoll();
    return () => {
      this.#wakes.delete(registered);
      if (this.#wakes.size === 0) this.#stopPolling();
    };
  }

  async close(): Promise<void> {
    this.#wakes.clear();
    this.#stopPolling();
    await this.#announcements?.close();
    this.#rpc.close();
  }

  async #checkEndpoint(): Promise<void> {
    if (this.#notifications === undefined) return;
    for (const warning of await endpointWarnings(this.#rpc, this.#notifications.endpoint)) {
      if (!this.#warned.has(warning)) this.#warn(warning);
      this.#warned.add(warning);
    }
    this.#endpointChecked = true;
  }

  #schedulePoll(): void {
    this.#cancelPoll = this.#timers.after(this.#pollMs, () => {
      this.#schedulePoll();
      this.#wake();
    });
  }

  #stopPolling(): void {
    this.#cancelPoll?.();
    this.#cancelPoll = undefined;
  }

  #wake(): void {
    for (const wake of this.#wakes) wake();
  }

  /** The result; undefined when bitcoind answers with one of `absent`. */
  async #answer(method: string, params: readonly unknown[], absent: readonly number[]): Promise<unknown> {
    try {
      return await this.#rpc.call(method, params);
    } catch (error) {
      if (error instanceof OperationalError && absent.includes(Number(error.facts['rpcCode']))) return undefined;
      throw error;
    }
  }

  /** The results up to the first call that points beyond the active chain. */
  async #results(calls: readonly RpcCall[]): Promise<unknown[]> {
    if (calls.length === 0) return [];
    const results: unknown[] = [];
    for (const answer of await this.#rpc.batch(calls)) {
      const result = resultOf(answer, [rpcCodes.invalidParameter, rpcCodes.notFound]);
      if (result === undefined) break;
      results.push(result);
    }
    return results;
  }
}

function resultOf(answer: RpcAnswer, absent: readonly number[]): unknown {
  if ('result' in answer) return answer.result;
  if (absent.includes(answer.error.code)) return undefined;
  throw new OperationalError('TOWER_BITCOIND_RPC', `bitcoind answers: ${answer.error.message}`, {
    facts: {rpcCode: answer.error.code},
  });
}
