import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {type IncomingMessage, request} from 'node:http';

import {fileURLToPath} from 'node:url';

import {socketPathOf} from '../../src/api/admin/socket.js';

const program = fileURLToPath(new URL('../../../bin/bartizan.js', import.meta.url));

/** What is measured is the tower, so the profile that is asked for is the tower's, too. */
const profiling = process.execArgv
  .filter((flag) => flag.startsWith('--cpu-prof'))
  .map((flag) => flag.replace(/(--cpu-prof-name=)(.*)/, '$1tower-$2'));

/** A tower as its operator runs it: the real program, on a simulated chain. */
export class Daemon {
  readonly #process: ChildProcess;
  readonly #dataDir: string;

  private constructor(process: ChildProcess, dataDir: string) {
    this.#process = process;
    this.#dataDir = dataDir;
  }

  /** @param flags settings besides the data directory */
  static async start(dataDir: string, flags: readonly string[]): Promise<Daemon> {
    const args = [program, 'run', '--data-dir', dataDir, '--api-port', '0', ...flags];
    const child = spawn(process.execPath, [...profiling, ...args], {stdio: ['ignore', 'pipe', 'inherit']});
    // It says where it is once it serves.
    await once(child.stdout, 'data');
    child.stdout.resume();
    return new Daemon(child, dataDir);
  }

  /** Port of the public API. */
  async port(): Promise<number> {
    const {api} = (await this.admin('GET', '/status')) as {api: string};
    return Number(new URL(api).port);
  }

  /** Mines a block; resolves once the tower has processed it. */
  async mine(): Promise<void> {
    await this.admin('POST', '/mine', {blocks: 1});
  }

  /** A call of the admin interface. */
  async admin(method: string, path: string, body?: object): Promise<unknown> {
    const sent = request({
      socketPath: socketPathOf(this.#dataDir),
      method,
      path,
      headers: {'content-type': 'application/json'},
    });
    sent.end(body && JSON.stringify(body));
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    const value: unknown = JSON.parse((await answer.setEncoding('utf8').toArray()).join(''));
    if (answer.statusCode !== 200) throw new Error(`${method} ${path} was answered ${answer.statusCode}`);
    return value;
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await ended;
  }
}
