import {join} from 'node:path';
import test from 'ava';
import {withLock} from '../../../../src/chain/bitcoind/regtest/lock.js';
import {tempDir} from '../../../support/temp-dir.js';

test.serial('where there is no flock, the work is done without', async (t) => {
  const {PATH} = process.env;
  process.env['PATH'] = tempDir(t);
  t.teardown(() => (process.env['PATH'] = PATH));
  t.is(await withLock(join(tempDir(t), 'lock'), async () => 'done'), 'done');
});

test.serial('one works at a time', async (t) => {
  const path = join(tempDir(t), 'lock');
  const order: string[] = [];
  const work = (name: string) =>
    withLock(path, async () => {
      order.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`${name} ends`);
    });
  await Promise.all(['a', 'b', 'c'].map(work));
  for (let i = 0; i < order.length; i += 2) t.is(order[i]!.replace('begins', 'ends'), order[i + 1]!);
});
