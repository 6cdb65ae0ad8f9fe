import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import test from 'ava';
import {regtestGenesisBlock} from '../../src/chain/genesis.js';
import {recoverKey, SigningKey} from '../../src/crypto/index.js';
import type {EmbeddedTowerEvents} from '../../src/embedded/embedded-tower.js';
import type {AuthEvent} from '../../src/gatekeeper/auth/events.js';
import {maxInfoBytes} from '../../src/gatekeeper/auth/info.js';
import {
  forgottenPerBlock,
  maxClosedRequests,
  maxDevices,
  maxRevisions,
  pauseBlocks,
  requestKeptBlocks,
} from '../../src/gatekeeper/auth/limits.js';
import {
  checkNodeInfo,
  maxNodeInfoBytes,
  maxNodeInfoDepth,
  maxNodeInfoNames,
} from '../../src/gatekeeper/auth/node-info.js';
import {maxReasonCharacters, type QuestionContext} from '../../src/gatekeeper/auth/policy.js';
import {maxPragmaCharacters, parsePragma, type PragmaCommand} from '../../src/gatekeeper/auth/pragma.js';
import {proofMessage} from '../../src/crypto/proof.js';
import {functionLimitMs} from '../../src/gatekeeper/auth/registered-functions.js';
import {type Outcome, readReply} from '../../src/gatekeeper/auth/return-table.js';
import {firstState, transitions} from '../../src/gatekeeper/auth/transitions.js';
import {readAnswer} from '../../src/policy/webhook/answer.js';
import {firstPauseMs, longestAskedPauseMs, longestPauseMs, maxFailures} from '../../src/policy/webhook/breaker.js';
import {maxAnswerBytes} from '../../src/policy/webhook/post.js';
import {questionBody, questionHeaders} from '../../src/policy/webhook/question-body.js';
import {maxInFlight as maxAsked} from '../../src/policy/worker/interview.js';
import {callbackOf, checkOf} from '../../src/policy/worker/names.js';
import {maxLinesPerWindow} from '../../src/policy/worker/output-lines.js';
import {maxBytes as maxPolicyBytes} from '../../src/policy/worker/policy-file.js';
import {loadLimitMs} from '../../src/policy/worker/policy-process.js';
import {firstMs as firstRestartMs, longestMs as longestRestartMs} from '../../src/policy/worker/restart-pause.js';
import {maxInFlight as maxPosted} from '../../src/policy/webhook.js';
import type {RequestKind, RequestStage} from '../../src/store/layout.js';
import {definitionOf, settingKeys, settingNames, settingsTable} from '../../src/tower/settings-table.js';
import type {FunctionSlow} from '../../src/tower/events.js';
import {holdsGenerated} from './generated.js';

const url = new URL('../../../docs/reference/auth.md', import.meta.url);
const kinds: readonly RequestKind[] = ['user_signup', 'user_login', 'new_node'];

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  `${row(head)}|${'---|'.repeat(head.length)}\n${rows.map(row).join('')}`;

test.serial('the page shows every transition between states', async (t) => {
  const edges = new Map<string, string[]>();
  for (const {from, to, by} of transitions) {
    const edge = `${from} --> ${to}`;
    edges.set(edge, [...(edges.get(edge) ?? []), by]);
  }
  const open = new Set(transitions.map(({from}) => from));
  const ends = new Set(transitions.map(({to}) => to).filter((to) => !open.has(to)));
  const picture = [
    'stateDiagram-v2',
    `  [*] --> ${firstState}`,
    ...[...edges].map(([edge, movers]) => `  ${edge}: ${movers.join(', ')}`),
    ...[...ends].map((end) => `  ${end} --> [*]`),
  ];
  const rows = transitions.map(({from, to, by, when}) => [`\`${from}\``, `\`${to}\``, by, when]);
  const text = `\n\`\`\`mermaid\n${picture.join('\n')}\n\`\`\`\n\n${table(['from', 'to', 'by', 'when'], rows)}\n`;
  await holdsGenerated(t, 'auth.md', 'transitions', text);
});

/** Everything that the return table tells apart, by some values of each sort. */
const returns: readonly (readonly [name: string, ...values: unknown[]])[] = [
  ['`0`', 0, -0],
  ['a whole number from `1` to `4294967295`', 1, 7, 4294967295],
  ['a whole number above', 4294967296, 1e300],
  ['`-1`', -1],
  ['`-2`', -2],
  ['`-3`', -3],
  ['any other negative whole number', -4, -1e300],
  ['any other number: a fraction, `NaN`, `Infinity`', 0.5, -1.5, NaN, Infinity, -Infinity],
  ['`"primary"`', 'primary'],
  ['`"secondary"`', 'secondary'],
  ['`""`, `null`, `undefined`, nothing', '', null, undefined],
  ['any other text, also `"7"` and `"Primary"`', '7', 'Primary', ' primary', '-1'],
  ['anything else: `true`, `7n`, an object, a list, a function', true, false, 7n, {}, [7], () => 7, Symbol('7')],
];

