import {createHmac} from 'node:crypto';
import type {ServerResponse} from 'node:http';
import test, {type ExecutionContext} from 'ava';
import type {Question, Reply} from '../../src/gatekeeper/auth/policy.js';
import {maxInFlight, Webhook, type WebhookEvent, type WebhookOptions} from '../../src/policy/webhook.js';
import {firstPauseMs, longestAskedPauseMs, longestPauseMs, maxFailures} from '../../src/policy/webhook/breaker.js';
import {maxAnswerBytes} from '../../src/policy/webhook/post.js';
import {ManualTimers} from '../support/manual-timers.js';
import {until} from '../support/until.js';
import {aDeadUrl, aRawService, aService, json} from './local-service.js';

const towerId = `02${'ab'.repeat(32)}`;
const key = `03${'cd'.repeat(32)}`;
const timeLimitMs = 5000;

/** Requests that are asked about in these tests. */
function aQuestion(requestId = 1, more: Partial<Question> = {}): Question {
  return {
    stage: 'check',
    kind: 'user_signup',
    info: 'invite "7"; drop',
    nodeInfo: `{"public_key":"${key}","node":{"type":"phone"}}`,
    context: {requestId, key, proven: true, height: 130, receivedHeight: 128, attempts: 2, formerUserId: null},
    ...more,
  };
}

interface Opened {
  readonly webhook: Webhook;
  readonly timers: ManualTimers;
  readonly events: WebhookEvent[];
  /** What `handles` has said at each change. */
  readonly changes: boolean[];
}

function open(t: ExecutionContext, url: string, more: Partial<WebhookOptions> = {}): Opened {
  const timers = new ManualTimers();
  const events: WebhookEvent[] = [];
  const changes: boolean[] = [];
  const webhook = Webhook.open({
    url,
    towerId,
    timers,
    timeLimitMs,
    onEvent: (event) => void events.push(event),
    ...more,
  });
  webhook.onChange(() => void changes.push(webhook.handles('check')));
  t.teardown(() => webhook.close());
  return {webhook, timers, events, changes};
}

/** Asks until the breaker opens. */
async function failOften({webhook}: Opened): Promise<void> {
  for (let i = 0; i < maxFailures; i++) await webhook.ask(aQuestion());
}

/* The protocol */

test('a signup is asked about by one POST with all that is known of it', async (t) => {
  const service = await aService(t, (response) => json(response, {user_id: 0}));
  const {webhook} = open(t, `${service.url}authorize?tenant=1`);
  t.deepEqual(await webhook.ask(aQuestion(17)), {type: 'returned', value: 0});
  const [post, ...others] = service.posts;
  t.is(others.length, 0);
  t.is(post!.method, 'POST');
  t.is(post!.path, '/authorize?tenant=1');
  t.is(post!.headers['content-type'], 'application/json');
  t.is(post!.headers['idempotency-key'], `${towerId}-17`);
  t.is(post!.headers['x-bartizan-signature'], undefined);
  t.deepEqual(JSON.parse(post!.body.toString()), {
    request_id: 17,
    kind: 'user_signup',
    public_key: key,
    proven: true,
    signup_info: 'invite "7"; drop',
    node_info: {public_key: key, node: {type: 'phone'}},
    height: 130,
    received_height: 128,
    attempts: 2,
    former_user_id: null,
  });
});

test('a login carries login_info, a node no info', async (t) => {
  const service = await aService(t, (response) => json(response, {later: true}));
  const {webhook} = open(t, service.url);
  await webhook.ask(aQuestion(1, {kind: 'user_login', info: 'token'}));
  await webhook.ask(aQuestion(2, {kind: 'new_node', info: null}));
  const [login, node] = service.posts.map(({body}) => JSON.parse(body.toString()) as Record<string, unknown>);
  t.is(login!['login_info'], 'token');
  t.false('signup_info' in login!);
  t.is(node!['kind'], 'new_node');
  t.deepEqual(
    Object.keys(node!).filter((name) => name.endsWith('_info')),
    ['node_info'],
  );
});

