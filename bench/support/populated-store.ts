import {existsSync} from 'node:fs';
import {copyFile, mkdir, open, readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {defaultGatekeeperSettings} from '../../src/gatekeeper/settings.js';
import {LevelStore} from '../../src/store/level-store.js';
import {Store} from '../../src/store/store.js';
import {StoreFollower} from '../../src/tower/follower.js';
import {defaultLogBlocks, finality} from '../../src/tower/chain-events.js';
import {Writer} from '../../src/tower/writer.js';
import type {Plan, Task} from '../harness/benchmark.js';
import {populate, type Population} from './population.js';

/** Opens a store with the parts of a tower that blocks go through. */
export async function openFollower(location: string): Promise<{store: Store; writer: Writer; follower: StoreFollower}> {
  const store = await Store.open(await LevelStore.open(location));
  const writer = new Writer(
    store,
    () => undefined,
    (error) => {
      throw error;
    },
  );
  return {
    store,
    writer,
    follower: new StoreFollower(store, writer, defaultGatekeeperSettings, {logBlocks: defaultLogBlocks, finality}),
  };
}

/** The task that builds a store; a benchmark that calls `populated` has it among its own. */
export const populateTask: Task = populate;

/** Builds a store in a process of its own, once for all benchmarks. */
export async function populated(plan: Plan, users: number, {dueUsers}: {dueUsers: number}): Promise<string> {
  const location = join(plan.shared, `users-${users}-due-${dueUsers}`);
  if (existsSync(location)) return location;
  plan.progress(`building a store of ${users.toLocaleString('en-US')} users`);
  const population: Population = {location, users, dueUsers};
  const problems = await plan.task<number>('populate', population);
  if (problems > 0) throw new Error(`verify finds ${problems} problems in the store that the benchmark has built`);
  return location;
}

/** A copy for one run, that run's own. It is on disk, so that writing it does not slow what is measured. */
export async function copyOf(plan: Plan, location: string, name: string): Promise<string> {
  const copy = join(plan.scratch, name);
  await mkdir(copy);
  for (const file of await readdir(location)) {
    await copyFile(join(location, file), join(copy, file));
    const written = await open(join(copy, file), 'r+');
    await written.sync();
    await written.close();
  }
  return copy;
}
