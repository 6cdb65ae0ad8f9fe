import {createHash} from 'node:crypto';
import test from 'ava';
import {regtestGenesisBlock} from '../../src/chain/genesis.js';
import {genesisOf} from '../../src/chain/network.js';
import {defaultGatekeeperSettings} from '../../src/gatekeeper/settings.js';
import {
  type Change,
  encodeDevice,
  encodeHeader,
  encodeIds,
  encodeRequest,
  layout,
  MemoryStore,
  type Meta,
  pageRows,
  type RequestRow,
  type RequestState,
  verify,
} from '../../src/store/index.js';
import {metaChanges} from '../../src/store/meta.js';
import {fakeKey} from '../support/keys.js';

const nothing = new Uint8Array(0);
const hash = 'ab'.repeat(32);
const tip = {...regtestGenesisBlock().header, height: 200, chainwork: 1n};
const infoOf = (id: number): string => `token ${id}`;
const sha256 = (data: string): string => createHash('sha256').update(data).digest('hex');

const pending = (id: number, more: Partial<RequestRow> = {}): RequestRow => ({
  kind: 'user_signup',
  key: fakeKey(id),
  infoHash: sha256(infoOf(id)),
  nodeInfo: '{}',
  receivedHeight: 160,
  receivedHash: hash,
  proven: true,
  proofHeight: 159,
  revision: 1,
  previous: null,
  signedBefore: null,
  state: 'pending',
  stage: 'callback',
  attempts: 0,
  readyHeight: 160,
  answer: null,
  closing: null,
  ...more,
});
const closed = (
  id: number,
  state: Exclude<RequestState, 'pending'>,
  height: number,
  more: Partial<RequestRow> = {},
): RequestRow => ({
  ...pending(id),
  state,
  closing: {height, hash, actor: 'policy', reason: 'so', userId: null, role: null},
  ...more,
});
const answer = {verdict: {type: 'deny', reason: 'no'}, actor: 'policy', height: 199, hash} as const;

/** One request of every sort. */
const requests: Readonly<Record<number, RequestRow>> = {
  1: closed(1, 'denied', 150),
  2: pending(2, {key: fakeKey(1), previous: 1, revision: 2}),
  3: pending(3, {kind: 'user_login', stage: 'check', attempts: 2, readyHeight: 210}),
  4: pending(4, {stage: 'check', receivedHeight: 101, answer}),
  5: closed(5, 'expired', 190),
  6: closed(6, 'expired', 60),
  7: closed(7, 'approved', 195, {kind: 'new_node', infoHash: null}),
  8: closed(8, 'expired', 70),
  9: closed(9, 'superseded', 180),
  10: closed(10, 'failed', 50, {key: fakeKey(9)}),
  // Its device has had a newer one of the kind, which was closed in a lower block and is forgotten by now.
  11: closed(11, 'denied', 55),
  13: pending(13, {kind: 'new_node', key: fakeKey(3), infoHash: null, receivedHeight: 200, readyHeight: 201}),
  14: pending(14, {kind: 'new_node', infoHash: null, proven: false}),
};

const meta: Meta = {
  chain: {network: 'regtest', genesis: genesisOf.regtest},
  tip,
  start: 0,
  counters: {
    nextUserId: 1,
    nextSubscription: 1,
    users: 0,
    nextRequestId: 15,
    pendingRequests: 5,
    closedRequests: 8,
    unprovenRequests: 1,
    appointments: 0,
    takenSlots: 0,
  },
  settings: defaultGatekeeperSettings,
  progress: {
    highest: 200,
    sweptExpiry: 0,
    purgedUndo: 0,
    sweptForget: 0,
    sweptTimeouts: 100,
    sweptClosed: 50,
    purgedTimeouts: 0,
    firstAnswered: 4,
    lastJoin: 195,
    prunedLog: 0,
    firstLog: 0,
    nextLog: 0,
  },
};

const {answeredKey, deviceKey, infoKey, readyKey, requestDueKey, requestKey, requestOfKey, timeoutKey} = layout;

