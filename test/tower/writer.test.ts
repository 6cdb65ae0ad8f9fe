import test from 'ava';
import {SimulatedChain} from '../../src/chain/simulated-chain.js';
import {type BartizanError, InvariantError, OperationalError, Rejection} from '../../src/errors/index.js';
import {NoTip} from '../../src/gatekeeper/rejections.js';
import {layout, MemoryStore, Store, type Transaction} from '../../src/store/index.js';
import {beginStore} from '../../src/tower/chain-events.js';
import type {TowerEvent} from '../../src/tower/events.js';
import {queueBytes, queueLimit, Writer} from '../../src/tower/writer.js';
import {FaultyStore} from '../support/faulty-store.js';
import {allRows, text} from '../support/rows.js';
import {until} from '../support/until.js';
import {shortSettings} from '../support/world.js';

const bytes = (value: string): Buffer => Buffer.from(value);
const event = (height: number): TowerEvent => ({
  type: 'appointments_deleted',
  height,
  count: 0,
  uuids: [],
  refunded: true,
});

/** A writer on a store that has begun, and a list of what happened around it, in order. */
async function aWriter() {
  const rows = new FaultyStore(new MemoryStore());
  const store = await Store.open(rows);
  const happened: string[] = [];
  const halts: BartizanError[] = [];
  const writer = new Writer(
    store,
    (event) => happened.push(`published ${'height' in event ? event.height : ''}`),
    (error) => halts.push(error),
  );
  const chain = new SimulatedChain({seed: 1});
  await writer.submit({
    actor: 'chain',
    run: async (transaction, publish) =>
      beginStore(transaction, publish, await chain.identity(), [chain.tip], shortSettings),
  });
  rows.writes.length = 0;
  happened.length = 0;
  const submit = (
    run: (transaction: Transaction, publish: (event: TowerEvent) => void) => unknown,
    actor = 'user:me',
  ) => writer.submit({actor, run: async (transaction, publish) => run(transaction, publish)});
  return {rows, store, writer, happened, halts, submit};
}

const halted = {instanceOf: OperationalError, code: 'TOWER_HALTED'};

test('changes of one turn share one write, run in order, and each sees the one before', async (t) => {
  const {rows, submit} = await aWriter();
  const answers = await Promise.all(
    Array.from({length: 100}, (_, i) =>
      submit(async (transaction) => {
        const before = text(await transaction.get('list')) ?? '';
        transaction.put('list', bytes(`${before}${i},`));
        return i;
      }),
    ),
  );
  const numbers = Array.from({length: 100}, (_, i) => i);
  t.deepEqual(answers, numbers);
  t.is(text(await rows.get('list')), `${numbers.join(',')},`);
  t.is(rows.writes.length, 1);
});

test('nobody hears of a change before it is on disk, and events come before answers', async (t) => {
  const {rows, happened, submit} = await aWriter();
  let open = () => {};
  rows.gate = new Promise((resolve) => (open = resolve));
  const first = submit((transaction, publish) => {
    transaction.put('a', bytes('1'));
    publish(event(1));
    publish(event(2));
  }).then(() => happened.push('answered first'));
  const refused = submit(() => {
    throw new NoTip();
  }).catch(() => happened.push('refused'));
  await until(() => rows.writes.length > 0);
  await new Promise(setImmediate);
  t.deepEqual(happened, []);
  t.is(await rows.get('a'), undefined);
  open();
  await Promise.all([first, refused]);
  t.deepEqual(happened, ['published 1', 'published 2', 'answered first', 'refused']);
});

test('changes that come while a write is under way share the next one', async (t) => {
  const {rows, submit} = await aWriter();
  let open = () => {};
  rows.gate = new Promise((resolve) => (open = resolve));
  const put = (key: string) => submit((transaction) => transaction.put(key, bytes('1')));
  const first = put('a');
  await until(() => rows.writes.length > 0);
  const later = [put('b'), put('c'), put('d')];
  open();
  await Promise.all([first, ...later]);
  t.deepEqual(
    rows.writes.map((changes) => changes.map(([key]) => key)),
    [['a'], ['b', 'c', 'd']],
  );
});

