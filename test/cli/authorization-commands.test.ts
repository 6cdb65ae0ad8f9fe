import test, {type ExecutionContext} from 'ava';
import {join} from 'node:path';
import type {AdminAuthorization, RequestAtTip} from '../../src/api/admin/admin-authorization.js';
import {serveAdmin} from '../../src/api/admin/server.js';
import {socketPathOf} from '../../src/api/admin/socket.js';
import {plain} from '../../src/cli/paint.js';
import {request} from '../../src/cli/request.js';
import {isInHand, waitInWords, withPolicies} from '../../src/cli/request-in-words.js';
import {requests} from '../../src/cli/requests.js';
import {Rejection} from '../../src/errors/index.js';
import {deniedRequest, fakeAuthorization, fakeDevice, hashOf, pendingRequest} from '../api/admin/fake-authorization.js';
import {fakeKey, fakeTower} from '../api/admin/fake-tower.js';
import {runHere, temporaryDirectory} from './harness.js';

async function aTower(t: ExecutionContext, overrides: Partial<AdminAuthorization> = {}): Promise<string> {
  const dataDir = await temporaryDirectory(t);
  const server = await serveAdmin(fakeTower({auth: fakeAuthorization(overrides)}), {
    path: socketPathOf(dataDir),
    onDefect: (error) => t.fail(String(error)),
  });
  t.teardown(() => server.close());
  return dataDir;
}

const prints = test.macro({
  title: (_, args: string[]) => `bartizan ${args.join(' ').replaceAll(fakeKey, 'KEY')} prints what the tower answers`,
  async exec(t, args: string[], stdout: string) {
    const dataDir = await aTower(t);
    t.deepEqual(await runHere([...args, '--data-dir', dataDir]), {status: 0, stdout, stderr: ''});
  },
});

test(
  prints,
  ['requests'],
  `1 pending request at tip 122

request  kind         key                                                                 state    age       expires in  attempts  revision  user  role  stage or reason
3        user_signup  ${fakeKey}  pending  2 blocks  142 blocks  1         2         -     -     callback at 124
`,
);

test(
  prints,
  ['requests', '--state', 'all', '--after', '3'],
  `1 request at tip 122

request  kind      key                                                                 state   age       expires in  attempts  revision  user  role  stage or reason
4        new_node  ${fakeKey}  denied  2 blocks  -           0         1         -     -     not one of ours
`,
);

test(prints, ['requests', '--state', 'failed'], 'no failed requests at tip 122\n');

test(
  prints,
  ['request', '3'],
  `request     3
kind        user_signup
key         ${fakeKey}
state       pending
waits       for a policy's fast callback, or an operator; asked about again at 124, in 2 blocks, about 20 minutes
            expires at 264, in 142 blocks, about 24 hours
info        "let me in"
info hash   ${'cd'.repeat(32)}
node info   {
              "public_key": "${fakeKey}",
              "hostname": "phone"
            }
received    at 120, 2 blocks ago  ${hashOf(120)}
supersedes  request 2
attempts    1 ended in an error
decide      bartizan approve 3
            bartizan deny 3 --reason TEXT
`,
);

test(
  prints,
  ['request', '4'],
  `request    4
kind       new_node
key        ${fakeKey}
state      denied
node info  {
             "public_key": "${fakeKey}",
             "hostname": "phone"
           }
received   at 120, 2 blocks ago  ${hashOf(120)}
answer     by policy at 120, 2 blocks ago  ${hashOf(120)}
           deny: not one of ours
denied     by policy at 121, 1 block ago  ${hashOf(121)}
reason     not one of ours
next       the device may ask again at 127, in 5 blocks, about 50 minutes
`,
);

test(
  prints,
  ['approve', '3', '--user', '9'],
  `request  3  user_signup
key      ${fakeKey}
state    approved at 122 by operator
user     9
`,
);

test(
  prints,
  ['deny', '3', '--reason', 'call us "first"'],
  `request  3  new_node
key      ${fakeKey}
state    denied at 122 by operator
reason   call us "first"
next     the device may ask again at 128, in 6 blocks, about 1 hour
`,
);

