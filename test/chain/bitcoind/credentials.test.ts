import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {connectBitcoind, cookieCredentials, splitRpcUrl} from '../../../src/chain/bitcoind/index.js';

test('user and password of a URL are kept apart from it', async (t) => {
  const {url, credentials} = splitRpcUrl('http://alice:p%40ss@node.invalid:18443');
  t.is(url, 'http://node.invalid:18443');
  t.deepEqual(await credentials!.read(), {user: 'alice', password: 'p@ss'});
});

test('a URL without user has no credentials', (t) => {
  t.deepEqual(splitRpcUrl('http://127.0.0.1:8332/'), {url: 'http://127.0.0.1:8332', credentials: undefined});
});

test('a URL that is none is refused without being repeated', (t) => {
  for (const text of [
    'alice:secret@host',
    'tcp://alice:secret@host:1',
    'http://alice:secret@host:99999',
    'http://alice:secret%@host:1',
    'http://alice:secret@host:1/wallet/alice',
  ]) {
    const error = t.throws(() => splitRpcUrl(text), {code: 'TOWER_INVALID_SETTING'});
    t.false(error.message.includes('secret'));
  }
});

test('a file that is no cookie is an error that does not repeat it', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bartizan-cookie-'));
  t.teardown(() => rm(folder, {recursive: true, force: true}));
  const path = join(folder, '.cookie');
  await writeFile(path, 'some secret');
  const error = await t.throwsAsync(cookieCredentials(path).read(), {code: 'TOWER_BITCOIND_NO_COOKIE'});
  t.false(error.message.includes('secret'));
});

test('a connection without any credentials is refused before anything is asked', (t) => {
  t.throws(() => connectBitcoind({rpcUrl: 'http://127.0.0.1:1'}), {code: 'TOWER_INVALID_SETTING'});
});
