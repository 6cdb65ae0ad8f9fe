import test, {type ExecutionContext} from 'ava';
import {publicKey} from '../../../support/keys.js';
import {ScriptedPolicy} from '../../../support/scripted-policy.js';
import {World, type WorldOptions} from '../../../support/world.js';
import {type AuthInfo, post, statusQuestion, submission} from '../support/device.js';
import {served, towerKey} from '../support/served.js';
import type {Wire, WireRequest} from '../support/wire.js';

type Json = Readonly<Record<string, unknown>>;

interface Device {
  readonly world: World;
  readonly wire: Wire;
  info(): Promise<AuthInfo>;
  /** The body of an answer with this status. */
  says(status: number, request: WireRequest): Promise<Json>;
}

async function begin(t: ExecutionContext, options: WorldOptions = {settings: {auth: 'user'}}): Promise<Device> {
  const {world, connect} = await served(t, {}, options);
  const wire = await connect();
  const says = async (status: number, request: WireRequest) => {
    const answer = await wire.ask(request);
    t.is(answer.status, status, `${request.path} ${answer.text}`);
    return answer.json as Json;
  };
  return {world, wire, says, info: async () => (await says(200, get('/auth/info'))) as unknown as AuthInfo};
}

const get = (path: string): WireRequest => ({method: 'GET', path});

test('a device learns what its proof has to name', async (t) => {
  const {world, info} = await begin(t);
  t.deepEqual(await info(), {
    tower_id: towerKey.publicKey,
    auth: 'user',
    block_height: 100,
    block_hash: world.source.tip.hash,
    proof_window: 6,
  });
});

test('a device signs up, waits for the blocks, and is told what it has got', async (t) => {
  const policy = new ScriptedPolicy({callback: () => -2, check: () => 7});
  const {world, says, info} = await begin(t, {settings: {auth: 'user'}, policies: [policy]});
  t.deepEqual(await says(200, submission(await info(), {device: 2})), {
    request_id: 1,
    kind: 'user_signup',
    state: 'pending',
    proven: true,
    revision: 1,
    supersedes: null,
    received_height: 100,
    expires_at: 244,
    next_look_height: 101,
    retry_height: null,
    closing: null,
    tip_height: 100,
  });
  await world.mine();
  await world.tower.auth.settled();
  t.like(await says(200, submission(await info(), {device: 2})), {
    request_id: 1,
    state: 'pending',
    next_look_height: 102,
  });
  await world.mine();
  const closing = {height: 102, reason: 'approved', user_id: 7, role: null};
  t.like(await says(200, statusQuestion(await info(), {device: 2})), {
    public_key: publicKey(2),
    device: {user_id: 7, role: null, authorized_at: 102},
    requests: [{request_id: 1, state: 'approved', next_look_height: null, closing}],
    tip_height: 102,
  });
  t.like(await says(409, submission(await info(), {device: 2})), {
    error: 'the device is a device of user 7 already',
    error_code: 6,
    code: 'TOWER_ALREADY_AUTHORIZED',
    facts: {user_id: 7, role: null},
  });
});

test('a fast callback answers before the device has its answer', async (t) => {
  const policy = new ScriptedPolicy({callback: ({info}) => (info === 'coupon' ? 0 : -1)});
  const {says, info} = await begin(t, {settings: {auth: 'user'}, policies: [policy]});
  t.like(await says(200, submission(await info(), {device: 2, info: 'coupon'})), {state: 'approved'});
  const denied = {height: 100, reason: 'not authorized', user_id: null, role: null};
  t.like(await says(200, submission(await info(), {device: 3, info: 'none'})), {
    state: 'denied',
    retry_height: 106,
    closing: denied,
  });
  t.like(await says(403, submission(await info(), {device: 3, info: 'coupon'})), {
    error_code: 32,
    code: 'TOWER_DENIED_COOLDOWN',
    facts: {retry_height: 106, reason: 'not authorized'},
  });
});

