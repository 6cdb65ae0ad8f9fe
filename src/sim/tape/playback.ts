import {parseBlock} from '../../chain/block.js';
import type {ChainSource} from '../../chain/chain-source.js';
import {parseHeader} from '../../chain/header.js';
import type {SimulatedChain} from '../../chain/simulated-chain.js';
import {assert, OperationalError} from '../../errors/index.js';
import {generateSecretKey, SigningKey} from '../../crypto/signing-key.js';
import type {KeyValueStore} from '../../store/key-value-store.js';
import {MemoryStore} from '../../store/memory-store.js';
import type {TowerEvent} from '../../tower/events.js';
import type {LogEntry} from '../../tower/log.js';
import {Tower} from '../../tower/tower.js';
import {applyInput, type Input} from './input.js';
import {type Divergence, isSame} from './event-check.js';
import {type Replayed, replayTape} from './replay.js';
import type {Tape} from './tape-reader.js';

export interface PlaybackOptions {
  /** Empty: what the tower keeps. */
  readonly rows: KeyValueStore;
  /** Gets the blocks one by one, each when its turn has come. */
  readonly chain: SimulatedChain;
  /** What the tower reads: the chain, or a node that has it. */
  readonly source: ChainSource;
  /** Every block that the tape names, and those below, back to genesis; in any order in which parents come first. */
  readonly blocks: Iterable<Uint8Array>;
  readonly tell?: (done: number, total: number) => void;
}

/**
 * Lets a whole tower live through a tape again: a node gets each block in its turn, the tower follows it by itself, and
 * what users, policies and operators sent is injected at its place.
 * @throws OperationalError TOWER_INVALID_TAPE when a block that it names is not there, or it cannot be lived through
 */
export async function playTape(tape: Tape, options: PlaybackOptions): Promise<Replayed> {
  const {begins, network} = tape.head;
  if (begins !== 'log' || network !== 'regtest') {
    await options.source.close();
    const what =
      begins === 'log'
        ? `it is of ${network}, and only chains of regtest`
        : 'it begins with a state, and only whole logs';
    throw new OperationalError('TOWER_INVALID_TAPE', `${what} can be lived through again`);
  }
  const player = new Player(options);
  const {tell} = options;
  try {
    // Beside it, what came in is worked out from the events, and from the rows that stood before each of them.
    const beside = await replayTape(tape, {
      rows: new MemoryStore(),
      ...(tell ? {tell} : {}),
      onInput: (input, actor, events) => player.take(input, actor, events),
    });
    const {divergence} = player;
    if (divergence ?? beside.divergence) return {...beside, digest: null, divergence: divergence ?? beside.divergence};
    return {...beside, digest: await player.digest()};
  } finally {
    await player.close();
  }
}

class Player {
  /** The first thing that the tower has done otherwise. */
  divergence: Divergence | null = null;
  readonly #options: PlaybackOptions;
  readonly #blocks = new Map<string, Uint8Array>();
  readonly #events: TowerEvent[] = [];
  #tower: Tower | undefined;
  #taken = 0;

  constructor(options: PlaybackOptions) {
    this.#options = options;
    for (const raw of options.blocks) this.#blocks.set(parseBlock(raw).header.hash, raw);
  }

  async take(input: Input, actor: string, expected: readonly LogEntry[]): Promise<void> {
    if (this.divergence) return;
    await this.#do(input, actor);
    const happened = this.#events.splice(0).filter(({type}) => type !== 'state_changed') as LogEntry[];
    for (const [i, entry] of expected.entries()) {
      const now = happened[i] && ({...happened[i], actor: entry.actor} as LogEntry);
      if (now && isSame(now, entry)) continue;
      const what = now ? 'the tower does something else' : 'the tower does nothing';
      this.divergence ??= {event: this.#taken + i, height: entry.height, what, onTape: entry, now: now ?? null};
    }
    this.#taken += expected.length;
  }

  async digest(): Promise<string> {
    return this.#running.digest();
  }

  async close(): Promise<void> {
    await (this.#tower ? this.#tower.close() : this.#options.source.close());
  }

  get #running(): Tower {
    assert(this.#tower, 'a tape begins with the start of its tower');
    return this.#tower;
  }

  async #do(input: Input, actor: string): Promise<void> {
    if (input.type === 'accept_chain') {
      throw new OperationalError('TOWER_INVALID_TAPE', 'a tower that runs cannot accept another chain as on the tape');
    }
    if (input.type === 'begin') return this.#begin(input);
    if (input.type === 'connect' || input.type === 'disconnect') {
      const {tip} = this.#options.chain;
      await this.#goTo(input.type === 'connect' ? hashOf(input.header) : tip.previous);
      return this.#running.synced();
    }
    return this.#running.gatekeeper.lock.submit({
      actor,
      run: (transaction, publish) => applyInput(transaction, publish as (event: TowerEvent) => void, input),
    });
  }

  async #begin({history, settings, chain: {network}}: Extract<Input, {type: 'begin'}>): Promise<void> {
    await this.#goTo(hashOf(history.headers.at(-1)!));
    const {rows, source} = this.#options;
    const key = new SigningKey(generateSecretKey());
    this.#tower = await Tower.open({rows, source, network, key, settings});
    this.#tower.on((event) => void this.#events.push(event));
    this.#tower.start();
    return this.#tower.synced();
  }

  /** Lets the chain end with this block, whatever stood on it. */
  async #goTo(hash: string): Promise<void> {
    const {chain} = this.#options;
    const missing: Uint8Array[] = [];
    for (let at = hash; !(await chain.header(at));) {
      const raw = this.#blocks.get(at);
      if (!raw)
        throw new OperationalError('TOWER_INVALID_TAPE', `block ${at} is on the tape, but not among the blocks`);
      missing.unshift(raw);
      at = parseBlock(raw).header.previous;
    }
    for (const raw of missing) chain.submit(raw);
    chain.prefer(hash);
    const {height} = (await chain.header(hash))!;
    while (chain.tip.hash !== hash) chain.invalidate(chain.at(height + 1)!.hash);
  }
}

const hashOf = (header: string): string => parseHeader(Buffer.from(header, 'hex')).hash;