function meaning(outcome: Outcome, value: unknown): string {
  // Where a reason only says that something else was expected, the row says so already.
  if (outcome.type === 'error') return outcome.reason.endsWith(' came') ? 'error' : `error: ${outcome.reason}`;
  if (outcome.type !== 'verdict') return outcome.type;
  const {verdict} = outcome;
  if (verdict.type === 'deny') return `denied: ${verdict.reason}`;
  if (verdict.type === 'approve_node') return `**approved** as ${verdict.role}`;
  return `**approved**: ${verdict.userId === 0 ? 'a new user' : verdict.userId === value ? 'that user' : 'another user'}`;
}

/** One meaning for all of the values; its reason only where it is the same for all. */
function oneMeaning(stage: RequestStage, kind: RequestKind, values: readonly unknown[]): string {
  const read = (value: unknown) => meaning(readReply(stage, kind, {type: 'returned', value}), value);
  const meanings = new Set(values.map(read));
  const sorts = new Set([...meanings].map((text) => text.replace(/:.*/, '')));
  return [...(meanings.size > 1 && sorts.size === 1 ? sorts : meanings)].join(' or ');
}

function cell(kind: RequestKind, values: readonly unknown[]): string {
  const [callback, check] = [oneMeaning('callback', kind, values), oneMeaning('check', kind, values)];
  return callback === check ? check : `callback: ${callback}; check: ${check}`;
}

test.serial('the page shows what every kind of return means, for each kind of request', async (t) => {
  const rows = returns.map(([name, ...values]) => [name, ...kinds.map((kind) => cell(kind, values))]);
  const head = ['returned', ...kinds.map((kind) => `\`${kind}\``)];
  await holdsGenerated(t, 'auth.md', 'return-table', `\n${table(head, rows)}\n`);
});

const inWords = (n: number): string => n.toLocaleString('en');

test.serial('the page lists every limit', async (t) => {
  const constants = [
    ['signup_info, login_info', `${inWords(maxInfoBytes)} bytes of UTF-8`],
    [
      'node_info',
      `${inWords(maxNodeInfoBytes)} bytes of UTF-8, ${maxNodeInfoDepth} levels, ${inWords(maxNodeInfoNames)} names`,
    ],
    ['requests of a device and kind in a row, none of them decided', String(maxRevisions)],
    ['devices of a user', String(maxDevices)],
    ['pause after an attempt that failed', `1, 2, 4, up to ${pauseBlocks(1_000)} blocks`],
    ['time that a registered function has', `${inWords(functionLimitMs)} ms`],
    ['a policy file', `${inWords(maxPolicyBytes)} bytes`],
    ['time that a policy file has to be loaded', `${inWords(loadLimitMs)} ms`],
    ['questions that a policy file is asked at once', String(maxAsked)],
    [
      'pause of a policy file whose process ends again and again',
      `${firstRestartMs} to ${inWords(longestRestartMs)} ms`,
    ],
    ["lines of a policy file's output in the log", `${maxLinesPerWindow} a second from stdout and stderr each`],
    ['questions that a webhook is asked at once', String(maxPosted)],
    ['time that a webhook has', `${inWords(settingsTable.authWebhookTimeLimit.fallback)} ms`],
    ['an answer of a webhook', `${inWords(maxAnswerBytes)} bytes`],
    ['failures in a row after which a webhook is left alone', String(maxFailures)],
    [
      'pause of a webhook',
      `${inWords(firstPauseMs)} to ${inWords(longestPauseMs)} ms; if it asks for it, ${inWords(longestAskedPauseMs)} ms`,
    ],
    ['a reason', `${maxReasonCharacters} characters, without control characters`],
    ['a PRAGMA line', `${maxPragmaCharacters} characters`],
    ['a closed request is kept', `${inWords(requestKeptBlocks)} blocks`],
    ['closed requests kept', `${inWords(maxClosedRequests)}; beyond it the oldest is forgotten`],
    ['rows of no use any more that one block deletes', inWords(forgottenPerBlock)],
  ];
  const settings = settingKeys
    .filter((key) => definitionOf(key).group === 'Authorization')
    .map((key) => [`\`${settingNames(key).name}\``, String(definitionOf(key).fallback), definitionOf(key).meaning]);
  const text = `\n${table(['of', 'limit'], constants)}\n${table(['setting', 'default', 'meaning'], settings)}\n`;
  await holdsGenerated(t, 'auth.md', 'limits', text);
});

const page = (): string => readFileSync(url, 'utf8');
const blocks = (language: string): string[] =>
  [...page().matchAll(/^```(\w+)\n(.*?)^```$/gms)].filter(([, name]) => name === language).map(([, , text]) => text!);

