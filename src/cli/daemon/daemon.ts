import {type AdminServer, serveAdmin} from '../../api/admin/server.js';
import {servedTower} from '../../api/admin/served-tower.js';
import {socketPathOf} from '../../api/admin/socket.js';
import type {SimulatedChain} from '../../chain/simulated-chain.js';
import {systemTimers} from '../../chain/timers.js';
import {LevelStore} from '../../store/level-store.js';
import type {TowerEvent} from '../../tower/events.js';
import {loadKey} from '../../tower/key-file.js';
import {gatekeeperSettings, type TowerSettings} from '../../tower/settings.js';
import {Tower} from '../../tower/tower.js';
import type {Io} from '../io.js';
import {renderError} from '../render-error.js';
import {packageVersion} from '../version.js';
import {keyPathOf, makeDataDir, storePathOf} from './data-dir.js';
import {eventLog} from './event-log.js';
import {openSource} from './source.js';

export interface Daemon {
  readonly tower: Tower;
  readonly adminSocket: string;
  /** Resolves when somebody asks it, on the admin socket, to stop. */
  readonly stopAsked: Promise<void>;
  close(): Promise<void>;
}

/** Opens all that a running tower consists of, and closes what it has opened when a part of it fails. */
export async function openDaemon(
  settings: TowerSettings,
  io: Io,
  onEvent: (event: TowerEvent) => void,
): Promise<Daemon> {
  const {dataDir} = settings;
  const adminSocket = socketPathOf(dataDir);
  await makeDataDir(dataDir);
  const open: (() => Promise<unknown> | void)[] = [];
  const close = async () => {
    for (const part of open.splice(0).reverse()) await part();
  };
  try {
    const key = await loadKey(keyPathOf(dataDir));
    const rows = await LevelStore.open(storePathOf(dataDir));
    open.push(() => rows.close());
    const warn = (warning: string) => io.log(`${io.paintLog('yellow', 'warning:')} ${warning}`);
    const {source, network, simulated} = await openSource(settings, warn);
    open.push(() => source.close());
    const {logBlocks} = settings;
    const tower = await Tower.open({rows, source, network, key, settings: gatekeeperSettings(settings), logBlocks});
    // The tower closes source and rows itself.
    open.splice(0);
    open.push(() => tower.close());
    tower.on(eventLog(io));
    tower.on(onEvent);
    if (simulated !== undefined && settings.simBlockInterval > 0) {
      open.push(mineByInterval(simulated, settings.simBlockInterval * 1000));
    }
    let stop: (() => void) | undefined;
    const stopAsked = new Promise<void>((resolve) => (stop = resolve));
    const served = servedTower({tower, simulated, version: await packageVersion(), stop: () => stop?.()});
    const onDefect = (error: unknown) => io.log(renderError(error, io.paintLog));
    const server: AdminServer = await serveAdmin(served, {path: adminSocket, onDefect});
    open.push(() => server.close());
    return {tower, adminSocket, stopAsked, close};
  } catch (error) {
    await close();
    throw error;
  }
}

/** Answers the function that ends it. */
function mineByInterval(chain: SimulatedChain, ms: number): () => void {
  let cancel = systemTimers.after(ms, function mine() {
    chain.mine(1);
    cancel = systemTimers.after(ms, mine);
  });
  return () => cancel();
}
