import {randomUUID} from 'node:crypto';
import {linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync} from 'node:fs';
import {clearInterval, setInterval} from 'node:timers';
import {setTimeout as sleep} from 'node:timers/promises';

const beatMs = 1000;
/** A holder that has not touched its lock for so long is dead. Process ids prove nothing: containers share them. */
const deadMs = 10_000;
const pollMs = 100;

/** Runs `work` while no other process runs it under the same lock file. A killed holder delays the next by 10 s. */
export async function withLock(path, work) {
  const own = randomUUID();
  let told = false;
  while (!take(path, own)) {
    if (!told) console.error('setup: another process is at it, waiting ...');
    told = true;
    removeDead(path);
    await sleep(pollMs);
  }
  const release = () => {
    if (content(path) === own) rmSync(path, {force: true});
  };
  const beat = setInterval(() => {
    const now = new Date();
    // A lock that somebody has taken over is no longer ours to keep alive.
    if (content(path) === own) utimesSync(path, now, now);
  }, beatMs);
  const leave = (signal) => {
    release();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  process.on('exit', release);
  process.on('SIGINT', leave);
  process.on('SIGTERM', leave);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    release();
    process.off('exit', release);
    process.off('SIGINT', leave);
    process.off('SIGTERM', leave);
  }
}

/** Creates the lock file whole or not at all: a link, unlike a write, cannot be seen half done. */
function take(path, own) {
  const draft = `${path}.${own}`;
  writeFileSync(draft, own);
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, {force: true});
  }
}

function removeDead(path) {
  try {
    if (Date.now() - statSync(path).mtimeMs < deadMs) return;
    renameSync(path, `${path}.dead`);
    rmSync(`${path}.dead`, {force: true});
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

function content(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