test('a rejection changes nothing, and those around it are done', async (t) => {
  const {rows, submit} = await aWriter();
  const before = submit((transaction) => transaction.put('a', bytes('1')));
  const rejected = submit(() => {
    throw new NoTip();
  });
  const after = submit((transaction) => transaction.put('b', bytes('2')));
  await before;
  await t.throwsAsync(rejected, {instanceOf: NoTip});
  await after;
  t.deepEqual((await rows.getMany(['a', 'b'])).map(text), ['1', '2']);
  t.is(rows.writes.length, 1);
});

test('a change that changes nothing writes nothing', async (t) => {
  const {rows, submit} = await aWriter();
  t.is(await submit(() => 'nothing to do'), 'nothing to do');
  await t.throwsAsync(
    submit(() => {
      throw new NoTip();
    }),
    {instanceOf: NoTip},
  );
  t.is(rows.writes.length, 0);
});

for (const [title, spoil] of [
  ['a new row', (transaction: Transaction) => transaction.put('b', bytes('2'))],
  ['a row that the group has changed already', (transaction: Transaction) => transaction.del('a')],
  ['the meta rows', (transaction: Transaction) => transaction.update({start: 7})],
] as const) {
  test(`a rejection after a change of ${title} is a defect: the whole group is discarded`, async (t) => {
    const {rows, store, writer, halts, submit} = await aWriter();
    const before = await allRows(rows);
    const good = submit((transaction) => transaction.put('a', bytes('1')));
    const bad = submit((transaction) => {
      spoil(transaction);
      throw new NoTip();
    });
    await t.throwsAsync(good, halted);
    await t.throwsAsync(bad, halted);
    t.true(writer.halted instanceof InvariantError);
    t.deepEqual(halts, [writer.halted!]);
    t.deepEqual(await allRows(rows), before);
    t.is(store.meta!.start, 0);
  });
}

test('a failing write discards its group, halts the writer, and refuses all that waits', async (t) => {
  const {rows, store, writer, happened, halts, submit} = await aWriter();
  const [before, meta] = [await allRows(rows), store.meta];
  rows.next = 'fails before';
  const group = Array.from({length: 3}, (_, i) =>
    submit((transaction, publish) => {
      transaction.put(`a${i}`, bytes('1'));
      publish(event(i));
    }),
  );
  await until(() => rows.writes.length > 0);
  const late = submit((transaction) => transaction.put('late', bytes('1')));
  for (const promise of [...group, late]) {
    const error = await t.throwsAsync(promise, halted);
    t.like(error, {cause: {code: 'TOWER_STORE_FAILED'}});
  }
  await t.throwsAsync(
    submit(() => 'after'),
    halted,
  );
  t.deepEqual(happened, []);
  t.is(writer.halted!.code, 'TOWER_STORE_FAILED');
  t.deepEqual(halts, [writer.halted!]);
  t.deepEqual(await allRows(rows), before);
  t.is(store.meta, meta);
  await writer.idle();
});

test('an error that nobody foresaw discards the changes before it in its group, too', async (t) => {
  const {rows, writer, submit} = await aWriter();
  const before = await allRows(rows);
  const good = submit((transaction) => transaction.put('a', bytes('1')));
  const bad = submit(() => {
    throw new TypeError('undefined is not a function');
  });
  await t.throwsAsync(good, halted);
  const error = await t.throwsAsync(bad, halted);
  t.true(error.cause instanceof InvariantError);
  t.true((error.cause as Error).cause instanceof TypeError);
  t.is(writer.halted!.code, 'TOWER_INVARIANT');
  t.deepEqual(await allRows(rows), before);
});

test('a group ends after a thousand changes, or once it has made 20,000 rows', async (t) => {
  const {rows, submit} = await aWriter();
  await Promise.all(Array.from({length: 2_500}, (_, i) => submit((tx) => tx.put(`k${i}`, bytes('')))));
  t.deepEqual(
    rows.writes.map(({length}) => length),
    [1_000, 1_000, 500],
  );
  rows.writes.length = 0;
  await Promise.all(
    Array.from({length: 3}, (_, i) =>
      submit((transaction) => {
        for (let n = 0; n < 15_000; n++) transaction.put(`r${i},${n}`, bytes(''));
      }),
    ),
  );
  t.deepEqual(
    rows.writes.map(({length}) => length),
    [30_000, 15_000],
  );
});

