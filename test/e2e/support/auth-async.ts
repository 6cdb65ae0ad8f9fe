import {setTimeout as delay} from 'node:timers/promises';
import type {ExecutionContext} from 'ava';
import type {KeyValueReader} from '../../../src/store/key-value-store.js';
import {requestIdOf, userIdOf} from '../../../src/store/layout.js';
import {decodeRequest, type RequestRow} from '../../../src/store/request-row.js';
import {decodeUser} from '../../../src/store/rows.js';
import {verify} from '../../../src/store/verify.js';
import {SeededRandom} from '../../support/random.js';
import {tempDir} from '../../support/temp-dir.js';
import {chainOfLog} from './chain-of-log.js';
import {ExampleProcess} from './example-process.js';
import {loggedEvents, readStored, tableOf} from './stored.js';

const {KILL_SEED} = process.env;
export const killSeed = Number(KILL_SEED ?? Math.floor(Math.random() * 2 ** 32));

/** Customers who are new in each life of the program: there is always something to receive and to decide. */
const newPeople = 4;
/** It is killed after so many lines at most, and so much later at most. */
const mostLines = 16;
const latestMs = 15;

/** As OctoDB's example has it. */
const octoUri = 'node=primary&bind=tcp://0.0.0.0:1234&auth=user';

interface Lives {
  readonly kills: number;
  /** More settings, as they stand in a URI. */
  readonly uri: string;
  /** Runs once in each life, beside the program. */
  readonly meanwhile?: (random: SeededRandom) => Promise<unknown>;
}

/**
 * Runs `examples/auth-async` again and again on one data directory and kills it at random moments; the last time it may
 * end by itself. Then everything that any of its lives has said of a request must be what the store holds.
 */
export async function liveThroughKills(t: ExecutionContext, {kills, uri, meanwhile}: Lives): Promise<void> {
  const random = new SeededRandom(killSeed);
  const dataDir = tempDir(t);
  const printed: string[] = [];
  const moments = {starting: 0, running: 0, finished: 0};
  let startMs = 300;
  let people = 0;
  const start = () => {
    people += newPeople;
    return new ExampleProcess(t, 'auth-async/main.mjs', [`file:${dataDir}?${octoUri}&${uri}`, `${people}`]);
  };

  for (let killed = 0; killed < kills; killed++) {
    const spawnedMs = performance.now();
    const example = start();
    const beside = meanwhile?.(random);
    if (killed > 0 && random.next() < 0.25) {
      await delay(random.next() * startMs);
      moments.starting++;
    } else {
      await example.printed(2);
      startMs = performance.now() - spawnedMs;
      // Right after its start it takes in several requests at once, so that is a moment to go for.
      await example.printed(random.next() < 0.4 ? 2 : random.whole(2, mostLines));
      await delay(random.next() * latestMs);
      moments.running++;
    }
    await example.kill();
    await beside;
    // What ended by itself has ended well.
    if ((await example.ended) !== null) {
      t.is(await example.ended, 0, example.errors);
      moments.finished++;
    }
    printed.push(...example.lines);
    await readStored(dataDir, async (rows) => t.deepEqual((await verify(rows)).problems, []));
  }

  const last = start();
  t.is(await last.ended, 0, last.errors);
  t.regex(last.lines.at(-1)!, /^every device has its answer/);
  printed.push(...last.lines);
  await readStored(dataDir, (rows) => holdsAllThatWasSaid(t, rows, printed, people));
  t.log(`${2 * people + 2} requests; ${JSON.stringify(moments)}`);
}

/** Nothing lost, nothing twice, nothing from nowhere. */
async function holdsAllThatWasSaid(
  t: ExecutionContext,
  rows: KeyValueReader,
  printed: readonly string[],
  people: number,
): Promise<void> {
  t.deepEqual((await verify(rows)).problems, []);
  const requests = new Map<number, RequestRow>();
  for (const [key, raw] of await tableOf(rows, 'request')) requests.set(requestIdOf(key), decodeRequest(raw));

  // Each device has asked once, and each has the answer that is its due.
  const verdicts = [...requests.values()].map((row) => [`${nameOf(row)} ${row.kind}`, verdictOf(row)] as const);
  t.is(new Set(verdicts.map(([device]) => device)).size, requests.size);
  t.deepEqual(Object.fromEntries(verdicts), expectedVerdicts(people));
  const users = (await tableOf(rows, 'user')).map(([key, raw]) => [userIdOf(key), decodeUser(raw).devices.length]);
  t.deepEqual(
    users,
    Array.from({length: people}, (_, i) => [i + 1, hasGuessed(i + 1) ? 1 : 2]),
  );

  // Whatever the devices were told of is there, and was told of once.
  const told = printed.flatMap((line) => {
    const [, id, name] = /^request (\d+) received: (.*) asks to /.exec(line) ?? [];
    return id === undefined ? [] : [{id: Number(id), name}];
  });
  t.true(told.length > 0);
  t.is(new Set(told.map(({id}) => id)).size, told.length);
  for (const {id, name} of told) t.is(nameOf(requests.get(id)!), name!);
  for (const line of printed) {
    const [, id, state] = /^request (\d+) (approved|denied|failed|superseded):/.exec(line) ?? [];
    if (id !== undefined) t.is(requests.get(Number(id))?.state, state as RequestRow['state'], line);
  }
  t.deepEqual(
    printed.filter((line) => line.includes('is not decided')),
    [],
  );

  // The log has each received once, and decided once, later.
  const events = await loggedEvents(rows);
  for (const [id, {state}] of requests) {
    const story = events.flatMap((event) => ('requestId' in event && event.requestId === id ? [event] : []));
    const decisive = story.filter(({type}) => type === 'request_received' || type === 'request_decided');
    t.deepEqual(
      decisive.map(({type}) => type),
      ['request_received', 'request_decided'],
    );
    t.like(decisive[1], {state});
  }
  const decided = events.filter(({type}) => type === 'request_decided').length;
  t.is(decided, requests.size);
  // No device was let in but by a request.
  for (const event of events) if (event.type === 'device_authorized') t.true(requests.has(event.requestId!));
  t.true(chainOfLog(events).connected > 0);
}

const nameOf = ({nodeInfo}: RequestRow): string => (JSON.parse(nodeInfo) as {name: string}).name;

const verdictOf = ({state, closing}: RequestRow): string => `${state} ${closing?.role ?? closing?.userId}`;

/** Every third customer's laptop belongs to somebody who guesses. */
const hasGuessed = (n: number): boolean => n % 3 === 0;

function expectedVerdicts(people: number): Record<string, string> {
  const names = ['alice', 'bob', 'carol', 'dave', 'erin'];
  const expected: Record<string, string> = {
    'backup new_node': 'approved primary',
    'intruder new_node': 'denied null',
  };
  for (let n = 1; n <= people; n++) {
    const name = names[n - 1] ?? `customer-${n}`;
    expected[`${name}'s phone user_signup`] = `approved ${n}`;
    expected[`${name}'s laptop user_login`] = hasGuessed(n) ? 'denied null' : `approved ${n}`;
  }
  return expected;
}
