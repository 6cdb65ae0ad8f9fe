import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {recoverKey} from '../../src/crypto/message-signature.js';
import {registrationReceipt} from '../../src/crypto/receipt.js';
import {appointmentMessage} from '../../src/crypto/user-message.js';
import {type AuthInfo, post, registration, statusQuestion, submission} from '../api/public/support/device.js';
import {askOnce, type WireRequest} from '../api/public/support/wire.js';
import {publicKey, signingKey} from '../support/keys.js';
import {tempDir} from '../support/temp-dir.js';
import {TowerProcess} from './support/tower-process.js';

const policy = `
export const user_signup = (signupInfo, nodeInfo, {proven}) => (proven ? -2 : -1);
export const checkUserSignup = (signupInfo) => (signupInfo === 'coupon-12' ? 0 : -1);
export const user_login = (loginInfo) => (loginInfo === 'code-1' ? 1 : -1);
`;

type Json = Readonly<Record<string, unknown>>;

test.serial(
  'devices join over the wire by a policy file, a kill in between included, and get their receipts',
  async (t) => {
    const dataDir = tempDir(t);
    const policyFile = join(tempDir(t), 'policy.mjs');
    await writeFile(policyFile, policy);
    const flags = ['--auth', 'user', '--auth-policy', policyFile];
    const start = async () => {
      const started = await new TowerProcess(t, dataDir, flags).listening();
      await started.says(/event=policy_loaded/);
      await started.says(/state=synced/);
      return started;
    };
    let tower = await start();
    const says = async (status: number, request: WireRequest): Promise<Json> => {
      const answer = await askOnce((await tower.api()).port, request);
      t.is(answer.status, status, `${request.path} ${answer.text}`);
      return answer.json as Json;
    };
    const info = async () => (await says(200, {method: 'GET', path: '/auth/info'})) as unknown as AuthInfo;

    const {tower_id: towerId, block_height: height} = await info();
    t.deepEqual(await says(503, registration(1)), {
      error: `The tower has to authorize this key: request 1 is denied (not authorized). Register again from block ${height + 6} on`,
      error_code: 32,
    });
    t.like(await says(200, submission(await info(), {device: 1, info: 'coupon-12'})), {
      request_id: 2,
      state: 'pending',
    });
    await tower.kill();

    tower = await start();
    t.like(await says(503, registration(1)), {error_code: 32});
    t.like(await says(200, statusQuestion(await info(), {device: 1})), {
      device: null,
      requests: [{request_id: 2, state: 'pending'}],
    });
    await tower.admin.mine(1);
    await tower.says(/event=answer_recorded/);
    await tower.admin.mine(1);
    const decided = {
      request_id: 2,
      state: 'approved',
      closing: {height: height + 2, reason: 'approved', user_id: 1, role: null},
    };
    t.like(await says(200, statusQuestion(await info(), {device: 1})), {device: {user_id: 1}, requests: [decided]});

    const receipt = await says(200, registration(1));
    const promise = {
      userKey: publicKey(1),
      availableSlots: 10_000,
      subscriptionStart: height + 2,
      subscriptionExpiry: height + 4322,
    };
    t.like(receipt, {available_slots: 10_000, subscription_start: height + 2, subscription_expiry: height + 4322});
    t.is(recoverKey(registrationReceipt(promise), receipt['subscription_signature'] as string), towerId);
    const deposit = {locator: 'ab'.repeat(16), encryptedBlob: Buffer.from('cd'.repeat(32), 'hex'), toSelfDelay: 42};
    const appointment = {locator: deposit.locator, encrypted_blob: 'cd'.repeat(32), to_self_delay: 42};
    const signature = signingKey(1).sign(appointmentMessage(deposit));
    t.like(await says(200, post('/add_appointment', {appointment, signature})), {available_slots: 9_999});

    t.like(await says(200, submission(await info(), {device: 2, kind: 'user_login', info: 'code-1'})), {
      state: 'approved',
    });
    t.like(await says(200, registration(2)), {available_slots: 9_999, subscription_expiry: height + 4322});

    t.is((await tower.signal('SIGTERM')).status, 0);
    t.false(/coupon-12|code-1/.test(tower.log.join('\n')));
  },
);
