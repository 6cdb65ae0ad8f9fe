import {readFile, writeFile} from 'node:fs/promises';

const mebibyte = 1_048_576;

/** Resident memory now, in MiB, once garbage is collected. */
export function residentMiB(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss() / mebibyte;
}

/** Begins anew to watch for the highest resident memory, where the system can do so. */
export async function resetPeak(): Promise<void> {
  await writeFile('/proc/self/clear_refs', '5').catch(() => undefined);
}

/** The highest resident memory, in MiB. What getrusage says would count the parent's memory, too. */
export async function peakMiB(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const kibibytes = /^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? process.resourceUsage().maxRSS / 1024 : Number(kibibytes) / 1024;
}
