import test from 'ava';
import {type Activity, maxWaitMs} from '../../../src/api/observation/activity.js';
import type {ObservationClient} from '../../../src/api/observation/observation-client.js';
import {type Update, updates} from '../../../src/cli/watch/updates.js';
import {InvariantError, OperationalError} from '../../../src/errors/index.js';
import {anActivity} from './an-activity.js';

type Asked = Parameters<ObservationClient['activity']>[0];

/** A tower of answers, one for each time that it is asked; when there is none left, it holds the question back. */
function clientOf(answers: (Partial<Activity> | Error)[]) {
  const asked: Asked[] = [];
  const activity = (question: Asked): Promise<Activity> => {
    asked.push(question);
    const answer = answers.shift();
    if (answer === undefined) return new Promise((_, reject) => question.signal.addEventListener('abort', reject));
    return answer instanceof Error
      ? Promise.reject(answer)
      : Promise.resolve({...anActivity, requestsPerSecond: 0, ...answer});
  };
  return {asked, client: {activity} as ObservationClient};
}

/** What comes, until the tower holds a question back. */
async function updatesOf(answers: (Partial<Activity> | Error)[]) {
  const ending = new AbortController();
  const expected = answers.length + 1;
  const {asked, client} = clientOf(answers);
  const watched: ObservationClient['activity'] = (question) => {
    const answer = client.activity(question);
    if (asked.length === expected) ending.abort();
    return answer;
  };
  const came: Update[] = [];
  for await (const update of updates({activity: watched} as ObservationClient, ending.signal)) came.push(update);
  return {asked, came};
}

const notRunning = new OperationalError('TOWER_NOT_RUNNING', 'no tower answers');

test('after the first answer it is the tower that waits for a change', async (t) => {
  const {asked, came} = await updatesOf([{change: 7}]);
  t.deepEqual(
    asked.map(({after, waitMs}) => [after, waitMs]),
    [
      [undefined, 0],
      [7, maxWaitMs],
    ],
  );
  t.is(came.length, 1);
});

test('while requests come in it asks again after a second, to see their rate fall', async (t) => {
  const {asked} = await updatesOf([{change: 7, requestsPerSecond: 3}]);
  t.is(asked[1]!.waitMs, 1_000);
});

test('an answer without news is not told', async (t) => {
  const {came} = await updatesOf([{change: 7}, {change: 7}, {change: 8}, {change: 8, requestsPerSecond: 1}]);
  t.is(came.length, 3);
});

test('a tower that is gone is told once, and another in its place, however many changes that one has seen', async (t) => {
  const {asked, came} = await updatesOf([{change: 7, pid: 1}, notRunning, notRunning, {change: 7, pid: 2}]);
  t.deepEqual(
    came.map((update) => update.running),
    [true, false, true],
  );
  t.is(asked.at(-2)!.after, undefined, 'the new one is asked for all');
});

test('a defect ends it', async (t) => {
  await t.throwsAsync(updatesOf([new InvariantError('slots do not add up')]), {instanceOf: InvariantError});
});
