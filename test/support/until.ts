import {performance} from 'node:perf_hooks';
import {setTimeout as delay} from 'node:timers/promises';

export interface Patience {
  /** @default 60000, longer than anything here takes on a machine that is busy with other tests */
  readonly withinMs?: number;
  /** Between two looks, so that whoever is waited for has the processor; first some at each turn. @default 3 */
  readonly pauseMs?: number;
}

/** What is nearly there comes within so many turns. */
const turns = 100;

/**
 * Lets everything that is under way go on until the condition holds.
 * @throws Error that names the condition when it does not come to hold
 */
export async function until(condition: () => boolean | Promise<boolean>, patience: Patience = {}): Promise<void> {
  const {withinMs = 60_000, pauseMs} = patience;
  const start = performance.now();
  for (let look = 1; !(await condition()); look++) {
    if (performance.now() - start > withinMs) {
      const what = String(condition).replace(/^(?:async )?\(\) => /, '');
      throw new Error(`waited ${withinMs / 1000} s in vain until ${what}`);
    }
    await (look < turns && pauseMs === undefined ? new Promise(setImmediate) : delay(pauseMs ?? 3));
  }
}