/** A sound store, row by row: what stands beside each request is written down, not derived. */
const sound: readonly Change[] = [
  ...metaChanges(undefined, meta),
  [layout.headerKey(200), encodeHeader(tip)],
  ...Object.entries(requests).map(([id, row]): Change => [requestKey(Number(id)), encodeRequest(row)]),
  ...[2, 3, 4, 5, 8].map((id): Change => [infoKey(id), Buffer.from(infoOf(id))]),

  [requestDueKey('c', 150, 1), nothing],

  [requestDueKey('t', 160, 2), nothing],
  [readyKey('callback', 'user_signup', 160, 2), nothing],
  [requestOfKey(fakeKey(1), 'user_signup'), encodeIds([2])],

  [requestDueKey('t', 160, 3), nothing],
  [readyKey('check', 'user_login', 210, 3), nothing],
  [requestOfKey(fakeKey(3), 'user_login'), encodeIds([3])],

  [requestDueKey('t', 101, 4), nothing],
  [answeredKey(4), nothing],
  [requestOfKey(fakeKey(4), 'user_signup'), encodeIds([4])],

  [requestDueKey('c', 190, 5), nothing],
  [requestOfKey(fakeKey(5), 'user_signup'), encodeIds([5])],
  [timeoutKey(190, 0), encodeIds([5])],

  [requestDueKey('c', 60, 6), nothing],
  [requestOfKey(fakeKey(6), 'user_signup'), encodeIds([6])],

  [requestDueKey('c', 195, 7), nothing],
  [requestOfKey(fakeKey(7), 'new_node'), encodeIds([7])],
  [deviceKey(fakeKey(7)), encodeDevice({userId: 0, role: 'primary', authorizedAt: 195})],

  [requestDueKey('c', 70, 8), nothing],
  [requestOfKey(fakeKey(8), 'user_signup'), encodeIds([8])],
  // Made final by an operator, and not yet purged; 12 was forgotten early.
  [timeoutKey(0, 0), encodeIds([8, 12])],

  [requestDueKey('c', 180, 9), nothing],
  [requestDueKey('c', 50, 10), nothing],
  [requestOfKey(fakeKey(9), 'user_signup'), encodeIds([10])],

  [requestDueKey('c', 55, 11), nothing],

  [requestDueKey('t', 200, 13), nothing],
  [readyKey('callback', 'new_node', 201, 13), nothing],
  [requestOfKey(fakeKey(3), 'new_node'), encodeIds([13])],

  [requestDueKey('t', 160, 14), nothing],
  [readyKey('callback', 'new_node', 160, 14, false), nothing],
  [requestOfKey(fakeKey(14), 'new_node'), encodeIds([14])],
];

async function aStore(): Promise<MemoryStore> {
  const rows = new MemoryStore();
  await rows.write(sound);
  return rows;
}

test('requests of every sort stand beside each other without a problem', async (t) => {
  t.deepEqual(await verify(await aStore()), {
    ...{users: 0, appointments: 0, appointmentsOfDeleted: 0, requests: 13},
    ...{problemCount: 0, problems: []},
  });
});

test('without any row that belongs to a request, a problem is found', async (t) => {
  // Those whose newest request was closed so long ago that it may be forgotten.
  const mayLack = [6, 8, 9].map((id) => requestOfKey(fakeKey(id), 'user_signup'));
  const isExtra = (key: string): boolean => /^(meta|local|header|device)!/.test(key) || mayLack.includes(key);
  for (const [key] of sound) {
    if (isExtra(key)) continue;
    const rows = await aStore();
    await rows.write([[key, null]]);
    const {problemCount} = await verify(rows);
    t.true(problemCount > 0, JSON.stringify(key));
  }
});

const row = (id: number, more: object): Change => [
  requestKey(id),
  encodeRequest({...requests[id]!, ...more} as RequestRow),
];
const counted = (counters: Partial<Meta['counters']>): Change[] =>
  metaChanges(meta, {...meta, counters: {...meta.counters, ...counters}});
const progressed = (progress: Partial<Meta['progress']>): Change[] =>
  metaChanges(meta, {...meta, progress: {...meta.progress, ...progress}});

