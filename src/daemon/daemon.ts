import type {Mined} from '../api/admin/admin-tower.js';
import {AdminClient} from '../api/admin/client.js';
import {serveAdmin} from '../api/admin/server.js';
import {servedTower} from '../api/admin/served-tower.js';
import {socketPathOf} from '../api/admin/socket.js';
import {serveMetrics} from '../api/observation/metrics-server.js';
import type {PublicServer} from '../api/public/server.js';
import type {SimulatedChain} from '../chain/simulated-chain.js';
import {systemTimers} from '../chain/timers.js';
import {type BartizanError, type ErrorCode, OperationalError} from '../errors/index.js';
import type {TowerEvent} from '../tower/events.js';
import type {TowerSettings} from '../tower/settings.js';
import type {Tower} from '../tower/tower.js';
import {Observation} from './observation/observation.js';
import {openTower, type TowerOptions} from './open-tower.js';
import {type ApiReport, openPublicApi} from './public-api.js';
import {refuseEndlessSubscriptions, refuseMainnet, refuseSharedPort} from './refused-settings.js';
import {packageVersion} from './version.js';

interface DaemonOptions extends Omit<TowerOptions, 'asItIs' | 'measure'> {
  /** Told of failures that do not end it. */
  readonly onDefect: (error: unknown) => void;
  /** Told why the tower has halted, unless it may go on by itself. */
  readonly onFailure: (error: BartizanError) => void;
  /** Serves the public API, and is told where. Without it the tower serves nobody but its operator. */
  readonly api?: (report: ApiReport) => void;
}

export interface Daemon {
  readonly tower: Tower;
  readonly adminSocket: string;
  /** Where /metrics and /health are served besides the admin socket, if they are. */
  readonly metricsAddress: string | undefined;
  /** The public API, where it is served. */
  readonly api: Pick<PublicServer, 'url' | 'host' | 'port'> | undefined;
  /** Resolves when somebody asks it, on the admin socket, to stop. */
  readonly stopAsked: Promise<void>;
  /**
   * Mines on a simulated chain and resolves when the tower has connected the blocks.
   * @throws OperationalError TOWER_NOT_SIMULATED
   */
  mine(blocks: number): Promise<Mined>;
  close(): Promise<void>;
}

/**
 * Opens all that a running tower consists of, and closes what it has opened when a part of it fails. It follows the
 * chain once its tower is started.
 */
export async function openDaemon(
  settings: TowerSettings,
  {onDefect, onFailure, api: onApiReport, listeners = [], ...options}: DaemonOptions,
): Promise<Daemon> {
  const {dataDir} = settings;
  refuseMainnet(settings);
  refuseEndlessSubscriptions(settings, 0);
  refuseSharedPort(settings);
  await refuseSecond(dataDir);
  const adminSocket = socketPathOf(dataDir);
  const observation = new Observation(options.timers ?? systemTimers);
  const {tower, simulated, closeRest} = await openTower(settings, {
    ...options,
    ...(onApiReport === undefined ? {} : {onThreadLost: onDefect}),
    measure: observation.parts.measure,
    listeners: [
      observation.parts.onEvent,
      ...listeners,
      failureListener(onFailure),
      beginningListener(settings, onFailure),
    ],
    onPolicyReport(report) {
      observation.parts.onPolicyReport(report);
      options.onPolicyReport?.(report);
    },
  });
  const closing: (() => Promise<void> | void)[] = [closeRest, () => tower.close()];
  const close = async () => {
    for (const part of closing.splice(0).reverse()) await part();
  };
  try {
    refuseEndlessSubscriptions(settings, tower.tip?.height ?? 0);
    if (simulated !== undefined && settings.simBlockInterval > 0) {
      closing.push(mineByInterval(simulated, settings.simBlockInterval * 1000, onDefect));
    }
    let stop: (() => void) | undefined;
    const stopAsked = new Promise<void>((resolve) => (stop = resolve));
    const version = await packageVersion();
    observation.begin({tower, version, chain: simulated === undefined ? 'bitcoind' : 'simulated'});
    // Before the others, so that it is the last to go: whoever watches sees the end.
    const {metricsBind: bind, metricsPort: port} = settings;
    const metrics = port === 0 ? undefined : await serveMetrics(observation, {bind, port, onDefect});
    closing.push(() => metrics?.close());
    const metricsAddress = metrics?.address;
    const {onAnswered} = observation.parts;
    const onReport = (report: ApiReport) => {
      observation.parts.onApiReport(report);
      onApiReport?.(report);
    };
    const api = onApiReport && (await openPublicApi(tower, settings, {version, onDefect, onAnswered, onReport}));
    if (api !== undefined) closing.push(() => api.close());
    const served = servedTower({tower, simulated, version, api: api?.url, stop: () => stop?.()});
    const server = await serveAdmin(served, {path: adminSocket, onDefect, observed: observation});
    closing.push(
      () => server.close(),
      () => observation.close(),
    );
    return {tower, adminSocket, api, metricsAddress, stopAsked, mine: (blocks) => served.mine(blocks), close};
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * The lock of the store would stop it, too; this one can say who holds it.
 * @throws OperationalError TOWER_ALREADY_RUNNING
 */
export async function refuseSecond(dataDir: string): Promise<void> {
  const running = await new AdminClient(dataDir).status().catch((error: unknown) => {
    if (error instanceof OperationalError) return undefined;
    throw error;
  });
  if (running === undefined) return;
  throw new OperationalError('TOWER_ALREADY_RUNNING', `a tower is running on ${dataDir}, as process ${running.pid}`);
}

/** A node that changes its mind may end these; whoever starts a tower wants to hear of the others at once. */
const mayPass: readonly ErrorCode[] = ['TOWER_REORG_TOO_DEEP'];
const mayPassOnceSynced: readonly ErrorCode[] = [
  'TOWER_WRONG_NETWORK',
  'TOWER_WRONG_GENESIS',
  'TOWER_BITCOIND_UNAUTHORIZED',
];

function failureListener(onFailure: (error: BartizanError) => void): (event: TowerEvent) => void {
  let synced = false;
  return (event) => {
    if (event.type !== 'state_changed') return;
    const {name, error} = event.state;
    synced ||= name === 'synced';
    if (name !== 'halted' || error === undefined || mayPass.includes(error.code)) return;
    if (!synced || !mayPassOnceSynced.includes(error.code)) onFailure(error);
  };
}

/** A fresh tower learns only with its first block how far its settings lead. */
function beginningListener(
  settings: TowerSettings,
  onFailure: (error: BartizanError) => void,
): (event: TowerEvent) => void {
  return (event) => {
    if (event.type !== 'started') return;
    try {
      refuseEndlessSubscriptions(settings, event.height);
    } catch (error) {
      onFailure(error as BartizanError);
    }
  };
}

/** Answers the function that ends it. A block that could not be written is told of, and tried again. */
function mineByInterval(chain: SimulatedChain, ms: number, onDefect: (error: unknown) => void): () => void {
  let cancel = systemTimers.after(ms, function mine() {
    try {
      chain.mine(1);
    } catch (error) {
      onDefect(error);
    }
    cancel = systemTimers.after(ms, mine);
  });
  return () => cancel();
}