test('a login and a node have endpoints of their own', async (t) => {
  const {world, says, info} = await begin(t);
  await world.tower.auth.authorizeUser(publicKey(2), 5, 'operator');
  t.like(await says(200, submission(await info(), {device: 3, kind: 'user_login'})), {kind: 'user_login'});
  t.like(await says(200, submission(await info(), {device: 3, kind: 'new_node'})), {request_id: 2, kind: 'new_node'});
  await world.changeSettings({auth: 'node'});
  t.like(await says(403, submission(await info(), {device: 4, kind: 'user_login'})), {
    error_code: 6,
    code: 'TOWER_WRONG_AUTH_LEVEL',
    facts: {level: 'node'},
  });
});

test('a proof that is none is refused, and says why', async (t) => {
  const {world, says, info} = await begin(t);
  const now = await info();
  t.like(await says(401, submission(now, {device: 2, signer: 3})), {
    error_code: 7,
    code: 'TOWER_INVALID_PROOF',
    facts: {reason: 'other_key'},
  });
  t.like(await says(401, submission(now, {device: 2}, {signature: 'd'.repeat(60_000)})), {
    code: 'TOWER_INVALID_PROOF',
    facts: {reason: 'key_not_recovered'},
  });
  await world.mine(6);
  t.like(await says(401, submission(now, {device: 2})), {
    code: 'TOWER_STALE_PROOF',
    facts: {block_height: 100, tip_height: 106, proof_window: 6},
  });
  t.is(world.tower.auth.pendingRequests, 0);
});

test('a device that keeps changing its mind is stopped', async (t) => {
  const {says, info} = await begin(t);
  for (let n = 1; n <= 9; n++) await says(200, submission(await info(), {device: 2, info: `mind ${n}`}));
  t.like(await says(401, submission(await info(), {device: 2, info: 'mind 3'})), {code: 'TOWER_REPLAYED_PROOF'});
  await says(200, submission(await info(), {device: 2, info: 'mind 10'}));
  t.like(await says(429, submission(await info(), {device: 2, info: 'mind 11'})), {
    error_code: 32,
    code: 'TOWER_TOO_MANY_REVISIONS',
  });
});

test('only a device itself learns where it stands', async (t) => {
  const {world, says, info} = await begin(t);
  await says(200, submission(await info(), {device: 2, info: 'secret coupon'}));
  await world.tower.auth.deny(1, {reason: 'for your eyes only', actor: 'operator'});
  const now = await info();
  for (const question of [
    statusQuestion(now, {device: 2, signer: 3}),
    statusQuestion(now, {device: 2}, {signature: ''}),
    statusQuestion({...now, tower_id: publicKey(9)}, {device: 2}),
    statusQuestion(now, {device: 3}, {public_key: publicKey(2)}),
  ]) {
    const refusal = await says(401, question);
    t.is(refusal['code'], 'TOWER_INVALID_PROOF');
    t.false(JSON.stringify(refusal).includes('eyes'));
  }
  t.deepEqual(await says(200, statusQuestion(now, {device: 3})), {
    public_key: publicKey(3),
    device: null,
    requests: [],
    tip_height: 100,
  });
  const own = await says(200, statusQuestion(now, {device: 2}));
  t.like(own, {device: null, requests: [{request_id: 1, state: 'denied', closing: {reason: 'for your eyes only'}}]});
  t.false(JSON.stringify(own).includes('coupon'));
  await world.mine(6);
  t.like(await says(401, statusQuestion(now, {device: 2})), {code: 'TOWER_STALE_PROOF'});
});

test('a proof of one endpoint is none at another', async (t) => {
  const {says, info} = await begin(t);
  const now = await info();
  const {body} = submission(now, {device: 2, kind: 'user_login'});
  const {login_info, ...rest} = JSON.parse(String(body)) as Json;
  t.like(await says(401, post('/auth/user_signup', {signup_info: login_info, ...rest})), {code: 'TOWER_INVALID_PROOF'});
});

