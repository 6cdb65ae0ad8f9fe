import assert from 'node:assert/strict';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {OperationalError} from '../../src/errors/index.js';
import type {Change, KeyValueStore, Row} from '../../src/store/index.js';
import {text} from '../support/rows.js';

type Open = (t: ExecutionContext) => Promise<KeyValueStore>;

const bytes = (value: string): Buffer => Buffer.from(value);
const keysOf = (rows: readonly Row[]): string[] => rows.map(([key]) => key);
const everyByte = Array.from({length: 256}, (_, i) => String.fromCharCode(i));

/** What the store needs of a database, held against one kind of it. */
export function keyValueStoreTests(kind: string, open: Open): void {
  const claim = (title: string, run: (t: ExecutionContext, store: KeyValueStore) => Promise<void>) =>
    test(`${kind}: ${title}`, async (t) => {
      const store = await open(t);
      await run(t, store);
      await store.close();
    });

  claim('a key that was never written is undefined, and one that was has its value', async (t, store) => {
    t.is(await store.get('a'), undefined);
    await store.write([
      ['a', bytes('1')],
      ['empty', new Uint8Array(0)],
    ]);
    t.is(text(await store.get('a')), '1');
    t.is((await store.get('empty'))?.length, 0);
    t.is(await store.get('A'), undefined);
  });

  claim('many keys are answered in the order asked, absent and repeated ones included', async (t, store) => {
    await store.write([
      ['a', bytes('1')],
      ['b', bytes('2')],
    ]);
    t.deepEqual((await store.getMany(['b', 'x', 'a', 'b'])).map(text), ['2', undefined, '1', '2']);
    t.deepEqual(await store.getMany([]), []);
  });

  claim('a range holds its lower bound, not its upper one, and obeys limit and direction', async (t, store) => {
    await store.write(['a', 'b', 'c', 'd', 'e'].map((key): Change => [key, bytes(key)]));
    const range = async (from: string, to: string, limit = 100, reverse = false) =>
      keysOf(await store.range({from, to, limit, reverse})).join('');
    t.is(await range('b', 'd'), 'bc');
    t.is(await range('aa', 'dd'), 'bcd');
    t.is(await range('b', 'e', 2), 'bc');
    t.is(await range('b', 'e', 100, true), 'dcb');
    t.is(await range('b', 'e', 2, true), 'dc');
    t.is(await range('bb', 'dd', 1, true), 'd');
    t.is(await range('c', 'c'), '');
    t.is(await range('d', 'b'), '');
    t.is(await range('a', 'z', 0), '');
    t.is(await range('a', 'z', Number.POSITIVE_INFINITY), 'abcde');
    t.deepEqual(
      (await store.range({from: 'b', to: 'c', limit: 1})).map(([, value]) => text(value)),
      ['b'],
    );
  });

  claim('every byte from 0x00 to 0xff may stand in a key, and order is the order of bytes', async (t, store) => {
    const longer = everyByte.flatMap((byte) => [`k${byte}`, `${byte}\xff`]);
    const keys = [...new Set([...everyByte, ...longer])];
    const shuffled = keys.map((key, i) => [(i * 7919) % keys.length, key] as const).sort(([a], [b]) => a - b);
    await store.write(shuffled.map(([, key]): Change => [key, Buffer.from(key, 'latin1')]));
    const rows = await store.range({from: '\0', to: '\xff\xff\xff', limit: 1000});
    const sorted = keys.map((key) => Buffer.from(key, 'latin1')).sort(Buffer.compare);
    t.deepEqual(
      keysOf(rows),
      sorted.map((key) => key.toString('latin1')),
    );
    for (const [key, value] of rows) t.is(Buffer.from(value).toString('latin1'), key);
    t.deepEqual(keysOf(await store.range({from: 'k\x7f', to: 'k\x82', limit: 9})), ['k\x7f', 'k\x80', 'k\x81']);
    t.deepEqual(keysOf(await store.range({from: 'k\xfe', to: 'l', limit: 9, reverse: true})), ['k\xff', 'k\xfe']);
  });

  claim('one write puts and deletes together, and the last change of a key counts', async (t, store) => {
    await store.write([
      ['a', bytes('1')],
      ['b', bytes('2')],
    ]);
    await store.write([
      ['a', null],
      ['b', bytes('3')],
      ['b', bytes('4')],
      ['c', bytes('5')],
      ['c', null],
      ['never there', null],
    ]);
    t.deepEqual((await store.getMany(['a', 'b', 'c'])).map(text), [undefined, '4', undefined]);
    await store.write([]);
    t.is(text(await store.get('b')), '4');
  });

  claim('a write whose changes cannot all be named makes none of them', async (t, store) => {
    await store.write([['a', bytes('1')]]);
    function* broken(): Iterable<Change> {
      yield ['a', bytes('2')];
      yield ['b', bytes('2')];
      throw new Error('no more');
    }
    await t.throwsAsync(store.write(broken()));
    t.deepEqual((await store.getMany(['a', 'b'])).map(text), ['1', undefined]);
    await store.write([['b', bytes('3')]]);
    t.is(text(await store.get('b')), '3', 'and the store goes on');
  });

  claim('changes may be read from the store while they are written, and see it as it was before', async (t, store) => {
    const keys = ['a', 'b', 'c'];
    await store.write(keys.map((key) => [key, bytes(key)]));
    async function* shifted(): AsyncIterable<Change> {
      for (const [i, key] of keys.entries()) yield [key, (await store.get(keys[(i + 2) % 3]!))!];
      yield ['d', bytes('d')];
    }
    await store.write(shifted());
    t.deepEqual((await store.getMany([...keys, 'd'])).map(text), ['c', 'a', 'b', 'd']);
  });

  claim('a write whose changes fail to be read makes none of them, and says why in their words', async (t, store) => {
    await store.write([['a', bytes('1')]]);
    const why = new OperationalError('TOWER_STORE_CORRUPT', 'a row is cut short');
    async function* broken(): AsyncIterable<Change> {
      yield ['a', bytes((await store.get('a')) === undefined ? '3' : '2')];
      yield ['b', bytes('2')];
      throw why;
    }
    t.is(await t.throwsAsync(store.write(broken())), why);
    t.deepEqual((await store.getMany(['a', 'b'])).map(text), ['1', undefined]);
  });

  claim('a write of 10,000 rows is whole', async (t, store) => {
    const key = (i: number) => `k${String(i).padStart(6, '0')}`;
    await store.write(Array.from({length: 10_000}, (_, i): Change => [key(i), bytes(String(i))]));
    const rows = await store.range({from: 'k', to: 'l', limit: 20_000});
    t.is(rows.length, 10_000);
    t.is(text(rows[9_999]![1]), '9999');
  });

  claim('a snapshot keeps the rows as they stood, whatever is written meanwhile', async (t, store) => {
    await store.write([
      ['a', bytes('1')],
      ['b', bytes('1')],
    ]);
    const before = store.snapshot();
    const writing = store.write([
      ['a', bytes('2')],
      ['b', null],
      ['c', bytes('2')],
    ]);
    t.is(text(await before.get('a')), '1');
    await writing;
    const after = store.snapshot();
    await store.write([['a', bytes('3')]]);
    t.is(text(await before.get('a')), '1');
    t.deepEqual((await before.getMany(['a', 'b', 'c'])).map(text), ['1', '1', undefined]);
    t.deepEqual(keysOf(await before.range({from: 'a', to: 'z', limit: 9})), ['a', 'b']);
    t.deepEqual(keysOf(await before.range({from: 'a', to: 'z', limit: 9, reverse: true})), ['b', 'a']);
    t.deepEqual((await after.getMany(['a', 'b', 'c'])).map(text), ['2', undefined, '2']);
    t.is(text(await store.get('a')), '3');
    await before.close();
    await after.close();
  });

  claim('random writes and reads agree with a plain map', async (t, store) => {
    const key = fc.string({unit: fc.constantFrom('\0', 'a', '\x7f', '\x80', '\xff'), minLength: 1, maxLength: 4});
    const change = fc.tuple(key, fc.option(fc.uint8Array({maxLength: 40})));
    const read = fc.record({from: key, to: key, limit: fc.nat(6), reverse: fc.boolean()});
    const model = new Map<string, Uint8Array>();
    await fc.assert(
      fc.asyncProperty(fc.array(change, {maxLength: 12}), read, async (changes, range) => {
        const once = [...new Map(changes)];
        await store.write(once);
        for (const [key, value] of once) {
          if (value === null) model.delete(key);
          else model.set(key, value);
        }
        const rows = [...model].filter(([key]) => range.from <= key && key < range.to);
        rows.sort(([a], [b]) => (a < b === range.reverse ? 1 : -1));
        const plain = (found: readonly Row[]) => found.map(([key, value]) => [key, Buffer.from(value).toString('hex')]);
        assert.deepEqual(plain(await store.range(range)), plain(rows.slice(0, range.limit)));
        const asked = once.map(([key]) => key);
        assert.deepEqual(
          (await store.getMany(asked)).map((value) => value && Buffer.from(value).toString('hex')),
          asked.map((key) => model.get(key)).map((value) => value && Buffer.from(value).toString('hex')),
        );
      }),
      {numRuns: 60, endOnFailure: true, includeErrorInReport: true},
    );
    t.pass();
  });

  claim('it closes twice without complaint', async (t, store) => {
    await store.close();
    await t.notThrowsAsync(store.close());
  });
}
