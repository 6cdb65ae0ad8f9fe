import {Readable} from 'node:stream';
import test from 'ava';
import {eventLog} from '../../src/cli/daemon/event-log.js';
import type {Io} from '../../src/cli/io.js';
import {plain} from '../../src/cli/paint.js';
import type {SourceStateName} from '../../src/chain/source-state.js';
import type {TowerEvent} from '../../src/tower/events.js';

async function logOf(events: readonly TowerEvent[], logIsTerminal: boolean): Promise<string[]> {
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
  const log = await eventLog(io);
  for (const event of events) log(event);
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

test('in a file every block of a long catch-up has its line', async (t) => {
  const lines = await logOf(catchUp(500), false);
  t.is(lines.filter((line) => line.includes('event=block_connected')).length, 500);
  t.is(lines.length, 502);
});

test('on a terminal a long catch-up is summed up in one line, and the next block has its own again', async (t) => {
  const [summary, synced, next, ...others] = await logOf([...catchUp(500), connected(501)], true);
  t.is(summary, 'connected 500 blocks, deleted 2 users');
  t.regex(synced!, /state=synced/);
  t.regex(next!, /501 {2}block connected/);
  t.deepEqual(others, []);
});

test('on a terminal a few blocks have a line each', async (t) => {
  const lines = await logOf(catchUp(8), true);
  t.is(lines.filter((line) => line.includes('block connected')).length, 8);
});