test('whatever is not exactly what is asked for is refused', async (t) => {
  const {world, wire, says, info} = await begin(t);
  const now = await info();
  const good = JSON.parse(String(submission(now, {device: 2}).body)) as Json;
  const without = (name: string) => Object.fromEntries(Object.entries(good).filter(([field]) => field !== name));
  const bodies: [body: unknown, code: number, status?: number][] = [
    ['', 6],
    ['{', 6],
    ['[]', 3],
    ['null', 3],
    ['"x"', 3],
    ['{}', 1],
    [`${JSON.stringify(good)}x`, 6],
    [`${JSON.stringify(good).slice(0, -1)},"signature":"x"}`, 6],
    [{...good, login_info: 'x'}, 6],
    [{...good, __proto__x: 1}, 6],
    ...Object.keys(good).map((name): [unknown, number] => [without(name), 1]),
    ...Object.keys(good).map((name): [unknown, number] => [{...good, [name]: null}, 3]),
    ...Object.keys(good).map((name): [unknown, number] => [{...good, [name]: {}}, 3]),
    [{...good, block_height: -1}, 6],
    [{...good, block_height: 1.5}, 3],
    [{...good, block_height: 2 ** 32}, 6],
    [{...good, block_height: '100'}, 3],
    [{...good, block_hash: 'ab'}, 5],
    [{...good, node_info: '{'}, 5],
    [{...good, node_info: '{}'}, 5],
    [{...good, node_info: 'x'.repeat(4097)}, 5],
    [{...good, signup_info: 'x'.repeat(4097)}, 5],
    [{...good, signup_info: '\ud800'}, 6],
    [{...good, signup_info: 'x'.repeat(65 * 1024)}, 6, 413],
  ];
  for (const [body, errorCode, status = 400] of bodies) {
    const json = await says(status, post('/auth/user_signup', body));
    t.is(json['error_code'], errorCode, `${JSON.stringify(body).slice(0, 200)} ${JSON.stringify(json)}`);
    if (status === 400) t.regex(String(json['code']), /^TOWER_INVALID_/);
  }
  t.is((await says(400, post('/auth/request', {...good})))['error_code'], 6);
  t.is((await says(400, statusQuestion(now, {device: 2}, {public_key: '02ab'})))['code'], 'TOWER_INVALID_PARAMETER');
  for (const [method, path, status] of [
    ['GET', '/auth/user_signup', 405],
    ['POST', '/auth/info', 405],
    ['POST', '/auth/revoke', 404],
    ['GET', '/auth', 404],
  ] as const) {
    t.is((await wire.ask({method, path})).status, status, `${method} ${path}`);
  }
  t.is(world.tower.auth.pendingRequests, 0);
  await says(200, post('/auth/user_signup', good));
});

test('a tower that has not seen a block answers nobody', async (t) => {
  const world = await World.open(t, {settings: {auth: 'user'}});
  const {connect} = await served(t, {}, {world});
  const wire = await connect();
  const now = {tower_id: publicKey(9), auth: 'user', block_height: 1, block_hash: 'ab'.repeat(32), proof_window: 6};
  for (const request of [get('/auth/info'), submission(now, {device: 2}), statusQuestion(now, {device: 2})]) {
    const {status, headers, json} = await wire.ask(request);
    t.is(status, 503);
    t.is(headers['retry-after'], '10');
    t.like(json, {error: 'Service currently unavailable', error_code: 32});
  }
});

test('strangers with many keys are stopped within the block, and who is in is still answered', async (t) => {
  const {world, wire, says, info} = await begin(t);
  const node = {diary: 'x'.repeat(3_900)};
  const now = await info();
  let device = 2;
  while ((await wire.ask(submission(now, {device, node}))).status === 200) device++;
  // A quarter of a mebibyte, which is what one address may have.
  t.is(world.tower.auth.pendingRequests, device - 2);
  t.true(device - 2 > 50 && device - 2 < 60, `${device - 2} of them`);
  t.like(await says(503, submission(await info(), {device, node})), {
    error: 'the tower takes no more new requests in this block; ask again from height 101 on',
    code: 'TOWER_TOO_MANY_REQUESTS',
    facts: {retry_height: 101},
  });
  t.like(await says(200, submission(await info(), {device: 2, node})), {request_id: 1, state: 'pending'});
  await world.mine();
  await says(200, submission(await info(), {device, node}));
});