const damages: [what: string, problems: readonly RegExp[], changes: Change[]][] = [
  [
    'a pending request without its due row',
    [/^request 3 has no due row at 160$/],
    [[requestDueKey('t', 160, 3), null]],
  ],
  [
    'a pending request without its ready row',
    [/^request 3 has no ready row at 210$/],
    [[readyKey('check', 'user_login', 210, 3), null]],
  ],
  ['an answered request without its answered row', [/^request 4 has no answered row$/], [[answeredKey(4), null]]],
  ['a closed request without its due row', [/^request 7 has no due row at 195$/], [[requestDueKey('c', 195, 7), null]]],
  [
    'a second due row of a pending request',
    [/^due row at 161 names request 3/],
    [[requestDueKey('t', 161, 3), nothing]],
  ],
  [
    'a second due row of a closed request',
    [/^due row at 196 names request 7/],
    [[requestDueKey('c', 196, 7), nothing]],
  ],
  [
    'a pending request in the index of closed ones',
    [/^due row at 160 names request 3/],
    [[requestDueKey('c', 160, 3), nothing]],
  ],
  [
    'a closed request in the index of pending ones',
    [/^due row at 195 names request 7/],
    [[requestDueKey('t', 195, 7), nothing]],
  ],
  ['a due row of no request', [/^due row at 195 names request 99/], [[requestDueKey('c', 195, 99), nothing]]],
  [
    'due rows of a kind that there is not, wherever they stand',
    [/^due row at 9 names request 3/, /^due row at 9 names request 4/, /^due row at 9 names request 5/],
    ['d', 'f', 'z'].map((kind, i): Change => [requestDueKey(kind as 't', 9, 3 + i), nothing]),
  ],
  ['a second ready row', [/^ready row at 211 names request 3/], [[readyKey('check', 'user_login', 211, 3), nothing]]],
  [
    'a ready row of another stage',
    [/^ready row at 210 names request 3/],
    [[readyKey('callback', 'user_login', 210, 3), nothing]],
  ],
  [
    'a ready row of another kind',
    [/^ready row at 210 names request 3/],
    [[readyKey('check', 'user_signup', 210, 3), nothing]],
  ],
  [
    'an unproven request among the proven ones',
    [/^ready row at 160 names request 14/, /^request 14 has no ready row at 160$/],
    [
      [readyKey('callback', 'new_node', 160, 14, false), null],
      [readyKey('callback', 'new_node', 160, 14), nothing],
    ],
  ],
  [
    'a ready row of a request that is answered',
    [/^ready row at 160 names request 4/],
    [[readyKey('check', 'user_signup', 160, 4), nothing]],
  ],
  [
    'a ready row of a closed request',
    [/^ready row at 160 names request 7/],
    [[readyKey('callback', 'new_node', 160, 7), nothing]],
  ],
  [
    'a ready row of no request',
    [/^ready row at 160 names request 99/],
    [[readyKey('callback', 'new_node', 160, 99), nothing]],
  ],
  ['an answered row of a request without an answer', [/^answered row names request 3/], [[answeredKey(3), nothing]]],
  ['an answered row of a closed request', [/^answered row names request 1/], [[answeredKey(1), nothing]]],
  [
    'a closed request that is said to be pending',
    [
      /^request 1 is pending, and was closed at 150$/,
      /^request 1 is pending, but request 2 is the newest/,
      /^request 1 is pending, but its info is gone$/,
      /requests are .*, \d are counted$/,
    ],
    [row(1, {state: 'pending'})],
  ],
  [
    'a pending request that is said to be denied',
    [
      /^request 3 is denied, and was never closed$/,
      /^the info of request 3 is kept/,
      /requests are .*, \d are counted$/,
    ],
    [row(3, {state: 'denied'})],
  ],
  [
    'a pending request that was received elsewhere',
    [/^request 3 has no due row at 162/, /^due row at 160 names request 3/],
    [row(3, {receivedHeight: 162})],
  ],
  [
    'a request that was closed elsewhere',
    [/^request 7 has no due row at 194/, /^due row at 195 names request 7/],
    [row(7, {closing: {...requests[7]!.closing!, height: 194}})],
  ],
  ['a request without its info', [/^request 2 is pending, but its info is gone$/], [[infoKey(2), null]]],
  [
    'a request that may return without its info',
    [/^request 5 is expired, but its info is gone$/],
    [[infoKey(5), null]],
  ],
  ['info of another content', [/^the info of request 2 is not the one/], [[infoKey(2), Buffer.from('token 3')]]],
  ['info of a node', [/^the info of request 13 is not the one/], [[infoKey(13), nothing]]],
  ['info of a request that is decided', [/^the info of request 1 is kept/], [[infoKey(1), Buffer.from(infoOf(1))]]],
  [
    'info of a request that has expired for good',
    [/^the info of request 6 is kept/],
    [[infoKey(6), Buffer.from(infoOf(6))]],
  ],
  ['info of no request', [/^the info of request 99 is kept/], [[infoKey(99), nothing]]],
  [
    'a pending request that is not found by its device',
    [/^request 3 is not found as a user_login of/],
    [[requestOfKey(fakeKey(3), 'user_login'), null]],
  ],
  [
    'a closed request that is not found by its device',
    [/^request 7 is not found as a new_node of/],
    [[requestOfKey(fakeKey(7), 'new_node'), null]],
  ],
  [
    'an older request that is said to be the newest',
    [/^request 10 is newer than request 9/],
    [[requestOfKey(fakeKey(9), 'user_signup'), encodeIds([9])]],
  ],
  [
    'a pending request beside a newer one',
    [/^request 2 is pending, but request 3 is the newest user_signup of/],
    [
      row(3, {key: fakeKey(1), kind: 'user_signup'}),
      [readyKey('check', 'user_login', 210, 3), null],
      [readyKey('check', 'user_signup', 210, 3), nothing],
      [requestOfKey(fakeKey(1), 'user_signup'), encodeIds([3])],
      [requestOfKey(fakeKey(3), 'user_login'), null],
    ],
  ],
  [
    "a newest request that is somebody else's",
    [/^request 3 is pending, but request 7 is the newest/, /said to be request 7, which is not/],
    [[requestOfKey(fakeKey(3), 'user_login'), encodeIds([7])]],
  ],
  [
    'a newest request of another kind',
    [/said to be request 3, which is not/],
    [[requestOfKey(fakeKey(3), 'user_signup'), encodeIds([3])]],
  ],
  [
    'a newest request that there is not',
    [/said to be request 99, which is not/],
    [[requestOfKey(fakeKey(30), 'user_signup'), encodeIds([99])]],
  ],
  [
    'a newest request that cannot be read',
    [/^request 3 is not found/, /said to be request 0, which is not/],
    [[requestOfKey(fakeKey(3), 'user_login'), Buffer.from('three')]],
  ],
  ['an id that could be given out again', [/^request id 14 could be given out again$/], counted({nextRequestId: 14})],
  ['pending requests that are miscounted', [/^5 requests are pending, 6 are counted$/], counted({pendingRequests: 6})],
  [
    'unproven requests that are miscounted',
    [/^1 pending requests are unproven, 0 are counted$/],
    counted({unprovenRequests: 0}),
  ],
  ['closed requests that are miscounted', [/^8 requests are closed, 7 are counted$/], counted({closedRequests: 7})],
  [
    'a pending request that the sweep of time-outs has passed',
    [/^no block will time out request 4, which was received at 101$/],
    progressed({sweptTimeouts: 101}),
  ],
  [
    'a closed request that the sweep of closed ones has passed',
    [/^no block will forget request 10, which was closed at 50$/],
    progressed({sweptClosed: 51}),
  ],
  [
    'an answer that the sweep of answers has passed',
    [/^no block will apply the answer that request 4 has$/],
    progressed({firstAnswered: 5}),
  ],
  [
    'a timeout row that the purge has passed',
    [/^no block will purge the timeout row at 0$/],
    progressed({purgedTimeouts: 1}),
  ],
  [
    'a timeout row above the tip',
    [/^a timeout row stands at 201, above the tip$/, /^request 6 is said to have timed out at 201, but/],
    [
      [timeoutKey(201, 0), encodeIds([6])],
      [infoKey(6), Buffer.from(infoOf(6))],
    ],
  ],
  [
    'a timeout row of a request that is pending',
    [/^request 3 is said to have timed out at 190, but is pending$/],
    [[timeoutKey(190, 0), encodeIds([5, 3])]],
  ],
  [
    'a timeout row of another block',
    [/^request 6 is said to have timed out at 190, but is expired$/],
    [
      [timeoutKey(190, 1), encodeIds([6])],
      [infoKey(6), Buffer.from(infoOf(6))],
    ],
  ],
  [
    'a request that has timed out twice',
    [/^request 5 is said to have timed out twice$/],
    [[timeoutKey(0, 1), encodeIds([5])]],
  ],
  ['a timeout row that is cut short', [/^a row of request ids has 5 bytes$/], [[timeoutKey(190, 1), Buffer.alloc(5)]]],
  [
    'a node without a role',
    [/^device .* has neither a user nor a role$/],
    [[deviceKey(fakeKey(7)), encodeDevice({userId: 0, role: null, authorizedAt: 195})]],
  ],
  [
    'a node that joined when none is said to have',
    [/^device .* joined at 196, later than/],
    [[deviceKey(fakeKey(7)), encodeDevice({userId: 0, role: 'secondary', authorizedAt: 196})]],
  ],
  [
    'a request whose key is too long',
    [/^the row of request 3 cannot be read$/],
    [[`${requestKey(3)}\0`, encodeRequest(requests[3]!)]],
  ],
];

