import {request} from 'node:http';
import test, {type ExecutionContext} from 'ava';
import type {AdminOperator} from '../../../src/api/admin/admin-operator.js';
import {AdminClient} from '../../../src/api/admin/client.js';
import {serveAdmin} from '../../../src/api/admin/server.js';
import {socketPathOf} from '../../../src/api/admin/socket.js';
import {OperationalError} from '../../../src/errors/index.js';
import {tempDir} from '../../support/temp-dir.js';
import {until} from '../../support/until.js';
import {fakeTower} from './fake-tower.js';

type CopyStore = AdminOperator['copyStore'];

async function serve(t: ExecutionContext, copyStore: CopyStore) {
  const dataDir = tempDir(t);
  const defects: unknown[] = [];
  const path = socketPathOf(dataDir);
  const {operator} = fakeTower();
  const onDefect = (error: unknown) => void defects.push(error);
  const tower = fakeTower({operator: {...operator, copyStore}});
  const server = await serveAdmin(tower, {path, onDefect, closingMs: 100});
  t.teardown(() => server.close());
  const {copyStore: copy} = operator;
  return {path, defects, server, client: new AdminClient(dataDir), copy};
}

const turn = () => new Promise(setImmediate);

test('long work tells how far it is, and then answers', async (t) => {
  const heard: number[] = [];
  const {client, copy} = await serve(t, async (path, tell) => {
    for (let rows = 1; rows <= 50; rows++) {
      tell({rows, bytes: 10 * rows});
      await turn();
    }
    return {...(await copy(path, () => undefined)), genesis: path};
  });
  const answer = await client.operator.copyStore('/Zoë/🏰', ({rows}) => heard.push(rows));
  t.deepEqual(answer, {...(await copy('', () => undefined)), genesis: '/Zoë/🏰'});
  t.true(heard.length > 0);
  t.deepEqual(
    heard,
    [...heard].sort((a, b) => a - b),
  );
});

test('of progress that comes faster than it is heard, the last is told', async (t) => {
  const heard: number[] = [];
  const {client, copy} = await serve(t, async (path, tell) => {
    for (let rows = 1; rows <= 10_000; rows++) tell({rows, bytes: 0});
    return copy(path, () => undefined);
  });
  await client.operator.copyStore('/x', ({rows}) => heard.push(rows));
  t.deepEqual(heard, [10_000]);
});

test('the failure of long work arrives as it was, also after it has told how far it is', async (t) => {
  const {client} = await serve(t, async (_path, tell) => {
    tell({rows: 1, bytes: 1});
    await turn();
    throw new OperationalError('TOWER_FOLDER_NOT_EMPTY', 'it is full', {
      facts: {rowsFound: 3},
      cause: new Error('why'),
    });
  });
  const error = await t.throwsAsync(
    client.operator.copyStore('/x', () => undefined),
    {
      instanceOf: OperationalError,
      code: 'TOWER_FOLDER_NOT_EMPTY',
      message: 'it is full',
    },
  );
  t.deepEqual(error.facts, {rowsFound: 3});
  t.is((error.cause as Error).message, 'why');
});

test('a defect of long work is told here and there', async (t) => {
  const defect = new Error('a defect');
  const {client, defects} = await serve(t, () => Promise.reject(defect));
  await t.throwsAsync(
    client.operator.copyStore('/x', () => undefined),
    {code: 'TOWER_INVARIANT'},
  );
  t.deepEqual(defects, [defect]);
});

test('long work ends, without a word, when nobody listens any more', async (t) => {
  let ended: unknown;
  const {path, defects} = await serve(t, async (_path, tell) => {
    try {
      for (;;) {
        tell({rows: 1, bytes: 1});
        await turn();
      }
    } catch (error) {
      ended = error;
      throw error;
    }
  });
  const headers = {'content-type': 'application/json'};
  const sent = request({socketPath: path, method: 'POST', path: '/copy', headers, agent: false}, (response) => {
    response.once('data', () => sent.destroy());
    response.on('error', () => undefined);
  });
  sent.on('error', () => undefined).end('{"path":"/x"}');
  await until(() => ended !== undefined);
  t.true(ended instanceof Error);
  t.deepEqual(defects, []);
});

test('an answer that is cut off is no answer', async (t) => {
  const {client, server} = await serve(t, (_path, tell) => {
    tell({rows: 1, bytes: 1});
    return new Promise(() => undefined);
  });
  const asked = client.operator.copyStore('/x', () => void server.close());
  await t.throwsAsync(asked, {code: 'TOWER_ADMIN_FAILED'});
});

test('a path that is not absolute, or is none, is refused before anything begins', async (t) => {
  const {client} = await serve(t, () => Promise.reject(new Error('it has begun')));
  for (const path of ['', 'x', './x', `/${'x'.repeat(4096)}`]) {
    await t.throwsAsync(
      client.operator.copyStore(path, () => undefined),
      {code: 'TOWER_INVALID_PARAMETER'},
    );
  }
});