/** The names in the first column of the table whose head begins with this cell. */
function namesIn(head: string): string[] {
  const lines = page()
    .slice(page().indexOf(`| ${head} |`))
    .split('\n');
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(2, end).map((line) => /^\| `([\w-]+)`/.exec(line)?.[1] ?? line);
}

interface Example {
  readonly secret_key: string;
  readonly tower_id: string;
  readonly kind: RequestKind;
  readonly info: string;
  readonly node_info: string;
  readonly block_hash: string;
  readonly message: readonly string[];
  readonly signature: string;
}

test.serial('the proof of the page is what the tower asks for, and what anybody computes from its six lines', (t) => {
  const example = JSON.parse(blocks('json')[0]!) as Example;
  const {kind, info, node_info: nodeInfo, tower_id: towerId, block_hash: blockHash} = example;
  const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
  t.deepEqual(example.message, ['bartizan-auth-1', towerId, kind, blockHash, sha256(info), sha256(nodeInfo)]);
  const message = proofMessage({towerId, kind, blockHash, info, nodeInfo});
  t.is(Buffer.from(message).toString(), example.message.join('\n'));

  const key = new SigningKey(Buffer.from(example.secret_key, 'hex'));
  t.is(checkNodeInfo(nodeInfo).publicKey, key.publicKey);
  t.is(example.signature, key.sign(message));
  t.is(recoverKey(message, example.signature), key.publicKey);
  t.is(towerId, new SigningKey(Buffer.from('2'.padStart(64, '0'), 'hex')).publicKey);
  t.is(blockHash, regtestGenesisBlock().header.hash);
});

test.serial('every PRAGMA line of the page is one, and every kind of line is there', (t) => {
  const commands = blocks('sql')
    .flatMap((block) => block.trim().split('\n'))
    .map(parsePragma);
  const types: Record<PragmaCommand['type'], true> = {
    authorize_user: true,
    authorize_node: true,
    sync_status: true,
    nodes: true,
  };
  t.deepEqual([...new Set(commands.map(({type}) => type))], Object.keys(types) as PragmaCommand['type'][]);
});

test.serial('the page tells of every event, of every kind and of all that a function is told', (t) => {
  const events: Record<AuthEvent['type'] | FunctionSlow['type'], true> = {
    request_received: true,
    request_postponed: true,
    answer_recorded: true,
    answer_late: true,
    request_decided: true,
    device_authorized: true,
    device_revoked: true,
    function_slow: true,
  };
  const context: Record<keyof QuestionContext, true> = {
    requestId: true,
    key: true,
    proven: true,
    height: true,
    receivedHeight: true,
    attempts: true,
    formerUserId: true,
  };
  const emitted: Record<keyof EmbeddedTowerEvents, true> = {
    ready: true,
    not_ready: true,
    listening: true,
    request: true,
    decided: true,
    warning: true,
    error: true,
    closed: true,
  };
  t.deepEqual(namesIn('event'), Object.keys(events));
  t.deepEqual(namesIn('emitted'), Object.keys(emitted));
  t.deepEqual(namesIn('field | holds'), Object.keys(context));
  t.deepEqual(namesIn('kind | sent by'), kinds);
});

test.serial('the page names the functions of a policy module', (t) => {
  const names = kinds.map((kind) => `| \`${kind}\` | \`${callbackOf[kind]}\` |`);
  for (const [i, kind] of kinds.entries()) {
    const line = page()
      .split('\n')
      .find((text) => text.startsWith(names[i]!));
    t.true(line?.endsWith(`| \`${checkOf[kind]}\` |`), kind);
  }
});

test.serial('the question of the page is what a webhook is asked', (t) => {
  const question = JSON.parse(blocks('json')[1]!) as Record<string, never>;
  const body = questionBody({
    stage: 'check',
    kind: question['kind']!,
    info: question['signup_info']!,
    nodeInfo: JSON.stringify(question['node_info']),
    context: {
      requestId: question['request_id']!,
      key: question['public_key']!,
      proven: question['proven']!,
      height: question['height']!,
      receivedHeight: question['received_height']!,
      attempts: question['attempts']!,
      formerUserId: question['former_user_id']!,
    },
  });
  t.deepEqual(JSON.parse(body!.toString()), question);
  t.deepEqual(Object.keys(JSON.parse(body!.toString()) as object), Object.keys(question));
  const headers = questionHeaders(body!, {requestId: 12, towerId: '02ab', secret: 'hush'});
  for (const name of namesIn('header')) t.true(name in headers, name);
});

test.serial('the answers of the page are read as it says', (t) => {
  const replies = [...page().matchAll(/^\| `(\{.*\})` \|/gm)].map(([, text]) =>
    readAnswer({status: 200, headers: {}, body: Buffer.from(text!)}),
  );
  t.deepEqual(replies, [
    {type: 'returned', value: 7},
    {type: 'returned', value: 'primary'},
    {type: 'denied', reason: 'no such coupon'},
    {type: 'returned', value: -1},
    {type: 'returned', value: -2},
  ]);
});
