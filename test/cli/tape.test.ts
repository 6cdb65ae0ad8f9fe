import {readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {publicKey} from '../support/keys.js';
import {aDaemon} from '../support/daemon.js';
import {sealed} from '../support/tapes.js';
import {ask, run, runHere, temporaryDirectory} from './harness.js';

test('the tape of a running tower, and that of its store, replay to its digest; the first that goes otherwise is named', async (t) => {
  const folder = await temporaryDirectory(t);
  const dataDir = join(folder, 'tower');
  const daemon = await aDaemon(t, {'--subscription-duration': '10'}, {dataDir});
  await ask(t, dataDir, 'register', publicKey(2));
  await ask(t, dataDir, 'mine', '12');
  await ask(t, dataDir, 'backup', join(folder, 'backup'));
  await ask(t, dataDir, 'register', publicKey(2));
  await ask(t, dataDir, 'mine', '3');
  const {digest, height, hash} = await ask<{digest: string; height: number; hash: string}>(t, dataDir, 'digest');

  const [whole, later, stored] = ['whole.tape', 'later.tape', 'stored.tape'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  t.like(await ask(t, dataDir, 'tape', whole), {digest, begins: 'log', first_event: 0, events: 18});
  t.like(await ask(t, dataDir, 'tape', later, '--from', join(folder, 'backup')), {digest, first_event: 14, events: 4});
  const pointed = join(folder, 'pointed.tape');
  t.like(await ask(t, dataDir, 'tape', pointed, '--digests', '5'), {digest, events: 18});
  const points = (await readFile(pointed, 'utf8')).match(/^\{"digest":"\w+","events":\d+\}$/gm);
  t.is(points?.length, 3);
  t.like(JSON.parse((await runHere(['replay', pointed, '--json'])).stdout), {replayed: 18, digest, divergence: null});
  await daemon.close();
  t.like(await ask(t, dataDir, 'tape', stored), {digest, events: 18});
  t.is(await readFile(stored, 'utf8'), await readFile(whole, 'utf8'));

  const {status, stdout, stderr} = await run(t, ['replay', whole]);
  t.is(stderr, '');
  t.is(status, 0);
  t.is(
    stdout,
    `${whole}: 18 events of regtest, from height 120 on, by Bartizan 0.1.0

replayed  every event, as the tape says
tip       ${height}  ${hash}
digest    ${digest}, as on the tape
`,
  );
  t.like(JSON.parse((await runHere(['replay', later, '--json'])).stdout), {replayed: 4, digest, divergence: null});

  const forged = join(folder, 'forged.tape');
  const text = await readFile(whole, 'utf8');
  await writeFile(forged, await sealed(text.replace('"subscription_expiry":130', '"subscription_expiry":131')));
  const otherwise = await runHere(['replay', forged]);
  t.is(otherwise.status, 1);
  t.regex(otherwise.stdout, /^event 1, at height 120, goes otherwise: something else comes of it now$/m);
  t.regex(otherwise.stdout, /^ {2}on the tape: .*"subscription_expiry":131/m);
  t.regex(otherwise.stdout, /^ {2}now: {9}.*"subscription_expiry":130/m);

  await writeFile(forged, text.slice(0, -100));
  const damaged = await runHere(['replay', forged]);
  t.is(damaged.status, 2);
  t.regex(damaged.stderr, /^error: .*forged\.tape: it was cut off: .*\nhint: .*\[TOWER_INVALID_TAPE\]\n$/);
  const existing = await runHere(['tape', whole, '--data-dir', dataDir]);
  t.regex(
    existing.stderr,
    /^error: .*whole\.tape is there already, and a tape never overwrites a file\nhint: Name another/,
  );
  t.is(await readFile(whole, 'utf8'), text);
  const own = await runHere(['tape', join(folder, 'own.tape'), '--data-dir', dataDir, '--from', dataDir]);
  t.is(own.status, 2);
  t.regex(own.stderr, /^error: --from .*tower is the data directory of the tower itself\nhint: Name a backup/);
});