for (const [what, problems, changes] of damages) {
  test(`found: ${what}`, async (t) => {
    const rows = await aStore();
    await rows.write(changes);
    const found = await verify(rows);
    const told = found.problems.join('\n');
    for (const problem of problems)
      t.true(
        found.problems.some((text) => problem.test(text)),
        `${problem}\n${told}`,
      );
    t.true(
      found.problems.every((text) => problems.some((problem) => problem.test(text))),
      told,
    );
  });
}

test('whatever stands in the row of a request, it is reported and the rest is looked at', async (t) => {
  const good = JSON.parse(encodeRequest(requests[3]!).toString()) as Record<string, unknown>;
  const wrong: string[] = ['', '{', '[]', 'null', '{"kind":"}', '{"kind":"user_login"}'];
  for (const field of ['kind', 'key', 'state', 'stage', 'infoHash', 'receivedHeight', 'readyHeight', 'answer']) {
    for (const value of [undefined, 'x', -1, 1.5, 2 ** 32, {}, ['__proto__']]) {
      if (field === 'infoHash' && value === 'x') continue;
      if (field === 'answer' && typeof value === 'object') continue;
      wrong.push(JSON.stringify({...good, [field]: value}));
    }
  }
  for (const closing of [undefined, 'x', 1, {}, {height: -1}, {height: '1'}]) {
    wrong.push(JSON.stringify({...good, closing}));
  }
  for (const value of wrong) {
    const rows = await aStore();
    await rows.write([
      [requestKey(3), Buffer.from(value)],
      [answeredKey(4), null],
    ]);
    const {problems} = await verify(rows);
    t.true(problems.includes('the row of request 3 cannot be read'), value);
    t.true(problems.includes('request 4 has no answered row'), value);
    t.true(problems.includes('a newest request of a device is said to be request 3, which is not'), value);
  }
});

test('more requests than are read at once are all looked at', async (t) => {
  const rows = await aStore();
  const count = 2 * pageRows + 1;
  const first = 1_000;
  const many = Array.from({length: count}, (_, i): Change[] => {
    const id = first + i;
    return [
      [requestKey(id), encodeRequest(pending(id))],
      [requestDueKey('t', 160, id), nothing],
      [readyKey('callback', 'user_signup', 160, id), nothing],
      [requestOfKey(fakeKey(id), 'user_signup'), encodeIds([id])],
      [infoKey(id), Buffer.from(infoOf(id))],
    ];
  });
  await rows.write([
    ...many.flat(),
    ...counted({nextRequestId: first + count, pendingRequests: meta.counters.pendingRequests + count}),
  ]);
  t.deepEqual((await verify(rows)).problems, []);
  t.is((await verify(rows)).requests, count + 13);
  const last = first + count - 1;
  await rows.write([[infoKey(last), Buffer.from('x')]]);
  await rows.write([[readyKey('callback', 'user_signup', 160, last), null]]);
  t.deepEqual((await verify(rows)).problems, [
    `request ${last} has no ready row at 160`,
    `the info of request ${last} is not the one that was sent`,
  ]);
});
