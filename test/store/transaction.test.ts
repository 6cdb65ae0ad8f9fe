import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import {type Change, MemoryStore, pageRows, pagesOf, type Row, Transaction} from '../../src/store/index.js';
import {text} from '../support/rows.js';

const bytes = (value: string): Buffer => Buffer.from(value);
const plain = (rows: readonly Row[]): string[] => rows.map(([key, value]) => `${key}=${text(value)}`);

async function committed(...pairs: string[]): Promise<MemoryStore> {
  const rows = new MemoryStore();
  await rows.write(pairs.map((pair): Change => [pair[0]!, bytes(pair.slice(2))]));
  return rows;
}

test('a transaction reads its own puts and deletes, and nobody else does before the commit', async (t) => {
  const rows = await committed('a=1', 'b=2');
  const transaction = new Transaction(rows, undefined);
  transaction.put('a', bytes('3'));
  transaction.del('b');
  transaction.put('c', bytes('4'));
  t.deepEqual((await transaction.getMany(['a', 'b', 'c', 'd'])).map(text), ['3', undefined, '4', undefined]);
  t.is(text(await transaction.get('a')), '3');
  t.is(await transaction.get('b'), undefined);
  t.deepEqual(plain(await transaction.range({from: 'a', to: 'z', limit: 9})), ['a=3', 'c=4']);
  t.deepEqual(plain(await rows.range({from: 'a', to: 'z', limit: 9})), ['a=1', 'b=2']);
  await rows.write(transaction.changes());
  t.deepEqual(plain(await rows.range({from: 'a', to: 'z', limit: 9})), ['a=3', 'c=4']);
});

test('rows fetched ahead give way to what the transaction has changed since', async (t) => {
  const transaction = new Transaction(await committed('a=1', 'b=2', 'c=3'), undefined);
  await transaction.fetch(['a', 'b', 'c', 'x']);
  transaction.put('a', bytes('9'));
  transaction.del('b');
  const found = await Promise.all(['a', 'b', 'c', 'x'].map((key) => transaction.get(key)));
  t.deepEqual(found.map(text), ['9', undefined, '3', undefined]);
  t.deepEqual((await transaction.getMany(['a', 'b', 'c', 'x'])).map(text), ['9', undefined, '3', undefined]);
});

test('a page of deleted rows does not end a range early', async (t) => {
  const transaction = new Transaction(await committed('a=1', 'b=2', 'c=3', 'd=4', 'e=5'), undefined);
  for (const key of ['a', 'b', 'c']) transaction.del(key);
  t.deepEqual(plain(await transaction.range({from: 'a', to: 'z', limit: 2})), ['d=4', 'e=5']);
  t.deepEqual(plain(await transaction.range({from: 'a', to: 'z', limit: 1})), ['d=4']);
});

test('it says whether and how much it has changed', (t) => {
  const transaction = new Transaction(new MemoryStore(), undefined);
  t.deepEqual([transaction.changed, transaction.size, transaction.made], [false, 0, 0]);
  transaction.put('a', bytes('1'));
  transaction.put('a', bytes('2'));
  transaction.del('b');
  t.deepEqual([transaction.changed, transaction.size, transaction.made], [true, 2, 3]);
  t.throws(() => transaction.meta, {message: /has not begun/});
});

test('random changes and reads on top of committed rows agree with a plain map', async (t) => {
  const key = fc.string({unit: fc.constantFrom('\0', '!', '"', 'a', 'b', '\xff'), minLength: 1, maxLength: 3});
  const value = fc.string({maxLength: 3});
  const step = fc.oneof(
    fc.record({put: key, value}),
    fc.record({del: key}),
    fc.record({get: key}),
    fc.record({fetch: fc.array(key, {maxLength: 4})}),
    fc.record({getMany: fc.array(key, {maxLength: 6})}),
    fc.record({from: key, to: key, limit: fc.nat(5)}),
    fc.constant({pages: true}),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(key, value), {maxLength: 25}),
      fc.array(step, {maxLength: 40}),
      async (below, steps) => {
        const model = new Map(below);
        const rows = new MemoryStore();
        await rows.write([...model].map(([key, value]): Change => [key, bytes(value)]));
        const transaction = new Transaction(rows, undefined);
        const modelRange = (from: string, to: string) =>
          [...model]
            .filter(([key]) => from <= key && key < to)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, value]) => `${key}=${value}`);
        for (const step of steps) {
          if ('put' in step) {
            transaction.put(step.put, bytes(step.value));
            model.set(step.put, step.value);
          } else if ('del' in step) {
            transaction.del(step.del);
            model.delete(step.del);
          } else if ('get' in step) {
            assert.equal(text(await transaction.get(step.get)), model.get(step.get));
          } else if ('fetch' in step) {
            await transaction.fetch(step.fetch);
          } else if ('getMany' in step) {
            const found = await transaction.getMany(step.getMany);
            assert.deepEqual(
              found.map(text),
              step.getMany.map((key) => model.get(key)),
            );
          } else if ('pages' in step) {
            const pages: Row[] = [];
            for await (const page of pagesOf(transaction, {from: '\0', to: '\xff\xff\xff\xff'}, 3)) pages.push(...page);
            assert.deepEqual(plain(pages), modelRange('\0', '\xff\xff\xff\xff'));
          } else {
            assert.deepEqual(plain(await transaction.range(step)), modelRange(step.from, step.to).slice(0, step.limit));
          }
        }
        await rows.write(transaction.changes());
        const all = await rows.range({from: '\0', to: '\xff\xff\xff\xff', limit: 999});
        assert.deepEqual(plain(all), modelRange('\0', '\xff\xff\xff\xff'));
      },
    ),
    {numRuns: 300, includeErrorInReport: true},
  );
  t.pass();
});

test('pages join to the whole range, none of them empty or over its limit', async (t) => {
  for (const count of [0, 1, pageRows - 1, pageRows, pageRows + 1, 2 * pageRows]) {
    const rows = new MemoryStore();
    const key = (i: number) => `k${String(i).padStart(5, '0')}`;
    await rows.write(Array.from({length: count}, (_, i): Change => [key(i), bytes('')]));
    const keys: string[] = [];
    for await (const page of pagesOf(rows, {from: 'k', to: 'l'})) {
      t.true(page.length > 0 && page.length <= pageRows);
      keys.push(...page.map(([key]) => key));
    }
    t.deepEqual(
      keys,
      Array.from({length: count}, (_, i) => key(i)),
    );
  }
});
