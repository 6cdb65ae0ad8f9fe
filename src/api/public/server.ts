import type {AddressInfo} from 'node:net';
import {OperationalError} from '../../errors/index.js';
import type {Tower} from '../../tower/tower.js';
import {type PublicOptions, publicApp} from './app.js';

/** How long answers under way hold up the end. */
const closingMs = 5_000;

interface ListenOptions extends PublicOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

export interface PublicServer {
  /** Where it listens, e.g. `http://127.0.0.1:9814`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Answers what is under way, and takes nothing new. */
  close(): Promise<void>;
}

/**
 * Serves a tower to its users, over HTTP.
 * @throws OperationalError TOWER_ADDRESS_IN_USE, TOWER_CANNOT_LISTEN
 */
export async function servePublic(tower: Tower, {host, port, ...options}: ListenOptions): Promise<PublicServer> {
  const {app, connections, release} = publicApp(tower, options);
  await app.ready();
  const {server} = app;
  const plainHost = host.replace(/^\[(.*)\]$/, '$1');
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(cannotListen(urlOf(plainHost, port), cause)));
    server.listen({host: plainHost, port}, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: urlOf(plainHost, address.port),
    host: address.address,
    port: address.port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      release();
      connections.drain();
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), closingMs);
      await closed;
      clearTimeout(timer);
      await app.close();
    },
  };
}

const urlOf = (host: string, port: number): string => `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

const reasons: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL: 'Name an address of this machine in api_bind: 127.0.0.1 for itself, 0.0.0.0 or :: for everybody.',
  ENOTFOUND: 'api_bind names no host that is known here; give an address, such as 127.0.0.1.',
  EAI_AGAIN: 'The name in api_bind cannot be looked up now; give an address, such as 127.0.0.1.',
  EACCES: 'Ports below 1024 take a privilege; choose a higher api_port, and let a proxy listen below.',
};

function cannotListen(url: string, cause: NodeJS.ErrnoException): OperationalError {
  if (cause.code === 'EADDRINUSE') {
    return new OperationalError('TOWER_ADDRESS_IN_USE', `the address of the public API, ${url}, is taken`, {
      hint: 'Stop what listens there, or choose another api_port; 0 lets the system choose.',
      cause,
    });
  }
  const hint = reasons[cause.code ?? ''];
  return new OperationalError('TOWER_CANNOT_LISTEN', `the public API cannot listen on ${url}`, {
    ...(hint === undefined ? {} : {hint}),
    cause,
  });
}
