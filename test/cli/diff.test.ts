import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {encodeUser, layout, LevelStore} from '../../src/store/index.js';
import {decodeUser} from '../../src/store/rows.js';
import {publicKey} from '../support/keys.js';
import {aDaemon} from '../support/daemon.js';
import {ask, runHere, temporaryDirectory} from './harness.js';

interface Shown {
  readonly is_same: boolean;
  readonly events: number;
  readonly event: {readonly event: number; readonly a: object | null; readonly b: object | null} | null;
  readonly row: {readonly what: string; readonly a?: object; readonly b?: object} | null;
  readonly rows_at: string;
}

async function shown(t: ExecutionContext, a: string, b: string, status: number): Promise<Shown> {
  const ended = await runHere(['diff', a, b, '--json']);
  t.is(ended.status, status, ended.stderr);
  return JSON.parse(ended.stdout) as Shown;
}

test('two runs part at their first event and row, be they tapes, stores or a tower that runs', async (t) => {
  const folder = await temporaryDirectory(t);
  const [dataDir, other, before, whole] = ['tower', 'other', 'before.tape', 'whole.tape'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  const daemon = await aDaemon(t, {}, {dataDir});
  await ask(t, dataDir, 'register', publicKey(2));
  await ask(t, dataDir, 'tape', before);
  await ask(t, dataDir, 'backup', join(folder, 'backup'));
  await ask(t, dataDir, 'register', publicKey(3));
  await ask(t, dataDir, 'tape', whole);
  t.like(await shown(t, whole, dataDir, 0), {is_same: true, events: 3, event: null, row: null});
  t.like(await shown(t, before, whole, 1), {events: 2, event: {event: 2, a: null}, rows_at: 'event'});
  await daemon.close();
  t.like(await shown(t, dataDir, whole, 0), {is_same: true, events: 3});

  // Another beginning, with all headers of its chain.
  const elsewhere = join(folder, 'elsewhere');
  await (await aDaemon(t, {'--expiry-delta': '7'}, {dataDir: elsewhere})).close();
  const {status, stdout} = await runHere(['diff', whole, elsewhere]);
  t.is(status, 1);
  t.regex(stdout, /"headers":\[.*"… \(\d+ items\)"\]/);
  t.true(stdout.length < 5_000, `${stdout.length} characters`);

  // The same tower again from the backup, where somebody else registers in the place of the third.
  t.is((await runHere(['restore', join(folder, 'backup'), '--data-dir', other])).status, 0);
  const restored = await aDaemon(t, {}, {dataDir: other});
  await ask(t, other, 'register', publicKey(4));
  await restored.close();
  const parted = await shown(t, whole, other, 1);
  t.like(parted, {events: 2, event: {event: 2, a: {key: publicKey(3)}, b: {key: publicKey(4)}}, rows_at: 'event'});
  t.regex(parted.row!.what, new RegExp(`^device (${publicKey(3)}|${publicKey(4)})$`));

  // A row that no event accounts for.
  const rows = await LevelStore.open(join(dataDir, 'store'));
  const user = decodeUser((await rows.get(layout.userKey(2)))!);
  await rows.write([[layout.userKey(2), encodeUser({...user, availableSlots: 7})]]);
  await rows.close();
  t.like(await shown(t, dataDir, whole, 1), {
    events: 3,
    event: null,
    row: {what: 'user 2', a: {available_slots: 7}, b: {available_slots: 10_000}},
    rows_at: 'end',
  });
  t.regex(
    (await runHere(['diff', dataDir, whole])).stdout,
    /^3 events the same\nthe first row that differs at the end: user 2\n {2}.*"available_slots":7,.*\n {2}.*"available_slots":10000,.*\n$/,
  );
});

test('what is neither a tape nor a tower is refused', async (t) => {
  const folder = await temporaryDirectory(t);
  const file = join(folder, 'notes.txt');
  await writeFile(file, 'no tape\n');
  t.regex((await runHere(['diff', file, file])).stderr, /^error: .*notes\.txt: line 1 is not an object of JSON\n/);
  t.regex((await runHere(['diff', folder, folder])).stderr, /TOWER_STORE_MISSING/);
  t.regex((await runHere(['diff', join(folder, 'none'), folder])).stderr, /^error: .*none cannot be read\n/);
});
