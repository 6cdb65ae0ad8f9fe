import test from 'ava';
import {layout, MemoryStore, type Range} from '../../../src/store/index.js';
import {ask} from '../../support/devices.js';
import {World} from '../../support/world.js';

test('a page of pending requests goes on where the one before ended, and reads none of it again', async (t) => {
  const dueIds: number[] = [];
  class WatchedStore extends MemoryStore {
    override async range(range: Range) {
      const rows = await super.range(range);
      if (range.from.startsWith('due!t')) dueIds.push(...rows.map(([key]) => layout.requestDueOf(key).id));
      return rows;
    }
  }
  const rows = new WatchedStore();
  const world = await World.begin(t, {openRows: async () => rows, settings: {auth: 'user'}});
  for (let device = 2; device <= 4; device++) await ask(world, {device});
  await world.mine();
  await ask(world, {device: 5});
  const {auth} = world.tower;
  dueIds.length = 0;
  const {requests} = await auth.requests({state: 'pending', after: 2, limit: 10});
  t.deepEqual(
    requests.map(({requestId}) => requestId),
    [3, 4],
  );
  t.deepEqual(dueIds, [3, 4]);
  t.deepEqual((await auth.requests({state: 'pending', after: 99, limit: 10})).requests, []);
});
