import {cp, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import type {EmbeddedTower} from '../../src/embedded/embedded-tower.js';
import {open, type RequestDetails} from '../../src/index.js';
import {type Ask, submissionTo} from '../support/devices.js';
import {tempDir} from '../support/temp-dir.js';

const example = fileURLToPath(new URL('../../../examples/policy', import.meta.url));

/** A tower whose policy is a copy of the example. */
async function towerWithPolicy(t: ExecutionContext): Promise<{db: EmbeddedTower; folder: string}> {
  const folder = tempDir(t);
  await cp(example, folder, {recursive: true});
  const policy = encodeURIComponent(join(folder, 'policy.mjs'));
  // Generous: the machine that runs the tests may be busy.
  const db = open(`file:${folder}/tower?auth=user&auth_policy=${policy}&auth_policy_time_limit=30000`);
  t.teardown(() => db.close());
  await db.ready();
  return {db, folder};
}

const submit = ({tower}: EmbeddedTower, ask: Ask): Promise<RequestDetails> =>
  tower.auth.submit(submissionTo({id: tower.id, tip: tower.tip!}, ask));

/** A block, and whatever it has asked. */
async function block(db: EmbeddedTower): Promise<void> {
  await db.mine();
  await db.tower.auth.settled();
}

test('the policy of the guide lets in who is invited, by the second block', async (t) => {
  const {db} = await towerWithPolicy(t);
  t.is((await submit(db, {device: 1, info: 'welcome alice'})).state, 'pending');
  t.is((await submit(db, {device: 2, info: 'welcome mallory'})).state, 'pending');
  t.is((await submit(db, {device: 3, kind: 'user_login', info: 'open sesame'})).state, 'pending');
  t.is((await submit(db, {device: 4, kind: 'user_login', info: 'a guess'})).state, 'pending');
  await block(db);
  await block(db);
  const {requests} = await db.tower.auth.requests({limit: 10});
  t.deepEqual(
    requests.map(({state, closing}) => [state, closing?.userId, closing?.actor, closing?.height]),
    [
      ['approved', 1, 'policy', 122],
      ['denied', null, 'policy', 122],
      ['approved', 1, 'policy', 122],
      ['denied', null, 'policy', 122],
    ],
  );
});

test('the policy of the guide decides at once what needs no account', async (t) => {
  const {db} = await towerWithPolicy(t);
  t.like(await submit(db, {device: 1, info: 'let me in'}), {state: 'denied', closing: {actor: 'policy'}});
  t.is((await submit(db, {device: 2, kind: 'user_login', info: ''})).state, 'denied');
  const backup = await submit(db, {device: 3, kind: 'new_node', node: {serial: 'B-1'}});
  t.like(backup, {state: 'approved', closing: {role: 'primary'}});
  t.is((await submit(db, {device: 4, kind: 'new_node', node: {serial: 'X-9'}})).state, 'denied');
});

test('an account that is added to the file of the guide counts from the next block on', async (t) => {
  const {db, folder} = await towerWithPolicy(t);
  await writeFile(join(folder, 'accounts.json'), '[{"id": 7, "invitation": "welcome carol", "password": ""}]');
  await submit(db, {device: 1, info: 'welcome carol'});
  await block(db);
  await block(db);
  t.like(await db.tower.auth.request(1), {state: 'approved', closing: {userId: 7}});
});