test('with a secret the body is signed, so that the service can know the tower', async (t) => {
  const service = await aService(t, (response) => json(response, {user_id: 0}));
  const {webhook} = open(t, service.url, {secret: 'between us'});
  await webhook.ask(aQuestion());
  const [{headers, body}] = service.posts as [(typeof service.posts)[0]];
  t.is(headers['x-bartizan-signature'], `sha256=${createHmac('sha256', 'between us').update(body).digest('hex')}`);
});

test('user and password of the URL go out as basic authentication', async (t) => {
  const service = await aService(t, (response) => json(response, {user_id: 0}));
  const {webhook} = open(t, service.url.replace('//', '//tower:p%40ss@'));
  await webhook.ask(aQuestion());
  t.is(service.posts[0]!.headers.authorization, `Basic ${Buffer.from('tower:p@ss').toString('base64')}`);
  t.is(service.posts[0]!.path, '/');
});

const answered = test.macro({
  title: (_, what: string) => `the answer ${what} is understood`,
  async exec(t, _what: string, answer: (response: ServerResponse) => void, expected: Reply) {
    const service = await aService(t, answer);
    const opened = open(t, service.url);
    t.deepEqual(await opened.webhook.ask(aQuestion()), expected);
    t.like(opened.webhook.state, {breaker: 'closed', failures: 0, inFlight: 0});
    t.deepEqual(opened.events, []);
  },
});

const returned = (value: unknown): Reply => ({type: 'returned', value});
const decisions: readonly (readonly [answer: object, expected: Reply])[] = [
  [{user_id: 0}, returned(0)],
  [{user_id: 42}, returned(42)],
  [{user_id: -1}, returned(-1)],
  [{user_id: -2}, returned(-2)],
  [{user_id: -3}, returned(-3)],
  // The return table knows what ids there are.
  [{user_id: 4_294_967_296}, returned(4_294_967_296)],
  [{node_type: 'primary'}, returned('primary')],
  [{node_type: 'secondary'}, returned('secondary')],
  [{deny: true}, returned(-1)],
  // A reason without words becomes the usual one in the return table.
  [{deny: ''}, {type: 'denied', reason: ''}],
  [
    {deny: 'a "quoted" {reason}, [long] \\ enough: yes'},
    {type: 'denied', reason: 'a "quoted" {reason}, [long] \\ enough: yes'},
  ],
  [{deny: 'no seat left'}, {type: 'denied', reason: 'no seat left'}],
  [{later: true}, returned(-2)],
];
for (const [answer, expected] of decisions) {
  test(answered, JSON.stringify(answer), (response) => json(response, answer), expected);
}
test(answered, 'status 202', (response) => void response.writeHead(202).end(), returned(-2));
test(answered, 'status 202 with any text', (response) => void response.writeHead(202).end('queued'), returned(-2));
test(
  answered,
  'JSON of the greatest length',
  (response) => void response.end('{"user_id":7}'.padEnd(maxAnswerBytes)),
  returned(7),
);

/* Wrong answers */

const wrong = test.macro({
  title: (_, what: string) => `${what} is a failed attempt, and its text is not repeated`,
  async exec(t, _what: string, answer: (response: ServerResponse) => void, reason: RegExp) {
    const service = await aService(t, answer);
    const opened = open(t, service.url);
    for (let i = 0; i <= maxFailures; i++) {
      const reply = await opened.webhook.ask(aQuestion());
      t.is(reply.type, 'failed');
      t.regex((reply as {reason: string}).reason, reason);
      t.notRegex(JSON.stringify(reply), /canary/);
    }
    t.like(opened.webhook.state, {breaker: 'closed', failures: 0}, 'a service that answers is not down');
  },
});

