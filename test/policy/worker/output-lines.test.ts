import {PassThrough} from 'node:stream';
import test from 'ava';
import {maxLinesPerWindow, OutputLines} from '../../../src/policy/worker/output-lines.js';
import {ManualTimers} from '../../support/manual-timers.js';
import {until} from '../../support/until.js';

function reading() {
  const stream = new PassThrough();
  const timers = new ManualTimers();
  const lines: string[] = [];
  const dropped: number[] = [];
  const output = new OutputLines(stream, timers, {
    line: (line) => lines.push(line),
    dropped: (count) => dropped.push(count),
  });
  return {stream, timers, lines, dropped, output};
}

test('text is split into lines wherever its pieces end, and the last one needs no end', async (t) => {
  const {stream, lines} = reading();
  const castle = Buffer.from('a 🏰\n');
  stream.write(castle.subarray(0, 4));
  stream.write(castle.subarray(4));
  stream.write('b\n\nc');
  stream.write('d\ne');
  stream.destroy();
  await until(() => lines.length > 0 && stream.closed);
  t.deepEqual(lines.slice(0, 3), ['a 🏰', 'b', 'cd']);
});

test('lines without a word, and what V8 says of its own insides, are no lines; why it gave up is one', async (t) => {
  const {stream, lines} = reading();
  stream.write(`
<--- Last few GCs --->

[4711:0x7f8a1c000000]     1234 ms: Scavenge 127.9 (130.2) -> 127.1 (131.0) MB, 1.2 / 0.0 ms allocation failure;
[4711:0x7f8a1c000000:1]     1240 ms: Mark-Compact 128.0 (131.0) -> 127.9 (131.3) MB, pooled: 0 MB, 9.1 / 0.0 ms
\u0007
<--- JS stacktrace --->

FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory
----- Native stack trace -----

 1: 0xb8ced1 node::OOMErrorHandler(char const*, v8::OOMDetails const&) [node]
12: 0x7fe1d40 v8::internal::Heap::CollectGarbage [node]
1: 10 accounts
`);
  await until(() => lines.length === 2);
  t.deepEqual(lines, [
    'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
    '1: 10 accounts',
  ]);
});

test('a line is cut where it becomes too long, and the next begins anew', async (t) => {
  const {stream, lines} = reading();
  for (let i = 0; i < 10; i++) stream.write('x'.repeat(999));
  stream.write('\nnext\n');
  await until(() => lines.length === 2);
  t.deepEqual(lines, ['x'.repeat(1_000), 'next']);
});

test('orders to a terminal become spaces', async (t) => {
  const {stream, lines} = reading();
  stream.write('a\u001b[2Jb\r\n\tc\u2028d\u0085\n');
  await until(() => lines.length === 2);
  t.deepEqual(lines, ['a [2Jb', ' c d']);
});

test('beyond so many lines a second, only their number is told', async (t) => {
  const {stream, timers, lines, dropped} = reading();
  stream.write('x\n'.repeat(maxLinesPerWindow + 7));
  await until(() => lines.length === maxLinesPerWindow);
  timers.pass(999);
  t.deepEqual(dropped, []);
  timers.pass(1);
  t.deepEqual(dropped, [7]);
  stream.write('y\n');
  await until(() => lines.length === maxLinesPerWindow + 1);
  t.is(lines.at(-1), 'y');
});

test('whoever writes too much waits until the next second, and is read at once when he has ended', async (t) => {
  const {stream, timers, output} = reading();
  const piece = 'x'.repeat(65_536);
  for (let i = 0; i < 100; i++) stream.write(piece);
  await until(() => stream.isPaused());
  const waiting = stream.readableLength + stream.writableLength;
  t.true(waiting > 80 * piece.length);
  timers.pass(1_000);
  await until(() => stream.isPaused());
  t.true(stream.readableLength + stream.writableLength < waiting - 15 * piece.length);
  output.drain();
  stream.end();
  await until(() => stream.readableEnded);
  t.is(stream.readableLength, 0);
});