test(prints, ['authorize-user', `${fakeKey}:9`], `key         ${fakeKey}\nuser        9\nauthorized  at 122\n`);
test(
  prints,
  ['authorize-node', `${fakeKey}:secondary`],
  `key         ${fakeKey}\nrole        secondary\nauthorized  at 122\n`,
);
test(prints, ['revoke', fakeKey], `revoked     ${fakeKey}\nuser        7\nauthorized  at 121\n`);
test(
  prints,
  ['devices'],
  `1 device at tip 122

key                                                                 user  role  authorized
${fakeKey}  7     -     at 121, 1 block ago
`,
);
test(
  prints,
  ['pragma', 'PRAGMA nodes'],
  `public_key                                                          state       user_id  role  request
${fakeKey}  authorized  7        -     -
`,
);
test(
  prints,
  ['pragma', 'PRAGMA sync_status'],
  '{"db_is_ready":true,"node_id":1,"state":"synced","height":122,"pending_requests":1}\n',
);
test(
  prints,
  ['pragma', `PRAGMA authorize_user='${fakeKey}:9'`],
  `key         ${fakeKey}\nuser        7\nauthorized  at 121\n`,
);

const answers = test.macro({
  title: (_, args: string[]) => `bartizan ${args.join(' ').replaceAll(fakeKey, 'KEY')} --json is one line of JSON`,
  async exec(t, args: string[], expected: object) {
    const dataDir = await aTower(t);
    const {status, stdout, stderr} = await runHere([...args, '--data-dir', dataDir, '--json']);
    t.deepEqual({status, stderr}, {status: 0, stderr: ''});
    t.is(stdout.indexOf('\n'), stdout.length - 1);
    t.deepEqual(JSON.parse(stdout), expected);
  },
});

const pendingOnWire = {
  request_id: 3,
  kind: 'user_signup',
  key: fakeKey,
  state: 'pending',
  node_info: pendingRequest.nodeInfo,
  proven: true,
  info_hash: 'cd'.repeat(32),
  received_height: 120,
  received_hash: hashOf(120),
  expires_at: 264,
  stage: 'callback',
  attempts: 1,
  ready_height: 124,
  answer: null,
  closing: null,
  revision: 2,
  supersedes: 2,
  retry_height: null,
};
const deviceOnWire = {tip_height: 122, key: fakeKey, user_id: 7, role: null, authorized_at: 121};
test(answers, ['requests'], {state: 'pending', tip_height: 122, requests: [pendingOnWire], next: null});
test(answers, ['request', '3'], {
  tip_height: 122,
  ...pendingOnWire,
  info: 'let me in',
  policies: [{name: 'policy', callback: ['user_signup', 'user_login'], check: ['user_signup'], trouble: null}],
  policy_decides: true,
});
test(answers, ['devices'], {
  tip_height: 122,
  devices: [{key: fakeKey, user_id: 7, role: null, authorized_at: 121}],
  next: null,
});
test(answers, ['revoke', fakeKey], deviceOnWire);
test(answers, ['pragma', 'PRAGMA sync_status'], {
  type: 'sync_status',
  status: {db_is_ready: true, node_id: 1, state: 'synced', height: 122, pending_requests: 1},
});

test('what was decided reaches the tower as it was said', async (t) => {
  const heard: unknown[] = [];
  const fake = fakeAuthorization();
  const dataDir = await aTower(t, {
    approve: (...said) => (heard.push(['approve', ...said]), fake.approve(...said)),
    deny: (...said) => (heard.push(['deny', ...said]), fake.deny(...said)),
    authorizeUser: (...said) => (heard.push(['authorizeUser', ...said]), fake.authorizeUser(...said)),
    authorizeNode: (...said) => (heard.push(['authorizeNode', ...said]), fake.authorizeNode(...said)),
  });
  const none = {userId: undefined, role: undefined};
  for (const [args, said] of [
    [
      ['approve', '3'],
      ['approve', 3, none],
    ],
    [
      ['approve', '281474976710655', '--user', '0'],
      ['approve', 281_474_976_710_655, {...none, userId: 0}],
    ],
    [
      ['approve', '3', '--user', '4294967295', '--role', 'primary'],
      ['approve', 3, {userId: 4_294_967_295, role: 'primary'}],
    ],
    [
      ['deny', '3', '--reason', `"; DROP TABLE users; -- 'Zoë'`],
      ['deny', 3, `"; DROP TABLE users; -- 'Zoë'`],
    ],
    [
      ['authorize-user', `${fakeKey}:0`],
      ['authorizeUser', fakeKey, 0],
    ],
    [
      ['authorize-node', `${fakeKey}:primary`],
      ['authorizeNode', fakeKey, 'primary'],
    ],
  ] as const) {
    heard.length = 0;
    const {status, stderr} = await runHere([...args, '--data-dir', dataDir]);
    t.is(status, 0, stderr);
    t.deepEqual(heard, [said]);
  }
});