test('a request beyond the limit of the queue is refused, a block waits its turn', async (t) => {
  const {rows, submit} = await aWriter();
  const put = (actor: string, key: string) => submit((transaction) => transaction.put(key, bytes('1')), actor);
  const waiting = Array.from({length: queueLimit}, () => put('user:crowd', 'crowd'));
  await t.throwsAsync(put('user:late', 'late'), {instanceOf: Rejection, code: 'TOWER_QUEUE_FULL'});
  await put('chain', 'block');
  await Promise.all(waiting);
  t.deepEqual((await rows.getMany(['crowd', 'late', 'block'])).map(text), ['1', undefined, '1']);
  await put('user:late', 'late');
});

test('requests that carry more bytes than may wait are refused, and no batch is much larger than 8 MiB', async (t) => {
  const {rows, writer} = await aWriter();
  const mebibyte = 1024 * 1024;
  const put = (actor: string, key: string, size: number) =>
    writer.submit({
      actor,
      bytes: size,
      run: async (transaction) => transaction.put(key, Buffer.alloc(size)),
    });
  const full = {instanceOf: Rejection, code: 'TOWER_QUEUE_FULL'};
  const fitting = queueBytes / mebibyte;
  const waiting = Array.from({length: fitting}, (_, i) => put('user:crowd', `crowd${i}`, mebibyte));
  await t.throwsAsync(put('user:late', 'late', 1), full);
  const small = put('user:late', 'small', 0);
  const block = put('chain', 'block', 0);
  await Promise.all([...waiting, small, block]);
  for (const write of rows.writes) {
    const size = write.reduce((sum, [, value]) => sum + (value?.length ?? 0), 0);
    t.true(size <= 9 * mebibyte, `${size} bytes in a batch`);
  }
  t.is(await rows.get('late'), undefined);

  await t.throwsAsync(put('user:large', 'large', queueBytes + 1), full, 'what can never fit is refused, too');
  await put('user:late', 'late', queueBytes);
  t.is((await rows.get('late'))?.length, queueBytes, 'nothing waits any more');
});

test('what is read ahead is what the rows read before lead to, and what has changed meanwhile is not taken from it', async (t) => {
  const {rows, writer} = await aWriter();
  await rows.write([
    ['pointer', bytes('first')],
    ['first', bytes('1')],
    ['second', bytes('2')],
  ]);
  const follow = () =>
    writer.submit({
      actor: 'user:me',
      reads: ['pointer'],
      moreReads: (fetched) => [text(fetched('pointer'))!],
      run: async (transaction) => {
        const to = text(await transaction.get('pointer'))!;
        const found = text(await transaction.get(to));
        transaction.put('pointer', bytes('second'));
        transaction.put(to, bytes(`${found} seen`));
        return found;
      },
    });
  t.deepEqual(await Promise.all([follow(), follow(), follow()]), ['1', '2', '2 seen']);
});

test('every published event is in the log, with its actor', async (t) => {
  const {rows, submit} = await aWriter();
  await Promise.all([
    submit((_, publish) => publish(event(1)), 'operator'),
    submit((_, publish) => publish(event(2)), 'user:me'),
  ]);
  const log = await rows.range({...layout.tableRange('log'), limit: 9});
  t.deepEqual(log.map(([key, value]) => [layout.logNumberOf(key), JSON.parse(text(value)!) as unknown]).slice(1), [
    [1, {actor: 'operator', ...event(1)}],
    [2, {actor: 'user:me', ...event(2)}],
  ]);
});

test('closing does what is queued, refuses what comes later, and leaves no promise open', async (t) => {
  const {rows, writer, submit} = await aWriter();
  const put = (key: string) => submit((transaction) => transaction.put(key, bytes('1')));
  const queued = [put('a'), put('b')];
  const closing = writer.close();
  const late = put('c');
  await t.throwsAsync(late, halted);
  await Promise.all([...queued, closing]);
  await t.throwsAsync(put('d'), halted);
  t.deepEqual((await rows.getMany(['a', 'b', 'c', 'd'])).map(text), ['1', '1', undefined, undefined]);
  await writer.close();
});