const notOne = /^the answer of the webhook is not exactly one of user_id, node_type, deny and later$/;
const notJson = /^the answer of the webhook is not JSON$/;
const status = (code: number) => (response: ServerResponse) => void response.writeHead(code).end('canary');
const text = (body: string | Uint8Array) => (response: ServerResponse) => void response.end(body);
test(wrong, 'text that is not JSON', text('canary'), notJson);
test(wrong, 'an empty answer', text(''), notJson);
test(wrong, 'half of a JSON', text('{"user_id":1,"canary'), notJson);
test(wrong, 'JSON that is not UTF-8', text(Buffer.from('{"deny":"\xff canary"}', 'latin1')), notJson);
test(wrong, 'a list', text('[{"user_id":1}]'), notOne);
test(wrong, 'null', text('null'), notOne);
test(wrong, 'an object without a decision', text('{}'), notOne);
test(wrong, 'a misspelt decision', text('{"userid":1,"canary":2}'), notOne);
test(wrong, 'an answer with two decisions', text('{"user_id":1,"deny":"canary"}'), notOne);
test(wrong, 'a decision with something else', text('{"user_id":1,"canary":true}'), notOne);
test(wrong, 'a decision that is there twice', text('{"user_id":1,"user_id":2}'), notOne);
test(wrong, 'a decision twice, the same', text('{"deny":"canary","deny":"canary"}'), notOne);
test(wrong, 'a decision twice, once in disguise', text('{"later":true,"\\u006cater":true}'), notOne);
test(wrong, 'a user id in quotes', text('{"user_id":"1"}'), notOne);
test(wrong, 'a user id with a fraction', text('{"user_id":1.5}'), notOne);
test(wrong, 'a user id beyond what a number holds', text('{"user_id":1e300}'), notOne);
test(wrong, 'an unknown role', text('{"node_type":"canary"}'), notOne);
test(wrong, 'a denial that is none', text('{"deny":false}'), notOne);
test(wrong, 'a later that is none', text('{"later":false}'), notOne);
test(wrong, 'an inherited name', text('{"__proto__":{"user_id":1}}'), notOne);
test(wrong, 'an answer one byte too long', text('{"user_id":7}'.padEnd(maxAnswerBytes + 1)), /more than 65536 bytes$/);
for (const code of [201, 204, 400, 401, 404, 418]) {
  test(wrong, `status ${code}`, status(code), new RegExp(`^the webhook answers with status ${code}$`));
}

test('an endless answer is cut off at its limit, and the connection with it', async (t) => {
  let ended: Promise<unknown> | undefined;
  const service = await aService(t, (response) => {
    ended = new Promise((resolve) => response.on('close', resolve));
    const pour = (): void => {
      while (!response.destroyed && response.write(' '.repeat(16_384)));
      if (!response.destroyed) response.once('drain', pour);
    };
    pour();
  });
  const {webhook} = open(t, service.url);
  t.like(await webhook.ask(aQuestion()), {type: 'failed'});
  await ended;
  t.pass();
});

test('a redirect is not followed', async (t) => {
  const target = await aService(t, (response) => json(response, {user_id: 1}));
  for (const code of [301, 302, 303, 307, 308]) {
    const service = await aService(t, (response) => void response.writeHead(code, {location: target.url}).end());
    const {webhook} = open(t, service.url);
    const reason = `the webhook redirects (status ${code}), and redirects are not followed`;
    t.deepEqual(await webhook.ask(aQuestion()), {type: 'failed', reason});
  }
  t.is(target.posts.length, 0);
});

/* No answer */

test('while nobody listens the request waits', async (t) => {
  const {webhook} = open(t, await aDeadUrl(t));
  const reply = await webhook.ask(aQuestion());
  t.deepEqual(reply, {type: 'unavailable', reason: 'the webhook cannot be reached (ECONNREFUSED)'});
});

for (const code of [500, 502, 503, 408, 429]) {
  test(`with status ${code} the request waits`, async (t) => {
    const service = await aService(t, status(code));
    const {webhook} = open(t, service.url);
    const reason = `the webhook answers with status ${code}`;
    t.deepEqual(await webhook.ask(aQuestion()), {type: 'unavailable', reason});
    t.is(webhook.state.failures, 1);
  });
}

