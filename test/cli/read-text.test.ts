import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {Readable} from 'node:stream';
import test from 'ava';
import type {Io} from '../../src/cli/io.js';
import {readInfo} from '../../src/cli/read-text.js';
import {tempDir} from '../support/temp-dir.js';

const ioWith = (workingDirectory: string, input: Readable = Readable.from([])): Io =>
  ({workingDirectory, input: () => input}) as Partial<Io> as Io;

test('a file is read byte for byte, line end and byte order mark included', async (t) => {
  const folder = tempDir(t);
  await writeFile(join(folder, 'info'), '\ufeffZoë\r\n');
  t.is(await readInfo('info', ioWith(folder), 100), '\ufeffZoë\r\n');
  await writeFile(join(folder, 'info'), '');
  t.is(await readInfo(join(folder, 'info'), ioWith('/'), 100), '');
});

test('stdin is read to its end, also when it comes in the middle of a character', async (t) => {
  const bytes = Buffer.from('Zoë');
  const input = Readable.from([bytes.subarray(0, 3), bytes.subarray(3)]);
  t.is(await readInfo('-', ioWith('/', input), 100), 'Zoë');
});

test('what is too long is refused without being read to its end', async (t) => {
  const refused = {code: 'TOWER_INVALID_INFO', message: / holds more than 5 bytes$/};
  const folder = tempDir(t);
  await writeFile(join(folder, 'info'), '123456');
  await t.throwsAsync(readInfo('info', ioWith(folder), 5), refused);
  await t.throwsAsync(readInfo('/dev/zero', ioWith('/'), 5), refused);
  t.is(await readInfo('info', ioWith(folder), 6), '123456');
  async function* endless() {
    for (;;) yield await Promise.resolve(Buffer.alloc(3));
  }
  await t.throwsAsync(readInfo('-', ioWith('/', Readable.from(endless())), 5), refused);
});

test('what is not UTF-8 is refused, and what cannot be read is a failure of the file', async (t) => {
  const folder = tempDir(t);
  await writeFile(join(folder, 'info'), Buffer.from([0x61, 0xff]));
  await t.throwsAsync(readInfo('info', ioWith(folder), 5), {code: 'TOWER_INVALID_INFO', message: / not valid UTF-8$/});
  for (const path of ['missing', '.']) {
    await t.throwsAsync(readInfo(path, ioWith(folder), 5), {code: 'TOWER_FILE_FAILED'}, path);
  }
});
