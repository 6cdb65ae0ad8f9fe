import {OperationalError} from '../errors/index.js';
import type {ChainSource, SourceTip} from './chain-source.js';
import type {ChainFollower} from './chain-follower.js';
import {findForkPoint} from './fork-point.js';
import {type ChainHeader, extend, type Header, parentOf} from './header.js';
import type {Network} from './network.js';
import type {SourceState} from './source-state.js';

/** Headers fetched and handed on at once in catch-up. */
const runHeaders = 500;
/** Headers below the tip that a fresh store begins with. */
const historyHeaders = 100;
/** Times that the source may change its mind under one pull before it is left alone for a while. */
const restarts = 10;

export interface PullParts {
  readonly source: ChainSource;
  readonly follower: ChainFollower;
  readonly network: Network;
}

/**
 * Brings the follower to the source's best chain, or says why it waits. Undefined when `stopped` said so in the middle:
 * what was handed on by then is kept.
 *
 * @throws OperationalError TOWER_WRONG_NETWORK, TOWER_WRONG_GENESIS, TOWER_REORG_TOO_DEEP; whatever the source throws
 */
export async function pull(
  parts: PullParts,
  onState: (state: SourceState) => void,
  stopped: () => boolean,
): Promise<SourceState | undefined> {
  const {source, follower} = parts;
  await checkIdentity(parts);
  for (let attempt = 0; attempt < restarts;) {
    if (stopped()) return undefined;
    const sourceTip = await source.sourceTip();
    const sourceHeight = sourceTip.height;
    const {tip} = follower;
    if (!tip) {
      if (sourceTip.initialDownload) return {name: 'ibd', sourceHeight};
      const history = await historyOf(source, sourceTip);
      if (history) await follower.begin(await source.identity(), history);
      attempt++;
      continue;
    }
    if (sourceTip.hash === tip.hash) return {name: 'synced', sourceHeight};
    if (sourceTip.initialDownload && sourceHeight < tip.height) return {name: 'ibd', sourceHeight};
    if (sourceHeight > tip.height + 1) onState({name: 'catching_up', sourceHeight});

    const next = sourceHeight === tip.height + 1 ? await source.header(sourceTip.hash) : undefined;
    if (next?.previous === tip.hash) {
      await follower.connect([extend(tip, next)]);
      continue;
    }
    const fork = await goToFork(parts, tip, sourceTip);
    if (fork === 'behind') return {name: 'stalled', sourceHeight, error: nodeBehind(tip, sourceTip)};
    const reached = await connectTo(parts, fork, sourceTip, stopped);
    if (!reached || follower.tip === tip) attempt++;
  }
  throw new OperationalError('TOWER_BITCOIND_RPC', 'the best chain changed faster than it could be read', {
    retryable: true,
  });
}

/** @throws OperationalError TOWER_WRONG_NETWORK, TOWER_WRONG_GENESIS */
export async function checkIdentity({source, follower, network}: PullParts): Promise<void> {
  const identity = await source.identity();
  const ours = follower.chain;
  const expected = ours?.network ?? network;
  if (identity.network !== network || expected !== network) {
    const store = ours ? `, the store to ${ours.network}` : '';
    throw new OperationalError(
      'TOWER_WRONG_NETWORK',
      `the node belongs to ${identity.network}, the settings to ${network}${store}`,
    );
  }
  if (ours && ours.genesis !== identity.genesis) {
    throw new OperationalError(
      'TOWER_WRONG_GENESIS',
      `the node begins with ${identity.genesis}, the store with ${ours.genesis}`,
    );
  }
}

/** The fork point, with everything above it disconnected. */
async function goToFork(
  {source, follower}: PullParts,
  tip: ChainHeader,
  sourceTip: SourceTip,
): Promise<ChainHeader | 'behind'> {
  const fork = await findForkPoint(source, follower, tip, sourceTip);
  if (fork === 'behind') return 'behind';
  const {block, above} = fork;
  if (!block || (above.length > 0 && block.height < follower.floor)) {
    const depth = above.length;
    throw new OperationalError(
      'TOWER_REORG_TOO_DEEP',
      `the node's chain leaves ours ${block ? '' : 'at least '}${depth} blocks below our tip ${tip.height}, and nothing below ${follower.floor} can be undone`,
      {facts: {depth, floor: follower.floor, tip: tip.height, sourceHeight: sourceTip.height}},
    );
  }
  if (above.length > 0) await follower.disconnect(above);
  return block;
}

/** Connects upward; false when the source's chain changed under the reading, or it was stopped. */
async function connectTo(
  {source, follower}: PullParts,
  fork: ChainHeader,
  {height}: SourceTip,
  stopped: () => boolean,
): Promise<boolean> {
  let below = fork;
  const fetchRun = (from: number) => source.headers(from, Math.min(from + runHeaders - 1, height));
  let fetching: Promise<Header[]> | undefined;
  while (below.height < height) {
    const headers = await (fetching ?? fetchRun(below.height + 1));
    const run: ChainHeader[] = [];
    for (const header of headers) {
      if (header.previous !== below.hash) break;
      below = extend(below, header);
      run.push(below);
    }
    const whole = run.length === headers.length && run.length > 0;
    if (whole && below.height < height) {
      fetching = fetchRun(below.height + 1);
      // If connecting fails first, nobody is left to await it.
      fetching.catch(() => undefined);
    }
    if (run.length > 0) await follower.connect(run);
    if (!whole || stopped()) return false;
  }
  return true;
}

/** Up to 101 headers that end in the source's tip, fewer where the source begins; undefined when the tip moved. */
export async function historyOf(source: ChainSource, sourceTip: SourceTip): Promise<ChainHeader[] | undefined> {
  const tip = await source.header(sourceTip.hash);
  if (!tip) return undefined;
  const from = Math.max(0, tip.height - historyHeaders);
  const headers = await source.headers(from, tip.height);
  if (headers.at(-1)?.hash !== tip.hash) return undefined;
  const history: ChainHeader[] = [tip];
  // Downward from the tip, so that chainwork is known without reading back to genesis.
  for (let i = headers.length - 2; i >= 0; i--) {
    const above = history[0]!;
    const header = headers[i]!;
    if (header.hash !== above.previous) return undefined;
    history.unshift(parentOf(above, header));
  }
  return history;
}

function nodeBehind(tip: ChainHeader, sourceTip: SourceTip): OperationalError {
  return new OperationalError(
    'TOWER_NODE_BEHIND',
    `the node is at height ${sourceTip.height} and does not know our tip ${tip.height} (${tip.hash})`,
    {retryable: true, facts: {tip: tip.height, sourceHeight: sourceTip.height}},
  );
}
