import {existsSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import test from 'ava';
import {chooseCurve, curve} from '../../src/crypto/curve.js';

const require = createRequire(import.meta.url);
const load = (): Record<string, unknown> => require('secp256k1/bindings.js') as Record<string, unknown>;

/** Whether the package brings a binary for this machine; on others noble computes. */
const isThere = existsSync(
  join(dirname(require.resolve('secp256k1/package.json')), 'prebuilds', `${process.platform}-${process.arch}`),
);
const testWithBinding = isThere ? test : test.skip;

test('noble computes where the package or its binary is missing', (t) => {
  const missing = () => require('secp256k1-that-is-not-there') as unknown;
  t.throws(missing, {code: 'MODULE_NOT_FOUND'});
  t.is(chooseCurve(missing).name, 'noble');
  t.is(chooseCurve(() => undefined).name, 'noble');
  t.is(chooseCurve(() => ({})).name, 'noble');
});

testWithBinding('libsecp256k1 computes where there is a binary for the machine', (t) => {
  t.is(curve.name, 'libsecp256k1');
  t.is(chooseCurve(load).name, 'libsecp256k1');
});

const wrongAnswers: Record<string, (right: (...args: never[]) => unknown) => (...args: never[]) => unknown> = {
  privateKeyVerify: () => () => false,
  publicKeyVerify: () => () => false,
  publicKeyCreate: () => () => new Uint8Array(33).fill(2),
  ecdsaRecover: () => () => {
    throw new Error('Public key could not be recover');
  },
  // The signature is written to the last argument, and the recovery id is one of two.
  ecdsaSign:
    (right) =>
    (...args) => ({recid: (right(...args) as {recid: number}).recid ^ 1}),
};

for (const [call, wrong] of Object.entries(wrongAnswers)) {
  testWithBinding(`noble computes where ${call} of the binding is missing or gives wrong answers`, (t) => {
    const right = load()[call] as (...args: never[]) => unknown;
    t.is(chooseCurve(() => ({...load(), [call]: right})).name, 'libsecp256k1');
    t.is(chooseCurve(() => ({...load(), [call]: wrong(right)})).name, 'noble');
    t.is(chooseCurve(() => ({...load(), [call]: undefined})).name, 'noble');
  });
}
