// Runs on a thread of its own in the process of a policy, and so also while the policy loops for ever.
import {writeSync} from 'node:fs';
import {workerData} from 'node:worker_threads';
import {overLimit, watchdogFd} from './messages.js';

/** What the watchdog is given. */
export interface Watched {
  readonly parentPid: number;
  /** Resident bytes that the process may come to take beyond those that it has taken so far. */
  readonly allowanceBytes: number;
}

/** Memory that is written for the first time comes at some 2 GiB/s: this lets about 40 MiB pass above the limit. */
const everyMs = 20;

const {parentPid, allowanceBytes} = workerData as Watched;
const limitBytes = process.memoryUsage.rss() + allowanceBytes;

setInterval(() => {
  // Whoever loses his parent is given another.
  if (process.ppid !== parentPid) end();
  if (process.memoryUsage.rss() > limitBytes) end(overLimit);
}, everyMs);

function end(because?: string): void {
  try {
    if (because !== undefined) writeSync(watchdogFd, because);
  } finally {
    // With everything that the policy has started.
    process.kill(-process.pid, 'SIGKILL');
  }
}
