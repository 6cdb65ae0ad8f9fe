import type {ChainHeader} from '../chain/header.js';
import type {Network} from '../chain/network.js';
import type {ChainFollower} from '../chain/chain-follower.js';
import type {GatekeeperSettings} from '../gatekeeper/settings.js';
import {headerHeightOf, tableRange} from '../store/layout.js';
import {decodeHeader} from '../store/rows.js';
import type {Store} from '../store/store.js';
import {beginStore, connectBlock, disconnectBlock, headersKept} from './chain-events.js';
import type {Writer} from './writer.js';

/** Brings blocks to the writer: each is a change of its own, and consecutive ones share a batch. */
export class StoreFollower implements ChainFollower {
  readonly #store: Store;
  readonly #writer: Writer;
  readonly #settings: GatekeeperSettings;
  readonly #logBlocks: number;
  readonly #finality: number;

  constructor(
    store: Store,
    writer: Writer,
    settings: GatekeeperSettings,
    limits: {readonly logBlocks: number; readonly finality: number},
  ) {
    this.#store = store;
    this.#writer = writer;
    this.#settings = settings;
    this.#logBlocks = limits.logBlocks;
    this.#finality = limits.finality;
  }

  get tip(): ChainHeader | undefined {
    return this.#store.meta?.tip;
  }

  get chain(): {readonly network: Network; readonly genesis: string} | undefined {
    return this.#store.meta?.chain;
  }

  get floor(): number {
    return (this.#store.meta?.progress.highest ?? 0) - this.#finality;
  }

  async storedHeaders(): Promise<ChainHeader[]> {
    const rows = await this.#store.rows.range({...tableRange('header'), limit: 2 * headersKept});
    return rows.map(([key, value]) => decodeHeader(headerHeightOf(key), value));
  }

  async begin(chain: {network: Network; genesis: string}, headers: readonly ChainHeader[]): Promise<void> {
    await this.#writer.submit({
      actor: 'chain',
      run: async (transaction, publish) => beginStore(transaction, publish, chain, headers, this.#settings),
    });
  }

  async connect(headers: readonly ChainHeader[]): Promise<void> {
    await allOf(
      headers.map((header) =>
        this.#writer.submit({
          actor: 'chain',
          run: (transaction, publish) => connectBlock(transaction, publish, header, this.#logBlocks),
        }),
      ),
    );
  }

  async disconnect(headers: readonly ChainHeader[]): Promise<void> {
    await allOf(
      headers.map((header) =>
        this.#writer.submit({
          actor: 'chain',
          run: (transaction, publish) => disconnectBlock(transaction, publish, header),
        }),
      ),
    );
  }
}

/** Waits for all, so that none is left to fail unheard; then throws the first failure. */
async function allOf(promises: readonly Promise<void>[]): Promise<void> {
  const settled = await Promise.allSettled(promises);
  const failed = settled.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
