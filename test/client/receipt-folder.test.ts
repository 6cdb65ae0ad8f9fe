import {execFile} from 'node:child_process';
import {appendFileSync, chmodSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {promisify} from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import type {AppointmentReceipt, Receipt, RegistrationReceipt} from '../../src/client/receipt.js';
import {formatReceipt, parseReceipt} from '../../src/client/receipt.js';
import {ReceiptFolder, receiptFolderOf} from '../../src/client/receipt-folder.js';
import {OperationalError} from '../../src/errors/index.js';
import {publicKey} from '../support/keys.js';
import {tempDir} from '../support/temp-dir.js';
import {teosProtocol as known} from '../support/teos-protocol.js';

const parties = {towerId: known.towerKey, key: known.userKey};

const registration = (n: number): RegistrationReceipt => ({
  type: 'registration',
  ...parties,
  availableSlots: n,
  subscriptionStart: 1,
  subscriptionExpiry: 2,
  signature: known.registrationReceipt.rust.signature,
});

const appointment = (n: number): AppointmentReceipt => ({
  type: 'appointment',
  ...parties,
  availableSlots: n,
  subscriptionExpiry: 2,
  locator: known.locator.rust,
  toSelfDelay: 42,
  blobBytes: 300,
  userSignature: known.userSignatures.addAppointment,
  startBlock: 3,
  signature: known.appointmentReceipt.rust.signature,
});

const pathIn = (folder: string): string => join(folder, 'receipts.jsonl');
const stored = {
  towerId: publicKey(1),
  url: 'u',
  path: 'p',
  request: 'r',
  answer: 'a',
  message: 'm',
  signature: 's',
  signer: publicKey(2),
};

test('receipts are read as they were kept, in order, and the last one is found', async (t) => {
  const folder = receiptFolderOf(tempDir(t), parties);
  const kept = new ReceiptFolder(folder);
  t.deepEqual(await kept.all(), {receipts: [], unreadableLines: []});
  t.is(await kept.last(), undefined);
  const receipts = [registration(1), appointment(2), registration(3), appointment(4)];
  for (const receipt of receipts) await kept.keep(receipt);
  t.deepEqual(await new ReceiptFolder(folder).all(), {receipts, unreadableLines: []});
  t.deepEqual(await new ReceiptFolder(folder).last(), receipts.at(-1));
  t.is(readFileSync(pathIn(folder), 'utf8').trimEnd().split('\n').length, receipts.length);
});

test('nobody but their owner reads receipts', async (t) => {
  const state = join(tempDir(t), 'deep', 'state');
  const folder = receiptFolderOf(state, parties);
  await new ReceiptFolder(folder).keep(registration(1));
  await new ReceiptFolder(folder).keepProof(stored);
  for (const path of [dirname(state), state, dirname(folder), folder]) t.is(statSync(path).mode & 0o777, 0o700);
  for (const name of ['receipts.jsonl', 'misbehaving.json']) t.is(statSync(join(folder, name)).mode & 0o777, 0o600);
});

test('whatever a crash leaves of the last line, every other receipt stays, and so do those that come later', async (t) => {
  const folder = tempDir(t);
  const line = `${formatReceipt(appointment(2))}\n`;
  await fc.assert(
    fc.asyncProperty(fc.nat({max: line.length}), async (length) => {
      writeFileSync(pathIn(folder), `${formatReceipt(registration(1))}\n${line}`);
      truncateSync(pathIn(folder), statSync(pathIn(folder)).size - line.length + length);
      const whole = length >= line.length - 1;
      const before = whole ? [registration(1), appointment(2)] : [registration(1)];
      t.deepEqual(await new ReceiptFolder(folder).last(), before.at(-1));
      await new ReceiptFolder(folder).keep(registration(3));
      const {receipts, unreadableLines} = await new ReceiptFolder(folder).all();
      t.deepEqual(receipts, [...before, registration(3)]);
      t.deepEqual(unreadableLines, whole || length === 0 ? [] : [2]);
    }),
  );
});

test('lines that are no receipts are told of, and read over', async (t) => {
  const folder = tempDir(t);
  const {signature, ...unsigned} = JSON.parse(formatReceipt(registration(1))) as {signature: string};
  const lines = [
    '',
    '{}',
    'null',
    '[]',
    JSON.stringify(unsigned),
    formatReceipt(registration(2)),
    '   ',
    '\u0000\u0000',
  ];
  writeFileSync(pathIn(folder), lines.join('\n'));
  const kept = await new ReceiptFolder(folder).all();
  t.deepEqual(kept, {receipts: [registration(2)], unreadableLines: [2, 3, 4, 5, 8]});
  t.deepEqual(await new ReceiptFolder(folder).last(), registration(2));
  t.truthy(signature);
});

test('the last receipt is found behind more rubbish than is looked at first', async (t) => {
  const folder = tempDir(t);
  const kept = new ReceiptFolder(folder);
  for (let n = 1; n <= 200; n++) appendFileSync(pathIn(folder), `${formatReceipt(appointment(n))}\n`);
  t.deepEqual(await kept.last(), appointment(200));
  appendFileSync(pathIn(folder), 'x'.repeat(200_000));
  t.deepEqual(await kept.last(), appointment(200));
});

test('every receipt is a line that reads as the same receipt', (t) => {
  const u32 = fc.integer({min: 0, max: 2 ** 32 - 1});
  const numbers = fc.record({availableSlots: u32, subscriptionExpiry: u32, subscriptionStart: u32, startBlock: u32});
  fc.assert(
    fc.property(numbers, fc.boolean(), (values, isRegistration) => {
      const {subscriptionStart, startBlock, ...promised} = values;
      const receipt: Receipt = isRegistration
        ? {...registration(1), ...promised, subscriptionStart}
        : {...appointment(1), ...promised, startBlock};
      const line = formatReceipt(receipt);
      t.deepEqual(parseReceipt(line), receipt);
      t.false(line.includes('\n'));
    }),
  );
});

test('two processes that share a folder lose no receipt, and each reads whole lines while the other writes', async (t) => {
  const folder = tempDir(t);
  const each = 150;
  const modules = new URL('../../src/client/', import.meta.url);
  const program = `
    const {ReceiptFolder} = await import('${new URL('receipt-folder.js', modules)}');
    const {parseReceipt} = await import('${new URL('receipt.js', modules)}');
    const [folder, first, each, line] = process.argv.slice(1);
    const kept = new ReceiptFolder(folder);
    for (let n = 0; n < Number(each); n += 3) {
      await Promise.all([0, 1, 2].map((more) => kept.keep({...parseReceipt(line), availableSlots: Number(first) + n + more})));
      const {unreadableLines} = await kept.all();
      if (unreadableLines.length > 0) throw new Error('unreadable: ' + unreadableLines);
    }`;
  const call = promisify(execFile);
  const write = (first: number) =>
    call(process.execPath, [
      ...['--input-type=module', '--eval', program, '--'],
      ...[folder, String(first), String(each), formatReceipt(appointment(0))],
    ]);
  await Promise.all([write(0), write(each)]);
  const {receipts, unreadableLines} = await new ReceiptFolder(folder).all();
  t.deepEqual(unreadableLines, []);
  const slots = receipts.map(({availableSlots}) => availableSlots).sort((a, b) => a - b);
  t.deepEqual(
    slots,
    Array.from({length: 2 * each}, (_, n) => n),
  );
});

test('the first proof of misbehaviour stands, and one that cannot be read is no acquittal', async (t) => {
  const folder = tempDir(t);
  const kept = new ReceiptFolder(folder);
  t.is(await kept.proof(), undefined);
  const path = join(folder, 'misbehaving.json');
  t.is(await kept.keepProof(stored), path);
  t.is(await kept.keepProof({...stored, signer: null}), path);
  t.deepEqual(await new ReceiptFolder(folder).proof(), {proof: stored, keptAt: path});
  writeFileSync(path, '{');
  await t.throwsAsync(kept.proof(), {instanceOf: OperationalError, code: 'TOWER_FILE_FAILED'});
});

test('a folder that cannot be made, written or read is an error that names the file', async (t) => {
  const file = join(tempDir(t), 'file');
  writeFileSync(file, '');
  const under = new ReceiptFolder(join(file, 'folder'));
  const expected = {instanceOf: OperationalError, code: 'TOWER_FILE_FAILED', message: /receipts\.jsonl cannot be/};
  await t.throwsAsync(under.keep(registration(1)), expected);
  await t.throwsAsync(new ReceiptFolder('/proc/none').keep(registration(1)), expected);
  const folder = tempDir(t);
  mkdirSync(pathIn(folder));
  await t.throwsAsync(new ReceiptFolder(folder).all(), expected);
  if (process.getuid?.() !== 0) {
    chmodSync(folder, 0o500);
    t.teardown(() => chmodSync(folder, 0o700));
    await t.throwsAsync(new ReceiptFolder(folder).keep(registration(1)), expected);
  }
});

test('half of a receipt, all that a full disk has room for, is an error', async (t) => {
  const folder = tempDir(t);
  const program = `
    const {ReceiptFolder} = await import('${new URL('../../src/client/receipt-folder.js', import.meta.url)}');
    const {parseReceipt} = await import('${new URL('../../src/client/receipt.js', import.meta.url)}');
    process.on('SIGXFSZ', () => {});
    const [folder, line] = process.argv.slice(1);
    await new ReceiptFolder(folder).keep(parseReceipt(line));`;
  const line = formatReceipt(appointment(1));
  const blockBytes = 512;
  t.true(line.length > blockBytes);
  const args = ['-c', 'ulimit -f 1; exec "$@"', 'sh', process.execPath, '--input-type=module', '--eval', program, '--'];
  const error = await t.throwsAsync<Error & {stderr: string}>(promisify(execFile)('sh', [...args, folder, line]));
  t.regex(error.stderr, /receipts\.jsonl cannot be written/);
  t.is(statSync(pathIn(folder)).size, blockBytes, 'half of it has found room');
  await new ReceiptFolder(folder).keep(registration(9));
  t.deepEqual(await new ReceiptFolder(folder).all(), {receipts: [registration(9)], unreadableLines: [1]});
});
