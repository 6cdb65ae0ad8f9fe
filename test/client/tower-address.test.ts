import test from 'ava';
import fc from 'fast-check';
import {parseTowerAddress} from '../../src/client/tower-address.js';
import {OperationalError} from '../../src/errors/index.js';
import {publicKey} from '../support/keys.js';

const id = publicKey(7);

for (const [text, towerId, url] of [
  ['tower.example', undefined, 'http://tower.example:9814'],
  ['tower.example:80', undefined, 'http://tower.example:80'],
  [`${id}@tower.example`, id, 'http://tower.example:9814'],
  [`${id}@tower.example:443`, id, 'http://tower.example:443'],
  [`http://${id}@tower.example:1`, id, 'http://tower.example:1'],
  [`${id}@http://tower.example:1`, id, 'http://tower.example:1'],
  [`https://${id}@tower.example/`, id, 'https://tower.example:9814'],
  [`HTTP://${id.toUpperCase()}@tower.example`, id, 'http://tower.example:9814'],
  [' 127.0.0.1:9814\n', undefined, 'http://127.0.0.1:9814'],
  ['[::1]', undefined, 'http://[::1]:9814'],
  [`${id}@[2001:db8::1]:65535`, id, 'http://[2001:db8::1]:65535'],
  ['abc.onion:09814', undefined, 'http://abc.onion:9814'],
] as const) {
  test(`${JSON.stringify(text.replace(id, 'ID'))} is an address`, (t) => {
    t.deepEqual(parseTowerAddress(text), {towerId, url});
  });
}

for (const text of [
  '',
  ' ',
  'a b',
  '@tower.example',
  'me@tower.example',
  `${id.slice(2)}@tower.example`,
  `02${'0'.repeat(64)}@tower.example`,
  `${id}@`,
  `${id}@${id}@tower.example`,
  'tower.example:0',
  'tower.example:65536',
  'tower.example:100000',
  'tower.example:-1',
  'tower.example:',
  'tower.example/path',
  'tower.example?query',
  'ftp://tower.example',
  '::1',
  '[::1',
  '[zz]',
  'a\u001b[31m',
  'http://',
  'http://http://tower.example',
  `http://${id}@https://tower.example`,
]) {
  test(`${JSON.stringify(text.replace(id, 'ID'))} is none, and the error is fit to be printed`, (t) => {
    const error = t.throws(() => parseTowerAddress(text), {
      instanceOf: OperationalError,
      code: 'TOWER_INVALID_ADDRESS',
    });
    t.notRegex(error.message, /\p{Cc}/u);
  });
}

test('no text is taken for the address of something else than it says', (t) => {
  const words = fc.constantFrom('http://', 'https://', id, '@', ':', '/', '[', ']', '::1', 'a.b', '80', '?', '#', ' ');
  fc.assert(
    fc.property(fc.array(words, {maxLength: 8}), (parts) => {
      let url;
      try {
        ({url} = parseTowerAddress(parts.join('')));
      } catch (error) {
        return t.true(error instanceof OperationalError);
      }
      const {pathname, search, hash, username, host} = new URL(url);
      t.deepEqual([pathname, search, hash, username], ['/', '', '', '']);
      return t.true(host !== '');
    }),
  );
});