test('a service that hangs costs its time limit, and its connection is ended', async (t) => {
  const service = await aService(t, () => undefined);
  const {webhook, timers} = open(t, service.url);
  const asked = webhook.ask(aQuestion());
  await service.received(1);
  timers.pass(timeLimitMs - 1);
  t.is(webhook.state.inFlight, 1);
  timers.pass(1);
  t.deepEqual(await asked, {type: 'unavailable', reason: 'the webhook has not answered within 5000 ms'});
  await until(() => service.posts[0]!.socket.destroyed);
  t.is(webhook.state.inFlight, 0);
});

test('an answer that drips in is measured as a whole', async (t) => {
  let response: ServerResponse | undefined;
  const service = await aService(t, (given) => {
    response = given;
    given.write('{"user_id"');
  });
  const {webhook, timers} = open(t, service.url);
  const asked = webhook.ask(aQuestion());
  await service.received(1);
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => response!.write(' ', resolve));
    timers.pass(timeLimitMs / 5);
  }
  t.deepEqual(await asked, {type: 'unavailable', reason: 'the webhook has not answered within 5000 ms'});
});

const broken: Readonly<Record<string, string>> = {
  'something else than HTTP': 'SSH-2.0-canary\r\n',
  'headers without end': `HTTP/1.1 200 OK\r\nx: ${'canary'.repeat(4000)}`,
  'a length that is none': 'HTTP/1.1 200 OK\r\ncontent-length: canary\r\n\r\n{"user_id":1}',
  'half of its answer': 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"user_id":1}',
  'an upgrade': 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: canary\r\n\r\n',
  nothing: '',
};
for (const [what, bytes] of Object.entries(broken)) {
  test(`a service that sends ${what} and hangs up has not answered`, async (t) => {
    const {webhook} = open(t, await aRawService(t, (socket) => void socket.end(bytes)));
    const reply = await webhook.ask(aQuestion());
    t.is(reply.type, 'unavailable');
    t.regex((reply as {reason: string}).reason, /^the webhook cannot be reached(?: \(\w+\))?$/);
  });
}

/* The breaker */

test('after some failures in a row nobody is asked until the pause is over', async (t) => {
  let status = 500;
  const service = await aService(t, (response) => void response.writeHead(status).end('{"user_id":5}'));
  const opened = open(t, service.url);
  const {webhook, timers, events, changes} = opened;
  await failOften(opened);
  t.is(service.posts.length, maxFailures);
  t.false(webhook.handles('check'));
  t.like(webhook.state, {breaker: 'open', reason: 'the webhook answers with status 500'});
  t.is(webhook.trouble, 'the webhook answers with status 500');
  t.like(events[1], {type: 'webhook_paused', pauseMs: firstPauseMs, error: {code: 'TOWER_WEBHOOK_FAILED'}});
  t.deepEqual(await webhook.ask(aQuestion()), {type: 'unavailable', reason: 'the webhook answers with status 500'});
  timers.pass(firstPauseMs - 1);
  t.false(webhook.handles('check'));
  timers.pass(1);
  t.true(webhook.handles('check'));
  t.is(webhook.state.breaker, 'half_open');
  t.deepEqual(changes, [false, true]);

  status = 200;
  t.deepEqual(await webhook.ask(aQuestion()), returned(5));
  t.is(service.posts.length, maxFailures + 1);
  t.like(webhook.state, {breaker: 'closed', failures: 0, reason: null});
  t.is(webhook.trouble, null);
  t.deepEqual(events.at(-1), {type: 'webhook_resumed'});
  t.deepEqual(changes, [false, true, true]);
});

