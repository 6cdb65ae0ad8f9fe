import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {OperationalError} from '../../src/errors/index.js';
import {layout, LevelStore, MemoryStore, Store} from '../../src/store/index.js';
import {tempDir} from '../support/temp-dir.js';
import {World} from '../support/world.js';

const corrupt = {instanceOf: OperationalError, code: 'TOWER_STORE_CORRUPT'};

test('a byte that rots in the write-ahead log is noticed: the store is refused, however often it is opened', async (t) => {
  const folder = tempDir(t);
  const world = await World.begin(t, {openRows: () => LevelStore.open(folder)});
  for (let n = 2; n < 150; n++) await world.register(1 + (n % 9));
  await world.tower.close();
  const file = join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.log'))!,
  );
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1]! ^= 0xff;
  writeFileSync(file, bytes);
  for (let i = 0; i < 2; i++) {
    const rows = await LevelStore.open(folder);
    await t.throwsAsync(Store.open(rows), corrupt);
    await rows.close();
  }
});

test('a log whose old end was pruned is whole, and one that lacks an event, the last one included, is not', async (t) => {
  const rows = new MemoryStore();
  const world = await World.begin(t, {openRows: async () => rows, logBlocks: 30});
  await world.mineTo(250);
  await world.restart();
  const {nextLog, firstLog} = (await Store.open(rows)).meta!.progress;
  t.true(firstLog > 0);
  for (const lost of [firstLog, nextLog - 10, nextLog - 1]) {
    const key = layout.logKey(lost);
    const event = (await rows.get(key))!;
    await rows.write([[key, null]]);
    await t.throwsAsync(Store.open(rows), corrupt, String(lost));
    await rows.write([[key, event]]);
  }
  await t.notThrowsAsync(Store.open(rows));
});
