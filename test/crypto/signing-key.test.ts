import {inspect} from 'node:util';
import test from 'ava';
import {generateSecretKey, isPublicKey, SigningKey} from '../../src/crypto/index.js';
import {OperationalError} from '../../src/errors/index.js';
import {fromHex} from '../support/vectors.js';

const secretHex = '5e'.repeat(32);
const order = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141';

test('the secret appears in nothing that shows the key', (t) => {
  const secret = fromHex(secretHex);
  const key = new SigningKey(secret);
  const deep = {showHidden: true, depth: null, showProxy: true, getters: true, maxArrayLength: null} as const;
  const shown = [
    inspect(key),
    inspect(key, deep),
    inspect({key}, deep),
    JSON.stringify(key),
    JSON.stringify(structuredClone(key)),
    JSON.stringify(Object.assign({}, key)),
    `${key}`,
  ].join('\n');
  t.true(shown.includes(key.publicKey), 'what may be shown is shown');
  t.notRegex(shown, /5e,? ?5e/i);
  t.notRegex(shown, /94, *94/);
  t.false(shown.includes(secret.toString('base64')));
  t.deepEqual(Reflect.ownKeys(key), ['publicKey']);
});

test('a key keeps its own copy of the secret', (t) => {
  const secret = fromHex(secretHex);
  const key = new SigningKey(secret);
  const before = key.sign(Buffer.from('hi'));
  secret.fill(0);
  t.is(key.sign(Buffer.from('hi')), before);
});

test('a secret outside the order of the curve or of another size is refused, and the error does not quote it', (t) => {
  const bad = ['', '00'.repeat(32), order, 'ff'.repeat(32), secretHex.slice(2), `${secretHex}5e`];
  for (const hex of bad) {
    const error = t.throws(() => new SigningKey(fromHex(hex)), {
      instanceOf: OperationalError,
      code: 'TOWER_INVALID_KEY',
    });
    t.false(inspect(error, {depth: null, showHidden: true}).includes('5e5e'));
  }
  t.notThrows(() => new SigningKey(fromHex(`${order.slice(0, -2)}40`)));
});

test('generated secrets are usable and differ', (t) => {
  const keys = new Set(Array.from({length: 20}, () => new SigningKey(generateSecretKey()).publicKey));
  t.is(keys.size, 20);
  for (const key of keys) t.true(isPublicKey(key));
});