test('the first failure is told with its reason, and is its trouble until it answers', async (t) => {
  let status = 500;
  const service = await aService(t, (response) => void response.writeHead(status).end('{"user_id":5}'));
  const {webhook, events} = open(t, service.url);
  t.is(webhook.trouble, null);
  await webhook.ask(aQuestion());
  t.true(webhook.handles('check'));
  t.is(webhook.trouble, 'the webhook answers with status 500');
  const {origin} = new URL(service.url);
  t.like(events, [
    {type: 'webhook_failed', error: {message: `the webhook answers with status 500 (${origin})`}},
  ] as never);
  status = 200;
  await webhook.ask(aQuestion());
  t.is(webhook.trouble, null);
  t.deepEqual(events.slice(1), [{type: 'webhook_resumed'}]);
});

test('a service that fails every other time is told of once a block', async (t) => {
  let asked = 0;
  const service = await aService(
    t,
    (response) => void response.writeHead(asked++ % 2 ? 200 : 500).end('{"user_id":5}'),
  );
  const {webhook, events} = open(t, service.url);
  const at = (height: number) => aQuestion(1, {context: {...aQuestion().context, height}});
  for (let i = 0; i < 3; i++) {
    await webhook.ask(at(130));
    t.is(webhook.trouble, 'the webhook answers with status 500');
    await webhook.ask(at(130));
    t.is(webhook.trouble, null);
  }
  await webhook.ask(at(131));
  t.deepEqual(
    events.map(({type}) => type),
    ['webhook_failed', 'webhook_resumed', 'webhook_failed'],
  );
});

test('failures that are not in a row open nothing', async (t) => {
  let status = 500;
  const service = await aService(t, (response) => void response.writeHead(status).end('{"user_id":5}'));
  const {webhook} = open(t, service.url);
  for (let i = 0; i < 3 * maxFailures; i++) {
    status = i % maxFailures === maxFailures - 1 ? 200 : 500;
    await webhook.ask(aQuestion());
  }
  t.is(webhook.state.breaker, 'closed');
});

test('half open, one question goes out, and the others wait for its fate', async (t) => {
  const responses: ServerResponse[] = [];
  const service = await aService(t, (response, {body}) => {
    if ((JSON.parse(body.toString()) as {request_id: number}).request_id === 1) response.writeHead(500).end();
    else responses.push(response);
  });
  const opened = open(t, service.url);
  const {webhook, timers} = opened;
  await failOften(opened);
  timers.pass(firstPauseMs);
  const probe = webhook.ask(aQuestion(2));
  await service.received(maxFailures + 1);
  t.false(webhook.handles('check'));
  t.is((await webhook.ask(aQuestion(3))).type, 'unavailable');
  json(responses[0]!, {deny: true});
  t.deepEqual(await probe, returned(-1));
  t.true(webhook.handles('check'));
  t.is(service.posts.length, maxFailures + 1);
});

test('the pauses double up to a minute, and an answer makes the next one short again', async (t) => {
  let status = 500;
  const service = await aService(t, (response) => void response.writeHead(status).end('{"user_id":5}'));
  const opened = open(t, service.url);
  const {webhook, timers, events} = opened;
  await failOften(opened);
  const pausesMs = () => events.flatMap((event) => (event.type === 'webhook_paused' ? [event.pauseMs] : []));
  for (let i = 0; i < 7; i++) {
    timers.pass(pausesMs().at(-1)!);
    await webhook.ask(aQuestion());
  }
  const doubled = [1, 2, 4, 8, 16, 32].map((times) => times * firstPauseMs);
  t.deepEqual(pausesMs(), [...doubled, longestPauseMs, longestPauseMs]);
  timers.pass(longestPauseMs);
  status = 200;
  await webhook.ask(aQuestion());
  status = 500;
  await failOften(opened);
  t.is(pausesMs().at(-1), firstPauseMs);
});

