import {chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {writeWhole} from '../../src/files/durable.js';
import {tempDir} from '../support/temp-dir.js';

test('a file is written for its owner alone, whatever stood in its place', async (t) => {
  const folder = tempDir(t);
  const path = join(folder, 'secret');
  writeFileSync(path, 'something much longer than what follows', {mode: 0o644});
  await writeWhole(path, 'new');
  t.is(readFileSync(path, 'utf8'), 'new');
  t.is(statSync(path).mode & 0o777, 0o600);
  t.deepEqual(readdirSync(folder), ['secret']);
});

test('what an earlier attempt has left, which others may read, is not written into', async (t) => {
  const folder = tempDir(t);
  const path = join(folder, 'secret');
  const unfinished = `${path}.${process.pid}.new`;
  writeFileSync(unfinished, 'half of', {mode: 0o666});
  chmodSync(unfinished, 0o666);
  await writeWhole(path, 'new');
  t.is(statSync(path).mode & 0o777, 0o600);
  t.false(existsSync(unfinished));
});

test('a file that cannot have its name leaves the old one as it was, and nothing else', async (t) => {
  const folder = tempDir(t);
  const path = join(folder, 'taken');
  mkdirSync(path);
  await t.throwsAsync(writeWhole(path, 'new'), {code: 'EISDIR'});
  t.true(statSync(path).isDirectory());
  t.deepEqual(readdirSync(join(path, '..')), ['taken']);
});
