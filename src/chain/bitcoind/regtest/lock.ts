import {spawn} from 'node:child_process';
import {once} from 'node:events';

/**
 * Runs `work` while holding a lock file that other processes honour, too. The lock is held by flock(1), a child that
 * ends with its stdin, so that it is free again however this process ends. Where there is no flock, `work` runs
 * without: two processes then do the same work twice, and the later one finds the result in place.
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const holder = spawn('flock', [path, 'sh', '-c', 'echo held; cat >&2'], {stdio: ['pipe', 'pipe', 'ignore']});
  holder.on('error', () => {});
  holder.stdin.on('error', () => {});
  await Promise.race([once(holder.stdout, 'data'), once(holder, 'close')]).catch(() => undefined);
  try {
    return await work();
  } finally {
    holder.stdin.end();
  }
}
