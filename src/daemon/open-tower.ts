import type {SimulatedChain} from '../chain/simulated-chain.js';
import type {Timers} from '../chain/timers.js';
import {OperationalError} from '../errors/index.js';
import type {Policy} from '../gatekeeper/auth/policy.js';
import {metaKey} from '../store/layout.js';
import type {KeyValueStore} from '../store/key-value-store.js';
import {LevelStore} from '../store/level-store.js';
import {loadKey} from '../tower/key-file.js';
import type {TowerEvent} from '../tower/events.js';
import {gatekeeperSettings, type TowerSettings} from '../tower/settings.js';
import {Tower} from '../tower/tower.js';
import {keyPathOf, makeDataDir, refuseOtherChain, refuseUnfinished, storePathOf} from './data-dir.js';
import {type OpenedPolicies, openPolicies, type PolicyReport} from './policies.js';
import {SignatureThread} from './signatures/signature-thread.js';
import {type OpenedSource, openSource} from './source.js';

export interface TowerOptions {
  /** Told of what works, but may not be what was meant. */
  readonly warn: (warning: string) => void;
  /** Neither make what is not there yet, nor put the settings in force. */
  readonly asItIs?: boolean;
  readonly listeners?: readonly ((event: TowerEvent) => void)[];
  /** Stands between the tower and its store, to see what it does there. */
  readonly measure?: (rows: KeyValueStore) => KeyValueStore;
  /** Works on the curve on a thread of its own, and is told why that has ended. Otherwise the tower's own does it. */
  readonly onThreadLost?: (error: unknown) => void;
  /** Who decides authorization requests before those whom the settings name; whoever made them closes them. */
  readonly policies?: readonly Policy[];
  /** Told what happens to the policy file and the webhook that the settings name. */
  readonly onPolicyReport?: (report: PolicyReport) => void;
  readonly timers?: Timers;
  /** Blocks from elsewhere than the settings say; whoever made it closes it when the tower cannot be opened. */
  readonly source?: OpenedSource;
}

interface OpenedTower {
  readonly tower: Tower;
  /** Set where blocks are mined on command. */
  readonly simulated: SimulatedChain | undefined;
  /** Closes what the tower does not, after it. */
  readonly closeRest: () => Promise<void>;
}

/**
 * Opens key, store and chain of a data directory, makes what is not there yet, puts the settings in force, and opens
 * the policies that they name; with `asItIs` it does nothing but the first. What was opened is closed again when another
 * part fails; after that, the tower closes it, the policies and the thread for signatures apart.
 */
export async function openTower(settings: TowerSettings, options: TowerOptions): Promise<OpenedTower> {
  const {dataDir, logBlocks, finality} = settings;
  const {warn, asItIs = false, listeners = [], timers, source: given} = options;
  const opened: (() => Promise<void>)[] = [];
  try {
    refuseUnfinished(dataDir);
    if (!asItIs) await makeDataDir(dataDir);
    const rows = await LevelStore.open(storePathOf(dataDir), {create: !asItIs});
    opened.push(() => rows.close());
    const begun = (await rows.get(metaKey('chain'))) !== undefined;
    if (asItIs && !begun) throw new OperationalError('TOWER_STORE_MISSING', 'the store has not seen a block yet');
    refuseOtherChain(dataDir, given === undefined ? settings.chain : 'bitcoind', {begun});
    const key = await loadKey(keyPathOf(dataDir), {create: !begun});
    const onReport = options.onPolicyReport ?? (() => undefined);
    const named = asItIs ? nobody : await openPolicies(settings, {towerId: key.publicKey, timers, onReport});
    opened.push(named.close);
    const {onThreadLost: onDefect} = options;
    const thread = onDefect && new SignatureThread({keyPath: keyPathOf(dataDir), key, onDefect});
    const closeThread = async () => thread?.close();
    opened.push(closeThread);
    const policies = [...(options.policies ?? []), ...named.policies];
    const {source, network, simulated} = given ?? (await openSource(settings, warn));
    if (given === undefined) opened.push(() => source.close());
    const tower = await Tower.open({
      ...{rows: options.measure?.(rows) ?? rows, source, network, key, logBlocks, finality, policies, listeners},
      ...(asItIs ? {} : {settings: gatekeeperSettings(settings)}),
      ...(timers === undefined ? {} : {timers}),
      ...(thread === undefined ? {} : {signatures: thread}),
    });
    const closeRest = async () => {
      await named.close();
      await closeThread();
    };
    return {tower, simulated, closeRest};
  } catch (error) {
    for (const close of opened.reverse()) await close();
    throw error;
  }
}

const nobody: OpenedPolicies = {policies: [], close: async () => undefined};
