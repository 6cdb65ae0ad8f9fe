import {chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {recoverKey} from '../../src/crypto/index.js';
import {OperationalError} from '../../src/errors/index.js';
import {loadKey as load} from '../../src/tower/key-file.js';
import {tempDir} from '../support/temp-dir.js';

const loadKey = (path: string) => load(path, {create: true});
const refused = (code: string) => ({instanceOf: OperationalError, code});

test('a key is made on the first run, for its owner alone, and is the same ever after', async (t) => {
  const path = join(tempDir(t), 'tower.key');
  const key = await loadKey(path);
  t.is(statSync(path).mode & 0o777, 0o600);
  t.regex(readFileSync(path, 'utf8'), /^[0-9a-f]{64}\n$/);
  const again = await loadKey(path);
  t.is(again.publicKey, key.publicKey);
  const message = Buffer.from('who goes there');
  t.is(recoverKey(message, again.sign(message)), key.publicKey);
  t.not((await loadKey(join(tempDir(t), 'tower.key'))).publicKey, key.publicKey);
});

test('a key that others can read or write is refused, with the command that mends it, and left as it is', async (t) => {
  const path = join(tempDir(t), 'tower.key');
  await loadKey(path);
  const text = readFileSync(path, 'utf8');
  for (const mode of [0o644, 0o640, 0o604, 0o620, 0o601]) {
    chmodSync(path, mode);
    const error = await t.throwsAsync(loadKey(path), refused('TOWER_INVALID_KEY'), mode.toString(8));
    t.is(error.hint, `Run: chmod 600 ${path}`);
    t.false(`${error.message} ${error.hint}`.includes(text.trim()));
  }
  t.is(readFileSync(path, 'utf8'), text);
  chmodSync(path, 0o400);
  await t.notThrowsAsync(loadKey(path));
});

test('a damaged key is refused, never replaced, and its text is not repeated', async (t) => {
  const path = join(tempDir(t), 'tower.key');
  const order = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141';
  for (const text of ['', '\n', 'ab', 'g'.repeat(64), 'ab'.repeat(33), '00'.repeat(32), order]) {
    writeFileSync(path, text, {mode: 0o600});
    const error = await t.throwsAsync(loadKey(path), refused('TOWER_INVALID_KEY'), text);
    t.true(error.message.includes(path));
    if (text.length > 2) t.false(error.message.includes(text));
    t.is(readFileSync(path, 'utf8'), text);
  }
});

test('a key in upper case, or with spaces behind it, is the same key', async (t) => {
  const path = join(tempDir(t), 'tower.key');
  const {publicKey} = await loadKey(path);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, `${text.trim().toUpperCase()} \r\n`);
  t.is((await loadKey(path)).publicKey, publicKey);
});

test('a path that cannot be read or written is a failure of the file', async (t) => {
  const folder = tempDir(t);
  await t.throwsAsync(loadKey(join(folder, 'missing', 'tower.key')), refused('TOWER_FILE_FAILED'));
  mkdirSync(join(folder, 'a folder'), {mode: 0o700});
  await t.throwsAsync(loadKey(join(folder, 'a folder')), refused('TOWER_FILE_FAILED'));
});

test('a key that is gone is not replaced by another once the tower has begun', async (t) => {
  const path = join(tempDir(t), 'tower.key');
  const error = await t.throwsAsync(load(path, {create: false}), refused('TOWER_INVALID_KEY'));
  t.regex(error.message, /is not there$/);
  t.false(existsSync(path));
});