const date = (ms: number): string => new Date(ms).toUTCString();
const asked: readonly (readonly [what: string, headers: Record<string, string>, pauseMs: number | undefined])[] = [
  ['30 seconds', {'retry-after': '30'}, 30_000],
  ['a date by its own clock', {date: date(1e12), 'retry-after': date(1e12 + 90_000)}, 90_000],
  ['an age', {'retry-after': '9'.repeat(400)}, longestAskedPauseMs],
  ['less than our shortest pause', {'retry-after': '1'}, firstPauseMs],
  ['no time at all', {'retry-after': '0'}, undefined],
  ['a date that is over', {date: date(1e12), 'retry-after': date(1e12 - 1000)}, undefined],
  ['what is no time', {'retry-after': 'soon'}, undefined],
];
for (const code of [429, 503]) {
  for (const [what, headers, pauseMs] of asked) {
    test(`a status ${code} that asks for ${what} is heeded within limits`, async (t) => {
      const service = await aService(t, (response) => void response.writeHead(code, headers).end());
      const {webhook, events} = open(t, service.url);
      t.is((await webhook.ask(aQuestion())).type, 'unavailable');
      t.is(webhook.state.breaker, pauseMs === undefined ? 'closed' : 'open');
      t.deepEqual(
        events.map((event) => (event.type === 'webhook_paused' ? event.pauseMs : event.type)),
        [pauseMs ?? 'webhook_failed'],
      );
    });
  }
}

test('what was asked before the breaker opened neither closes it nor opens it further', async (t) => {
  const responses = new Map<number, ServerResponse>();
  const service = await aService(t, (response, {body}) => {
    responses.set((JSON.parse(body.toString()) as {request_id: number}).request_id, response);
  });
  const {webhook, timers, events} = open(t, service.url);
  const replies = Array.from({length: maxFailures + 2}, (_, id) => webhook.ask(aQuestion(id)));
  await service.received(maxFailures + 2);
  for (let id = 0; id < maxFailures; id++) {
    responses.get(id)!.writeHead(500).end();
    await replies[id];
  }
  t.is(webhook.state.breaker, 'open');
  responses.get(maxFailures)!.writeHead(500).end();
  t.is((await replies[maxFailures])!.type, 'unavailable');
  t.is(events.length, 2);
  timers.pass(firstPauseMs);
  json(responses.get(maxFailures + 1)!, {user_id: 9});
  t.deepEqual(await replies[maxFailures + 1], returned(9));
  t.is(webhook.state.breaker, 'half_open');
});

/* At the same time */

test('only so many questions are with the service at a time, over connections that are used again', async (t) => {
  const responses: ServerResponse[] = [];
  const service = await aService(t, (response) => void responses.push(response));
  const {webhook} = open(t, service.url);
  const replies = Array.from({length: 3 * maxInFlight}, (_, id) => webhook.ask(aQuestion(id)));
  for (let i = 0; i < replies.length; i++) {
    await service.received(Math.min(i + maxInFlight, replies.length));
    t.true(service.posts.length <= i + maxInFlight);
    json(responses[i]!, {user_id: 1 + i});
    const left = replies.length - i - 1;
    await until(() => webhook.state.inFlight + webhook.state.waiting === left);
    t.is(webhook.state.inFlight, Math.min(left, maxInFlight));
  }
  t.is((await Promise.all(replies)).filter(({type}) => type === 'returned').length, 3 * maxInFlight);
  t.is(new Set(service.posts.map(({socket}) => socket)).size, maxInFlight);
});

test('when the breaker opens, those who wait for a place are sent away at once', async (t) => {
  const responses: ServerResponse[] = [];
  const service = await aService(t, (response) => void responses.push(response));
  const {webhook} = open(t, service.url);
  const replies = Array.from({length: 3 * maxInFlight}, (_, id) => webhook.ask(aQuestion(id)));
  await service.received(maxInFlight);
  t.is(webhook.state.waiting, 2 * maxInFlight);
  responses[0]!.writeHead(503, {'retry-after': '10'}).end();
  const sentAway = await Promise.all(replies.slice(maxInFlight + 1));
  t.true(sentAway.every(({type}) => type === 'unavailable'));
  t.is(webhook.state.waiting, 0);
});

