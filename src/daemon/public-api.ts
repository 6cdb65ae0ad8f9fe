import type {HttpObserver} from '../api/observation/http-observer.js';
import {type PublicServer, servePublic} from '../api/public/server.js';
import type {TowerSettings} from '../tower/settings.js';
import type {Tower} from '../tower/tower.js';

/** What happens to the public API; it is told, and decides nothing. */
export type ApiReport = {readonly type: 'listening'; readonly host: string; readonly port: number};

interface ApiOptions {
  readonly version: string;
  readonly onDefect: (error: unknown) => void;
  readonly onAnswered: HttpObserver;
  readonly onReport: (report: ApiReport) => void;
}

/** Many times what a busy node has to say. */
const defaultRateLimit = 100;
/** What the bodies of all connections may take together, each of them as long as it may be. */
const bodyBytes = 256 * 1024 * 1024;

/** @throws OperationalError TOWER_ADDRESS_IN_USE, TOWER_CANNOT_LISTEN */
export async function openPublicApi(
  tower: Tower,
  settings: TowerSettings,
  {onReport, ...told}: ApiOptions,
): Promise<PublicServer> {
  const server = await servePublic(tower, {
    host: settings.apiBind,
    port: settings.apiPort,
    maxBlobBytes: settings.maxBlobBytes,
    rateLimit: settings.apiRateLimit || defaultRateLimit,
    sparesLoopback: settings.apiRateLimit === 0,
    maxConnections: Math.min(settings.apiMaxConnections, Math.floor(bodyBytes / (2 * settings.maxBlobBytes))),
    ...told,
  });
  onReport({type: 'listening', host: server.host, port: server.port});
  return server;
}
