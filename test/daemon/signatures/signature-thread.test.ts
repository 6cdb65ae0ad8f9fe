import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {recoverKey} from '../../../src/crypto/index.js';
import {SignatureThread} from '../../../src/daemon/signatures/signature-thread.js';
import {makeKey} from '../../../src/tower/key-file.js';
import {signingKey} from '../../support/keys.js';
import {tempDir} from '../../support/temp-dir.js';

/** A thread for a key in a file of its own, and what it told of. */
async function threadFor(t: ExecutionContext, {fileHolds}: {fileHolds?: 'another key'} = {}) {
  const keyPath = join(tempDir(t), 'tower.key');
  const key = await makeKey(keyPath);
  if (fileHolds === 'another key') await makeKey(keyPath);
  const defects: unknown[] = [];
  const thread = new SignatureThread({keyPath, key, onDefect: (error) => defects.push(error)});
  t.teardown(() => thread.close());
  return {thread, key, defects};
}

const messages = Array.from({length: 100}, (_, i) => Buffer.from(`message ${i}`));

test('the thread signs as the key does, each message for the one who asked', async (t) => {
  const {thread, key, defects} = await threadFor(t);
  const signed = await Promise.all(messages.map((message) => thread.sign(message)));
  t.deepEqual(
    signed,
    messages.map((message) => key.sign(message)),
  );
  t.deepEqual(defects, []);
});

test('the thread recovers the key that signed, or another, or none, as this thread does', async (t) => {
  const {thread} = await threadFor(t);
  const questions = messages.map((message, i) => {
    const signature = signingKey((i % 7) + 1).sign(message);
    if (i % 5 === 0) return {message: Buffer.from('another'), signature};
    if (i % 5 === 1) return {message, signature: signature.replace(/.$/, signature.endsWith('y') ? 'b' : 'y')};
    // s = 0: no key signs so.
    if (i % 5 === 2) return {message, signature: `1f${'11'.repeat(32)}${'00'.repeat(32)}`};
    if (i % 5 === 3) return {message, signature: 'no signature'};
    return {message, signature};
  });
  const recovered = await Promise.all(
    questions.map(async ({message, signature}, i) => {
      // What is to be signed comes in between.
      if (i % 3 === 0) void thread.sign(message);
      return thread.recoverKey(message, signature);
    }),
  );
  t.deepEqual(
    recovered,
    questions.map(({message, signature}) => recoverKey(message, signature)),
  );
  t.true(recovered.includes(undefined));
  t.true(recovered.includes(signingKey(5).publicKey));
});

test('a thread that cannot have the key is told of once, and everything is answered without it', async (t) => {
  const {thread, key, defects} = await threadFor(t, {fileHolds: 'another key'});
  const [message] = messages as [Buffer];
  const signature = key.sign(message);
  t.deepEqual(
    await Promise.all(messages.map((each) => thread.sign(each))),
    messages.map((each) => key.sign(each)),
  );
  t.is(await thread.recoverKey(message, signature), key.publicKey);
  t.is(defects.length, 1);
  t.regex(String(defects[0]), /signatures are made on the main thread from now on/);
});

test('what the thread has not answered when it is closed is answered all the same', async (t) => {
  const {thread, key, defects} = await threadFor(t);
  const signed = Promise.all(messages.map((message) => thread.sign(message)));
  await thread.close();
  t.deepEqual(
    await signed,
    messages.map((message) => key.sign(message)),
  );
  t.is(await thread.sign(messages[0]!), key.sign(messages[0]!));
  t.deepEqual(defects, []);
});
