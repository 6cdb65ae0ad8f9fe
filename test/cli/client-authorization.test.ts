import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {served, towerKey} from '../api/public/support/served.js';
import {publicKey} from '../support/keys.js';
import {ScriptedPolicy} from '../support/scripted-policy.js';
import {tempDir} from '../support/temp-dir.js';
import type {World, WorldOptions} from '../support/world.js';
import {type Ended, runHere} from './harness.js';

interface Stage {
  readonly world: World;
  /** Runs `bartizan client` as the n-th test user. */
  as(n: number, ...args: string[]): Promise<Ended>;
}

async function stage(t: ExecutionContext, options: WorldOptions): Promise<Stage> {
  const {world, port} = await served(t, {}, options);
  const stateDir = tempDir(t);
  const tower = `${towerKey.publicKey}@127.0.0.1:${port}`;
  const as = (n: number, ...args: string[]) => {
    const keyFile = join(stateDir, `${n}.key`);
    writeFileSync(keyFile, n.toString(16).padStart(64, '0'), {mode: 0o600});
    return runHere(['client', ...args, '--tower', tower, '--key-file', keyFile, '--state-dir', stateDir]);
  };
  return {world, as};
}

test('a person signs up, is told when the tower looks at it, and registers once it has approved', async (t) => {
  const policy = new ScriptedPolicy({callback: () => -2, check: () => 7});
  const {world, as} = await stage(t, {settings: {auth: 'user'}, policies: [policy]});
  const refused = await as(2, 'register');
  t.is(refused.status, 1);
  t.regex(
    refused.stderr,
    /^error: the tower refuses: The tower has to authorize this key: request 1 is pending.*\nhint: The tower's words/,
  );
  t.deepEqual(await as(2, 'signup', '--info', 'coupon'), {
    status: 0,
    stdout: `request  2  user_signup
state    pending
waits    looked at again at 101, in 1 block, about 10 minutes
         expires at 244, in 144 blocks, about 24 hours
`,
    stderr: '',
  });
  await world.mine();
  await world.tower.auth.settled();
  await world.mine();
  const {stdout} = await as(2, 'request');
  t.is(
    stdout,
    `key         ${publicKey(2)}
authorized  at 102, in this block
user        7

request  2  user_signup
state    approved at 102
user     7
next     bartizan client register
`,
  );
  t.is((await as(2, 'register')).status, 0);
  const json = await as(2, 'request', '--json');
  t.like(JSON.parse(json.stdout), {public_key: publicKey(2), device: {user_id: 7}, tip_height: 102});
});

test('a node is denied, is told why and when it may ask again, and ends with status 1', async (t) => {
  const policy = new ScriptedPolicy({callback: ({nodeInfo}) => (nodeInfo.includes('B-1') ? 'primary' : null)});
  const {as} = await stage(t, {settings: {auth: 'node'}, policies: [policy]});
  const denied = await as(3, 'new-node');
  t.is(denied.status, 1);
  t.is(
    denied.stdout,
    `request  1  new_node
state    denied at 100
reason   not authorized
next     the device may ask again at 106, in 6 blocks, about 1 hour
`,
  );
  const again = await as(3, 'new-node');
  t.regex(
    again.stderr,
    /\(TOWER_DENIED_COOLDOWN\)\nhint: Ask again at the height that the message names\. {3}\[TOWER_REFUSED\]/,
  );
  const approved = await as(4, 'new-node', '--node-info', '{"serial":"B-1"}', '--json');
  t.like(JSON.parse(approved.stdout), {state: 'approved', closing: {role: 'primary'}});
  t.regex((await as(5, 'request')).stdout, /^key +02.*\nauthorized {2}no\n$/);
});

test('a login says who it is for, from a file or on the command line, and without that nothing is sent', async (t) => {
  const {world, as} = await stage(t, {settings: {auth: 'user'}});
  const path = join(tempDir(t), 'password');
  writeFileSync(path, 'open sesame');
  t.regex((await as(2, 'login', '--info-file', path)).stdout, /^request {2}1 {2}user_login\nstate {4}pending\n/);
  t.is((await world.tower.auth.request(1)).info, 'open sesame');
  for (const args of [['login'], ['signup'], ['login', '--info', 'a', '--info-file', path]]) {
    t.is((await as(3, ...args)).status, 2, args.join(' '));
  }
});

test('a tower that has taken a request is remembered, and one that asks to come back', async (t) => {
  const {port} = await served(t, {}, {settings: {auth: 'user'}});
  const tower = `${towerKey.publicKey}@127.0.0.1:${port}`;
  const asked = [['signup', '--info', 'a'], ['login', '--info', 'a'], ['request'], ['register']];
  for (const [n, args] of asked.entries()) {
    const stateDir = tempDir(t);
    const client = (...more: string[]) => runHere(['client', ...more, '--state-dir', stateDir]);
    t.is((await client('key', '--new')).status, 0);
    t.is((await client(...args, '--tower', tower)).status, n === 3 ? 1 : 0, args[0]);
    t.regex((await client('request')).stdout, /^key +0/, args[0]);
  }
});