test('a connection that the service closed while it idled is no failure', async (t) => {
  const service = await aService(t, (response) => json(response, {user_id: 1}));
  let connections = 0;
  service.server.on('connection', (socket) => {
    // Hangs up, as if it had idled too long, when the second question of a connection comes.
    let answers = 0;
    connections++;
    socket.prependListener('data', () => {
      if (answers++ > 0) socket.resetAndDestroy();
    });
  });
  const {webhook} = open(t, service.url);
  t.deepEqual(await webhook.ask(aQuestion(1)), returned(1));
  t.deepEqual(await webhook.ask(aQuestion(2)), returned(1));
  t.is(connections, 2);
});

/* Stages, end, secrets */

test('every kind of request is told at once to wait for a block, without asking anybody', async (t) => {
  const opened = open(t, await aDeadUrl(t));
  for (const kind of ['user_signup', 'user_login', 'new_node'] as const) {
    t.true(opened.webhook.handles('callback'));
    t.deepEqual(await opened.webhook.ask(aQuestion(1, {stage: 'callback', kind})), returned(-2));
  }
  t.is(opened.webhook.state.failures, 0);
  await failOften(opened);
  t.true(opened.webhook.handles('callback'), 'also while the service is down');
  t.false(opened.webhook.handles('check'));
});

test('closing ends what is in flight and what waits', async (t) => {
  const service = await aService(t, () => undefined);
  const {webhook, timers} = open(t, service.url);
  const replies = Array.from({length: maxInFlight + 3}, (_, id) => webhook.ask(aQuestion(id)));
  await service.received(maxInFlight);
  await webhook.close();
  for (const reply of await Promise.all(replies)) {
    t.deepEqual(reply, {type: 'unavailable', reason: 'the webhook is closed'});
  }
  await until(() => service.posts.every(({socket}) => socket.destroyed));
  t.is(service.posts.length, maxInFlight);
  t.is(timers.pending, 0);
  t.false(webhook.handles('check'));
  t.false(webhook.handles('callback'));
  t.is((await webhook.ask(aQuestion())).type, 'unavailable');
});

test('closing while the breaker is open leaves no timer', async (t) => {
  const opened = open(t, await aDeadUrl(t));
  await failOften(opened);
  t.is(opened.timers.pending, 1);
  await opened.webhook.close();
  t.is(opened.timers.pending, 0);
});

test('a node_info that is not JSON is a failed attempt', async (t) => {
  const {webhook} = open(t, await aDeadUrl(t));
  t.is((await webhook.ask(aQuestion(1, {nodeInfo: '{'}))).type, 'failed');
});

test('no event and no reply holds the secret, what was sent, or the URL beyond its host', async (t) => {
  const url = (await aDeadUrl(t)).replace('//', '//canary:canary@');
  const opened = open(t, `${url}canary?canary=canary`, {secret: 'canary'});
  const replies: Reply[] = [];
  for (let i = 0; i < maxFailures; i++) replies.push(await opened.webhook.ask(aQuestion(1, {info: 'canary'})));
  t.deepEqual(
    opened.events.map(({type}) => type),
    ['webhook_failed', 'webhook_paused'],
  );
  const reasons = [/ \(http:\/\/127\.0\.0\.1:\d+\)$/, / \(http:\/\/127\.0\.0\.1:\d+, asked again in 1 s\)$/];
  for (const [index, event] of opened.events.entries()) {
    if (!('error' in event)) continue;
    const {message, stack, cause, facts} = event.error;
    t.regex(message, /^the webhook cannot be reached \(ECONNREFUSED\) /);
    t.regex(message, reasons[index]!);
    t.notRegex(JSON.stringify([replies, event, message, stack, String(cause), facts, opened.webhook.state]), /canary/);
  }
});

for (const url of ['ftp://canary:canary@host/', 'file:///canary', 'canary', '', 'http://canary:%zz@host/', 'http://']) {
  test(`the URL "${url}" is refused without being repeated`, (t) => {
    const error = t.throws(() => Webhook.open({url, towerId, timeLimitMs}), {code: 'TOWER_INVALID_SETTING'});
    t.notRegex(`${error.message} ${String(error.cause)}`, /canary/);
  });
}
