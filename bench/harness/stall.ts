import {monitorEventLoopDelay} from 'node:perf_hooks';

/** Runs some work and answers how long it took, and the longest time in which nothing else could run; milliseconds. */
export async function watched<Answer>(
  work: () => Promise<Answer>,
): Promise<{answer: Answer; ms: number; stallMs: number}> {
  const delay = monitorEventLoopDelay({resolution: 1});
  delay.enable();
  await new Promise((resolve) => setTimeout(resolve, 10));
  delay.reset();
  const start = performance.now();
  const answer = await work();
  const ms = performance.now() - start;
  await new Promise((resolve) => setTimeout(resolve, 10));
  delay.disable();
  return {answer, ms, stallMs: delay.max / 1e6};
}
