import {Readable} from 'node:stream';
import test from 'ava';
import {EventLog} from '../../src/cli/daemon/event-log.js';
import type {Io} from '../../src/cli/io.js';
import {plain} from '../../src/cli/paint.js';
import type {SourceStateName} from '../../src/chain/source-state.js';
import type {LoggedEvent, LogLevel} from '../../src/daemon/observation/logged-event.js';
import {InvariantError, OperationalError} from '../../src/errors/index.js';
import type {TowerEvent} from '../../src/tower/events.js';

interface Opened {
  readonly log: EventLog;
  readonly lines: string[];
}

interface Options {
  readonly format?: 'auto' | 'pretty' | 'json' | 'text';
  readonly level?: LogLevel;
  readonly json?: boolean;
  readonly logIsTerminal?: boolean;
}

const now = new Date(Date.UTC(2026, 0, 2, 3, 4, 5));

async function open({format = 'auto', level = 'info', json = false, logIsTerminal = false}: Options): Promise<Opened> {
  const lines: string[] = [];
  const io: Io = {
    print: () => undefined,
    log: (text) => void lines.push(text),
    paintData: plain,
    paintLog: plain,
    logIsTerminal,
    inputIsTerminal: false,
    environment: {},
    home: '/',
    workingDirectory: '/',
    input: () => Readable.from([]),
  };
  return {log: await EventLog.open(io, {format, level, json, now: () => now}), lines};
}

async function logOf(events: readonly LoggedEvent[], options: Options = {}): Promise<string[]> {
  const {log, lines} = await open(options);
  for (const event of events) log.event(event);
  return lines;
}

const connected = (height: number, deletedUsers = 0): TowerEvent => ({
  type: 'block_connected',
  height,
  hash: '0'.repeat(64),
  header: '',
  deletedUsers,
  userIds: [],
});

const changed = (name: SourceStateName, tipHeight: number, sourceHeight: number): TowerEvent => ({
  type: 'state_changed',
  state: {name, sourceHeight},
  tip: {height: tipHeight} as never,
});

function catchUp(blocks: number): TowerEvent[] {
  const heights = Array.from({length: blocks}, (_, index) => index + 1);
  return [
    changed('catching_up', 0, blocks),
    ...heights.map((height) => connected(height, height === 7 ? 2 : 0)),
    changed('synced', blocks, blocks),
  ];
}

const key = `02${'ab'.repeat(32)}`;
const subscription = {key, userId: 7, availableSlots: 9, subscriptionStart: 1, subscriptionExpiry: 9};
const renewed: TowerEvent = {type: 'subscription_renewed', height: 1, ...subscription};
const decided = (reason: string): TowerEvent => ({
  type: 'request_decided',
  height: 1,
  requestId: 3,
  kind: 'new_node',
  key,
  state: 'denied',
  decidedBy: 'policy',
  reason,
  userId: null,
  role: null,
});

test('in a file every block of a long catch-up has its line', async (t) => {
  const lines = await logOf(catchUp(500));
  t.is(lines.filter((line) => line.includes('"event":"block_connected"')).length, 500);
  t.is(lines.length, 502);
});

test('on a terminal a long catch-up is summed up in one line, and the next block has its own again', async (t) => {
  const [summary, synced, next, ...others] = await logOf([...catchUp(500), connected(501)], {logIsTerminal: true});
  t.is(summary, 'connected 500 blocks, deleted 2 users');
  t.regex(synced!, /state=synced/);
  t.regex(next!, /501 {2}block connected/);
  t.deepEqual(others, []);
});

test('on a terminal a few blocks have a line each', async (t) => {
  const lines = await logOf(catchUp(8), {logIsTerminal: true});
  t.is(lines.filter((line) => line.includes('block connected')).length, 8);
});

