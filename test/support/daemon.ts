import {request} from 'node:http';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import type {Timers} from '../../src/chain/timers.js';
import {type Daemon, openDaemon} from '../../src/daemon/daemon.js';
import type {OpenedSource} from '../../src/daemon/source.js';
import {loadSettings} from '../../src/tower/settings.js';
import {tempDir} from './temp-dir.js';

interface Options {
  readonly dataDir?: string;
  readonly timers?: Timers;
  /** Blocks from elsewhere than the settings say. */
  readonly source?: OpenedSource;
  /** Whether it serves the public API, on any port. @default false */
  readonly api?: boolean;
  /** Whether it follows its chain, and has reached its tip. @default true */
  readonly started?: boolean;
}

/** A tower in this process, of a data directory that goes with the test: real store, real sockets. */
export async function aDaemon(
  t: ExecutionContext,
  flags: Readonly<Record<string, string>> = {},
  {dataDir = join(tempDir(t), 'tower'), timers, source, api = false, started = true}: Options = {},
): Promise<Daemon> {
  const {values} = await loadSettings({
    flags: {'--data-dir': dataDir, '--api-port': '0', ...flags},
    environment: {},
    home: '/',
    workingDirectory: '/',
  });
  const daemon = await openDaemon(values, {
    ...(timers === undefined ? {} : {timers}),
    ...(source === undefined ? {} : {source}),
    ...(api ? {api: () => undefined} : {}),
    warn: (warning) => t.log(warning),
    onDefect: (error) => t.fail(String(error)),
    onFailure: (error) => t.fail(String(error)),
  });
  t.teardown(() => daemon.close());
  if (started) {
    daemon.tower.start();
    await daemon.tower.synced();
  }
  return daemon;
}

export interface HttpAnswer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** One bare HTTP request, to a unix socket's path or to an `http://` address. */
export function get(to: string, path: string, method = 'GET'): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const target = to.startsWith('http:') ? {host: new URL(to).hostname, port: new URL(to).port} : {socketPath: to};
    const sent = request({...target, method, path, agent: false}, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () =>
        resolve({status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text}),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}
