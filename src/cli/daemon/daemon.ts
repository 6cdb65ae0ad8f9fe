import {serveAdmin} from '../../api/admin/server.js';
import {servedTower} from '../../api/admin/served-tower.js';
import {socketPathOf} from '../../api/admin/socket.js';
import type {SimulatedChain} from '../../chain/simulated-chain.js';
import {systemTimers} from '../../chain/timers.js';
import type {TowerEvent} from '../../tower/events.js';
import type {TowerSettings} from '../../tower/settings.js';
import type {Tower} from '../../tower/tower.js';
import type {Io} from '../io.js';
import {renderError} from '../render-error.js';
import {packageVersion} from '../version.js';
import {eventLog} from './event-log.js';
import {openTower} from './open-tower.js';

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
  const adminSocket = socketPathOf(settings.dataDir);
  const {tower, simulated} = await openTower(settings, io, {listeners: [await eventLog(io), onEvent]});
  const closing: (() => Promise<void> | void)[] = [() => tower.close()];
  const close = async () => {
    for (const part of closing.splice(0).reverse()) await part();
  };
  try {
    const tellError = (error: unknown) => io.log(renderError(error, io.paintLog));
    if (simulated !== undefined && settings.simBlockInterval > 0) {
      closing.push(mineByInterval(simulated, settings.simBlockInterval * 1000, tellError));
    }
    let stop: (() => void) | undefined;
    const stopAsked = new Promise<void>((resolve) => (stop = resolve));
    const served = servedTower({tower, simulated, version: await packageVersion(), stop: () => stop?.()});
    const server = await serveAdmin(served, {path: adminSocket, onDefect: tellError});
    closing.push(() => server.close());
    return {tower, adminSocket, stopAsked, close};
  } catch (error) {
    await close();
    throw error;
  }
}

/** Answers the function that ends it. A block that could not be written is told of, and tried again. */
function mineByInterval(chain: SimulatedChain, ms: number, tellError: (error: unknown) => void): () => void {
  let cancel = systemTimers.after(ms, function mine() {
    try {
      chain.mine(1);
    } catch (error) {
      tellError(error);
    }
    cancel = systemTimers.after(ms, mine);
  });
  return () => cancel();
}