test('a line of JSON has level, time and event first, and then what is known', async (t) => {
  const [line] = await logOf([{...connected(104, 2), userIds: [7, 9]} as TowerEvent]);
  t.is(
    line,
    `{"level":"info","time":"2026-01-02T03:04:05.000Z","event":"block_connected","height":104,"hash":"${'0'.repeat(64)}","deleted_users":2,"user_ids":[7,9]}`,
  );
});

test('lines are JSON unless stderr is a terminal, JSON was asked for, or the setting says otherwise', async (t) => {
  const form = async (options: Options) => {
    const [line] = await logOf([connected(1)], options);
    return line!.startsWith('{') ? 'json' : line!.startsWith('time=') ? 'text' : 'pretty';
  };
  for (const [options, expected] of [
    [{}, 'json'],
    [{logIsTerminal: true}, 'pretty'],
    [{logIsTerminal: true, json: true}, 'json'],
    [{format: 'text'}, 'text'],
    [{format: 'text', logIsTerminal: true, json: true}, 'text'],
    [{format: 'pretty'}, 'pretty'],
    [{format: 'json', logIsTerminal: true}, 'json'],
  ] as [Options, string][]) {
    t.is(await form(options), expected, JSON.stringify(options));
  }
});

for (const format of ['json', 'text', 'pretty'] as const) {
  test(`${format}: what users do all day is counted in the line of the next block, and has its own at level debug`, async (t) => {
    const events = [renewed, renewed, connected(2), connected(3)];
    const [first, second, ...others] = await logOf(events, {format});
    t.regex(first!, /renewals["]?[=:]2/);
    t.notRegex(second!, /renewals/);
    t.deepEqual(others, []);
    t.is((await logOf(events, {format, level: 'debug'})).length, 4);
  });

  test(`${format}: below the level that is wanted nothing is written`, async (t) => {
    const halt: TowerEvent = {
      type: 'state_changed',
      state: {name: 'halted', error: new OperationalError('TOWER_STORE_FAILED', 'no space')},
      tip: undefined,
    };
    const lines = await logOf([connected(1), {type: 'webhook_resumed'}, renewed, halt], {format, level: 'error'});
    t.is(lines.length, 1);
    t.regex(lines[0]!, /no space/);
  });

  test(`${format}: what a stranger has written stays on its line and gives a terminal no orders`, async (t) => {
    const nasty = '"\n\r\u0000\u001b[2J\u009b31m\u202eevil\u2028\ud800';
    for (const line of await logOf([decided(nasty)], {format})) {
      t.notRegex(line, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      if (format === 'json') t.is((JSON.parse(line) as {reason: string}).reason, nasty);
    }
  });
}

test('warnings, defects and failures are JSON, too, where the log is', async (t) => {
  const {log, lines} = await open({});
  log.warning('a slip');
  log.defect(new TypeError('x is undefined'));
  t.true(log.failure(new OperationalError('TOWER_STORE_FAILED', 'no space', {cause: new Error('ENOSPC')})));
  t.true(log.failure(new InvariantError('slots do not add up')));
  const [warning, defect, failure, invariant] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  t.like(warning, {level: 'warn', event: 'warning', warning: 'a slip'});
  t.like(defect, {level: 'error', event: 'defect', error: 'x is undefined'});
  t.regex(String(defect!['stack']), /^TypeError: x is undefined\n/);
  t.like(failure, {level: 'fatal', event: 'failed', code: 'TOWER_STORE_FAILED', because: ['ENOSPC']});
  t.is(failure!['stack'], undefined);
  t.like(invariant, {level: 'fatal', code: 'TOWER_INVARIANT'});
  t.is(typeof invariant!['stack'], 'string');
});

test('elsewhere a failure is left to whoever called the command', async (t) => {
  for (const format of ['text', 'pretty'] as const) {
    const {log, lines} = await open({format});
    t.false(log.failure(new OperationalError('TOWER_STORE_FAILED', 'no space')));
    log.warning('a slip');
    t.deepEqual(lines, ['warning: a slip']);
  }
});