test('what was typed wrongly is a usage error that names it, and never reaches a tower', async (t) => {
  const key = fakeKey;
  for (const [args, message] of [
    ...['0', '03', '-1', '1e3', ' 5', '0x5', '1.5', '', '281474976710656', '99999999999999999999', 'all'].flatMap(
      (id) => [
        [['request', id], 'request is '] as const,
        [['approve', id], 'request is '] as const,
        [['deny', id, '--reason', 'no'], 'request is '] as const,
      ],
    ),
    ...['-1', '07', '00', '1e3', ' 5', '0x5', '', '4294967296', 'me'].flatMap((id) => [
      [['approve', '3', `--user=${id}`], '--user is '] as const,
      [['authorize-user', `${key}:${id}`], id === '' ? '"02' : 'the user id is '] as const,
    ]),
    [['authorize-user', key], '"02'],
    [['authorize-user', ':1'], '":1" does not have the form KEY:ID'],
    [['authorize-user', `${key}:1:2`], '"02'],
    [['authorize-node', `${key}:king`], 'the role is "king", but must be primary or secondary'],
    [['authorize-node', `${key}:Primary`], 'the role is '],
    [['approve', '3', '--role', 'king'], '--role is '],
    [['deny', '3'], 'required option'],
    [['deny', '3', '--reason', ''], '--reason has 0 characters, but must have 1 to 200'],
    [['deny', '3', '--reason', 'x'.repeat(201)], '--reason has 201 characters'],
    [['deny', '3', '--reason', '\ufffd'], '--reason is not valid UTF-8'],
    [['submit', 'signup', '--key-file', 'k', '--info', 'a\ufffd'], '--info is not valid UTF-8'],
    [['submit', 'node', '--key-file', 'k', '--node-info', '{"a":"\ufffd"}'], '--node-info is not valid UTF-8'],
    [['requests', '--state', 'open'], '--state is "open", but must be one of pending, '],
    [['requests', '--limit', '1001'], '--limit is '],
    [['requests', '--after=-1'], '--after is '],
    [['devices', '--limit', '0'], '--limit is '],
    [['pragma'], 'missing required argument'],
    [['submit', 'signup'], 'required option'],
    [['submit', 'king', '--key-file', 'k'], 'the kind is "king", but must be one of signup, login, node'],
    [['submit', '__proto__', '--key-file', 'k'], 'the kind is '],
    [['submit', 'signup', '--key-file', 'k', '--info', 'a', '--info-file', 'b'], '--info and --info-file exclude'],
  ] as const) {
    const {status, stdout, stderr} = await runHere(args[0] === 'request' ? ['request', '--', args[1]!] : [...args]);
    t.deepEqual({status, stdout}, {status: 2, stdout: ''}, `${args.join(' ')}: ${stderr}`);
    t.true(stderr.startsWith(`error: ${message}`), `${args.join(' ')}: ${stderr}`);
  }
});

test("the tower's refusals are told as its own, with status 1", async (t) => {
  const closed = () => Promise.reject(new Rejection('TOWER_REQUEST_CLOSED', 'request 3 is denied'));
  const dataDir = await aTower(t, {approve: closed});
  for (const [args, code] of [
    [['approve', '3'], 'TOWER_REQUEST_CLOSED'],
    [['request', '99'], 'TOWER_REQUEST_NOT_FOUND'],
    [['revoke', '02'], 'TOWER_DEVICE_NOT_FOUND'],
    [['pragma', 'DROP TABLE users'], 'TOWER_INVALID_PRAGMA'],
  ] as const) {
    const {status, stdout, stderr} = await runHere([...args, '--data-dir', dataDir]);
    t.deepEqual({status, stdout}, {status: 1, stdout: ''}, args.join(' '));
    t.true(stderr.includes(`[${code}]`), stderr);
  }
});

test('without a tower every such command fails with TOWER_NOT_RUNNING', async (t) => {
  const dataDir = await temporaryDirectory(t);
  for (const args of [
    ['requests'],
    ['request', '1'],
    ['approve', '1'],
    ['deny', '1', '--reason', 'no'],
    ['authorize-user', `${fakeKey}:1`],
    ['authorize-node', `${fakeKey}:primary`],
    ['devices'],
    ['revoke', fakeKey],
    ['pragma', 'PRAGMA nodes'],
    ['submit', 'node', '--key-file', `${dataDir}/k`, '--new-key'],
  ]) {
    const {status, stderr} = await runHere([...args, '--data-dir', dataDir]);
    t.is(status, 1);
    t.regex(stderr, /\[TOWER_NOT_RUNNING\]/, args.join(' '));
  }
});

