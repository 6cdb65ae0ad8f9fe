import type {Change, KeyValueStore} from '../../src/store/key-value-store.js';
import {LevelStore} from '../../src/store/level-store.js';
import {MemoryStore} from '../../src/store/memory-store.js';
import type {Tower} from '../../src/tower/tower.js';

export async function perSecond(count: number, work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return count / ((performance.now() - start) / 1_000);
}

/** The batches that a tower writes when it is given one thing to do after the other. */
export async function singleBatches(
  open: (rows: KeyValueStore) => Promise<{tower: Tower; steps: readonly (() => Promise<unknown>)[]}>,
): Promise<Change[][]> {
  const batches: Change[][] = [];
  class Recorder extends MemoryStore {
    override async write(changes: Iterable<Change>): Promise<void> {
      batches.push([...changes]);
      await super.write(batches[batches.length - 1]!);
    }
  }
  const {tower, steps} = await open(new Recorder());
  batches.length = 0;
  for (const step of steps) await step();
  await tower.close();
  return batches;
}

export async function writeOneByOne(location: string, batches: readonly Change[][]): Promise<number> {
  const rows = await LevelStore.open(location);
  const rate = await perSecond(batches.length, async () => {
    for (const batch of batches) await rows.write(batch);
  });
  await rows.close();
  return rate;
}
