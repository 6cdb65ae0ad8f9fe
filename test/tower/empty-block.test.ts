import test from 'ava';
import {layout, MemoryStore, type Range, type Row} from '../../src/store/index.js';
import {World} from '../support/world.js';

/** Counts how often it is read. */
class CountedStore extends MemoryStore {
  reads = 0;

  override async get(key: string): Promise<Uint8Array | undefined> {
    this.reads++;
    return super.get(key);
  }

  override async getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    this.reads++;
    return super.getMany(keys);
  }

  override async range(range: Range): Promise<Row[]> {
    this.reads++;
    return super.range(range);
  }
}

test('blocks in which nothing falls due read nothing once one has looked ahead, and miss nothing that does', async (t) => {
  const rows = new CountedStore();
  const world = await World.begin(t, {openRows: async () => rows, settings: {subscriptionDuration: 30}});
  const readsTo = async (height: number) => {
    const before = rows.reads;
    await world.mineTo(height);
    return rows.reads - before;
  };
  await world.register(1);
  await world.mineTo(102);
  t.is(await readsTo(107), 0);
  await world.register(2);
  t.is(await readsTo(131), 0);
  await world.mineTo(132);
  t.is(world.userCount, 1);
  await world.mineTo(133);
  t.is(await readsTo(138), 0);
  await world.mineTo(139);
  t.is(world.userCount, 0);
  await world.mineTo(140);
  t.is(await readsTo(231), 0, 'until the deletion at 132 is final');
  await world.mineTo(240);
  t.is((await rows.range({...layout.tableRange('undo'), limit: 1})).length, 0);
  t.deepEqual((await world.tower.verify()).problems, []);
});

test('one who expires before all others is deleted in time, though the tower has looked further ahead', async (t) => {
  const world = await World.begin(t, {settings: {subscriptionDuration: 1_000}});
  await world.register(1);
  await world.mineTo(105);
  await world.tower.changeSettings({...world.tower.gatekeeper.settings, subscriptionDuration: 10});
  await world.register(2);
  await world.mineTo(116);
  t.is(world.userCount, 2);
  await world.mineTo(117);
  t.is(world.userCount, 1);
  await world.disconnect(2);
  t.is(world.userCount, 2);
  await world.mineTo(117);
  t.is(world.userCount, 1);
});