test('a list goes on over pages that came half empty, and says how to see what follows it', async (t) => {
  const asked: unknown[] = [];
  const dataDir = await aTower(t, {
    requests(query) {
      asked.push(query);
      const {after} = query;
      const page = after < 2 ? [] : [{...deniedRequest, requestId: after + 1}];
      return Promise.resolve({tipHeight: 122, requests: page, next: after + 1});
    },
  });
  const {stdout} = await runHere(['requests', '--state', 'denied', '--limit', '2', '--data-dir', dataDir]);
  t.regex(stdout, /^2 denied requests at tip 122\n[^]*\n\nmore: bartizan requests --state denied --after 4\n$/);
  t.deepEqual(asked, [
    {state: 'denied', after: 0, limit: 2},
    {state: 'denied', after: 1, limit: 2},
    {state: 'denied', after: 2, limit: 2},
    {state: 'denied', after: 3, limit: 1},
  ]);
});

test('a request whose answer waits for a block says so', (t) => {
  const {answer} = deniedRequest;
  const waiting = {...pendingRequest, stage: 'check', answer} as const;
  t.regex(request.render(withPolicies(waiting, []), plain), /^waits {7}for a block that applies its answer$/m);
  const page = {state: 'pending', tipHeight: 122, requests: [waiting], next: null} as const;
  t.regex(requests.render(page, plain), / answered$/);
});

test('what is wrong with whoever is asked about a request stands beside it, and with nobody else', (t) => {
  const check = {...pendingRequest, readyHeight: 122, stage: 'check'} as const;
  const said = (kind: 'user_signup' | 'new_node') => {
    const webhook = {name: 'webhook', callback: [], check: [kind], trouble: 'it cannot be reached'};
    return waitInWords(withPolicies(check, [webhook]));
  };
  t.is(said('user_signup'), "for a policy's check, or an operator; it cannot be reached");
  t.is(said('new_node'), 'for an operator: no policy takes it');
});

test('what a request waits for are those who can be asked about it now', (t) => {
  const callback = {...pendingRequest, readyHeight: 122};
  const check = {...callback, stage: 'check'} as const;
  const signup = ['user_signup'] as const;
  const none = {callback: [], check: [], trouble: null} as const;
  const said = (...[found, policies]: Parameters<typeof withPolicies>) => waitInWords(withPolicies(found, policies));
  for (const found of [callback, check]) {
    t.is(said(found, []), 'for an operator: no policy takes it');
    t.is(said(found, [{...none, name: 'policy'}]), 'for an operator: no policy takes it');
    t.is(said(found, [{...none, name: 'webhook', check: signup}]), "for a policy's check, or an operator");
    t.is(
      said(found, [{...none, name: 'webhook', trouble: 'it is\u001bdown'}]),
      'for an operator: the webhook is not asked for now, because it is\\u001bdown',
    );
  }
  const program = {...none, name: 'program', callback: signup};
  t.is(said(callback, [program]), "for a policy's fast callback, or an operator");
  t.is(said(check, [program]), 'for the program that runs the tower, or an operator');
  t.is(said(check, [{...program, name: 'policy'}]), 'for an operator: no policy takes it');
  t.true(isInHand(withPolicies(check, [program])));
  t.false(isInHand(withPolicies(check, [{...program, name: 'policy'}])));
});

test('a list of closed requests shows what was given, and why nothing was', (t) => {
  const closing = {...deniedRequest.closing!, reason: 'approved', userId: 9, role: 'secondary' as const};
  const approved = {...deniedRequest, state: 'approved', closing} as const;
  const page = {state: 'all', tipHeight: 122, requests: [approved, deniedRequest], next: null} as const;
  const [first, second] = requests.render(page, plain).split('\n').slice(-2);
  t.regex(first!, / 9 {5}secondary {2}-$/);
  t.regex(second!, / - {5}- {10}not one of ours$/);
});

test('what strangers have written cannot steer the terminal', (t) => {
  const evil = '\u001b[2J\u009b\u202e\n\u2028';
  const shown = {
    ...pendingRequest,
    info: evil,
    nodeInfo: `{"public_key":"${fakeKey}","name":"\u009b\u202e\u2028"}`,
    state: 'denied',
    answer: {...deniedRequest.answer!, verdict: {type: 'deny', reason: evil}},
    closing: {...deniedRequest.closing!, reason: evil},
  } as const;
  const list = {state: 'all', tipHeight: 122, requests: [shown], next: null} as const;
  for (const text of [request.render(withPolicies(shown, []), plain), requests.render(list, plain)]) {
    t.notRegex(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Zl}]/u);
    t.true(text.includes('\\u009b\\u202e'));
  }
  t.is(request.render(withPolicies(shown, []), plain).split('\n').length, 17);
});

