import {readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {OperationalError} from '../../errors/index.js';
import {makeFolder} from '../../files/folder.js';
import {withLock} from './regtest/lock.js';

// Which node runs on a data directory. A second one would put its cookie in the place of the first one's.

/** What a fake node leaves while it runs: its process id and when that process started. */
const fakePidPath = (dataDir: string): string => join(dataDir, 'regtest', 'fake-bitcoind.pid');

/** @throws OperationalError TOWER_ALREADY_RUNNING when a node runs there, a real one of ours or a fake one */
export function refuseRunning(dataDir: string): void {
  refuse('bitcoind', dataDir, runningBitcoind(dataDir));
  refuse('fake bitcoind', dataDir, runningFake(dataDir));
}

/**
 * Takes a data directory for a fake node of this process. Answers the function that lets go of it. What a process has
 * left that was killed counts for nothing.
 * @throws OperationalError TOWER_ALREADY_RUNNING when a node runs there, TOWER_FILE_FAILED when it cannot be written
 */
export async function takeDataDir(dataDir: string): Promise<() => void> {
  const path = fakePidPath(dataDir);
  try {
    await makeFolder(join(dataDir, 'regtest'));
    // Two that start together must not both find nobody there. It is the file that bitcoind locks, in another way.
    return await withLock(join(dataDir, 'regtest', '.lock'), () => {
      refuseRunning(dataDir);
      writeFileSync(path, `${process.pid} ${startOf(process.pid)}\n`, {mode: 0o600});
      return Promise.resolve(() => rmSync(path, {force: true}));
    });
  } catch (cause) {
    if (cause instanceof OperationalError) throw cause;
    throw new OperationalError('TOWER_FILE_FAILED', `the data directory ${dataDir} cannot be written`, {cause});
  }
}

function refuse(what: string, dataDir: string, pid: number | undefined): void {
  if (pid === undefined) return;
  const who = pid === process.pid ? 'in this process' : `as process ${pid}`;
  const hint = 'Stop it first, or use another data directory.';
  throw new OperationalError('TOWER_ALREADY_RUNNING', `a ${what} runs on ${dataDir}, ${who}`, {hint});
}

function runningBitcoind(dataDir: string): number | undefined {
  const pid = textOf(join(dataDir, 'regtest', 'bitcoind.pid'));
  if (!/^\d+\s*$/.test(pid)) return undefined;
  const command = textOf(`/proc/${pid.trim()}/cmdline`);
  return command.split('\0').includes(`-datadir=${dataDir}`) ? Number(pid) : undefined;
}

function runningFake(dataDir: string): number | undefined {
  const [, pid, start] = /^(\d+) (\d*)\n$/.exec(textOf(fakePidPath(dataDir))) ?? [];
  return pid !== undefined && isAlive(Number(pid)) && startOf(Number(pid)) === start ? Number(pid) : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * When a process started, in ticks since the machine did: its id may be another's by now. Empty where there is no
 * /proc; the id alone counts there. Source: proc_pid_stat(5), field 22, counted behind the name in parentheses.
 */
function startOf(pid: number): string {
  const stat = textOf(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
