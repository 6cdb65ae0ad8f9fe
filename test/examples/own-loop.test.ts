import test from 'ava';
import {ExampleProcess} from '../e2e/support/example-process.js';
import {run} from '../cli/harness.js';

test('the program of the guide decides what is submitted from the shell, also what waited while it was down', async (t) => {
  const first = new ExampleProcess(t, 'own-loop/program.mjs', []);
  await first.says(/^tower \w+ is ready$/);
  const cwd = first.folder;
  const bartizan = (...args: string[]) => run(t, [...args, '--data-dir', 'tower.db'], {cwd});
  const submit = (name: string, info: string) =>
    bartizan('submit', 'signup', '--key-file', `${name}.key`, '--new-key', '--info', info);

  t.regex((await submit('phone', 'welcome alice')).stdout, /pending/);
  await first.says(/^request 1 is decided$/);
  // It is killed before its loop comes round, or after: the next one decides what is left.
  await submit('stranger', 'let me in');
  await first.kill();

  const second = new ExampleProcess(t, 'own-loop/program.mjs', [], {folder: cwd});
  await second.says(/^tower \w+ is ready$/);
  const pending = () => bartizan('requests', '--state', 'pending', '--json');
  while ((JSON.parse((await pending()).stdout) as {requests: unknown[]}).requests.length > 0);
  const {stdout} = await bartizan('requests', '--state', 'all', '--json');
  t.like(JSON.parse(stdout), {
    requests: [
      {request_id: 1, state: 'approved', closing: {user_id: 1, actor: 'program'}},
      {request_id: 2, state: 'denied', closing: {reason: 'unknown invitation', actor: 'program'}},
    ],
  });
});