/** What `submit` prints when the tower answers so. */
async function submitted(t: ExecutionContext, answer: RequestAtTip, ...flags: string[]) {
  const dataDir = await aTower(t, {submit: () => Promise.resolve(answer)});
  const key = join(dataDir, 'device.key');
  return runHere(['submit', 'signup', '--key-file', key, '--new-key', '--info', 'x', '--data-dir', dataDir, ...flags]);
}

test('submit tells what happens next, and ends with status 1 when the device was turned down at once', async (t) => {
  const title = (state: string) => `request  3  user_signup\nkey      ${fakeKey}\nstate    ${state}\n`;
  const closing = {...deniedRequest.closing!, height: 122};
  const said: [RequestAtTip, string, number][] = [
    [
      pendingRequest,
      `${title('pending')}waits    for a policy's fast callback, or an operator; asked about again at 124, in 2 blocks, about 20 minutes\n` +
        '         expires at 264, in 142 blocks, about 24 hours\n',
      0,
    ],
    [
      {...pendingRequest, kind: 'new_node'},
      `request  3  new_node\nkey      ${fakeKey}\nstate    pending\nwaits    for an operator: no policy takes it\n` +
        '         expires at 264, in 142 blocks, about 24 hours\n' +
        'decide   bartizan approve 3 --role ROLE\n         bartizan deny 3 --reason TEXT\n',
      0,
    ],
    [
      {...pendingRequest, state: 'approved', closing: {...closing, reason: 'approved', userId: 9}},
      `${title('approved at 122 by policy')}user     9\nnext     bartizan user 9\n`,
      0,
    ],
    [
      {...pendingRequest, state: 'denied', closing, retryHeight: 128},
      `${title('denied at 122 by policy')}reason   not one of ours\n` +
        'next     the device may ask again at 128, in 6 blocks, about 1 hour\n',
      1,
    ],
    [
      {...pendingRequest, state: 'failed', closing: {...closing, reason: 'user_signup threw'}},
      `${title('failed at 122 by policy')}reason   user_signup threw\n`,
      1,
    ],
  ];
  for (const [answer, stdout, status] of said) {
    t.deepEqual(await submitted(t, answer), {status, stdout, stderr: ''});
    const json = await submitted(t, answer, '--json');
    t.is(json.status, status);
    t.like(JSON.parse(json.stdout), {
      state: answer.state,
      policy_decides: answer.state === 'pending' && answer.kind !== 'new_node',
    });
  }
});

test('public_key is filled in, and what was written stays as it was', async (t) => {
  const sent: string[] = [];
  const dataDir = await aTower(t, {
    submit({nodeInfo}) {
      sent.push(nodeInfo);
      return Promise.resolve(pendingRequest);
    },
  });
  const args = ['submit', 'node', '--key-file', join(dataDir, 'device.key'), '--data-dir', dataDir];
  await runHere([...args, '--new-key']);
  const {public_key: key} = JSON.parse(sent[0]!) as {public_key: string};
  t.is(sent.pop(), `{"public_key":"${key}"}`);
  for (const [given, said] of [
    [' { } ', `{"public_key":"${key}" } `],
    ['{"n":1e400, "a":{"public_key":1}}', `{"public_key":"${key}","n":1e400, "a":{"public_key":1}}`],
    ['{"public_key":"02"}', '{"public_key":"02"}'],
    ['{"public\\u005fkey":"02"}', '{"public\\u005fkey":"02"}'],
    ['[]', '[]'],
    ['null', 'null'],
    ['{', '{'],
  ] as const) {
    await runHere([...args, '--node-info', given]);
    t.is(sent.pop(), said);
  }
});

test('a device of a user is shown by him, a node by its role', async (t) => {
  const devices = [
    {...fakeDevice, userId: null, role: 'primary' as const},
    {...fakeDevice, role: 'secondary' as const},
  ];
  const dataDir = await aTower(t, {devices: () => Promise.resolve({tipHeight: 122, devices, next: fakeKey})});
  const {stdout} = await runHere(['devices', '--data-dir', dataDir]);
  t.regex(stdout, /^2 devices at tip 122\n[^]* {2}- {5}primary {4}at 121[^]* {2}7 {5}secondary {2}at 121/);
  t.true(stdout.endsWith(`\n\nmore: bartizan devices --after ${fakeKey}\n`));
});
