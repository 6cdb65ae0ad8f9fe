import {setTimeout as delay} from 'node:timers/promises';

const askMs = 20;

/** Asks again and again until it is so; the time limit of the test ends it. For what no event tells. */
export async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(askMs);
}
