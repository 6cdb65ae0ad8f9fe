import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {run, runHere, temporaryDirectory} from './harness.js';

const fixture = fileURLToPath(new URL('../../../fixtures/chains/reorg-1.hex', import.meta.url));

async function aScript(t: ExecutionContext, text: string): Promise<string> {
  const path = join(await temporaryDirectory(t), 'script.yaml');
  await writeFile(path, text);
  return path;
}

test('a script is played step by step on the blocks of a file, and says where each step led', async (t) => {
  const script = await aScript(
    t,
    `- reorg: {depth: 2, blocks: 3}
- fault: busy
- heal
- repeat: {times: 2, steps: [{mine: 1}]}
- restart: {lose: 3}
- follow: blocks
- invalidate: 20
- wait_for: 19
- wait: 1
- stop
`,
  );
  const {status, stdout, stderr} = await run(t, ['fake-bitcoind', '--blocks', fixture, '--script', script, '--json']);
  t.is(status, 0, stderr);
  t.like(JSON.parse(stdout), {height: 25});
  t.deepEqual(stderr.trimEnd().split('\n'), [
    'line=1 step=reorg {"depth":2,"blocks":3} height=26',
    'line=2 step=fault {"kind":"busy"} height=26',
    'line=3 step=heal {} height=26',
    'line=4 step=mine {"blocks":1} height=27',
    'line=4 step=mine {"blocks":1} height=28',
    'line=5 step=restart {"lose":3} height=25',
    'line=6 step=follow {"what":"blocks"} height=28',
    'line=7 step=invalidate {"block":20} height=19',
    'line=8 step=wait_for 19 height=19',
    'line=9 step=wait 1 height=19',
  ]);
});

test('a script that is none is refused with every line that is wrong', async (t) => {
  const script = await aScript(
    t,
    `- mine: 0
- reorg: 3
- whatever
- fault: {kind: lose, nxt: 3}
- [1]
- {mine: 1, heal: }
- repeat: {times: 2, steps: [{wait: -1}]}
`,
  );
  const {status, stderr, stdout} = await runHere(['fake-bitcoind', '--script', script]);
  t.is(status, 2);
  t.is(stdout, '');
  for (const line of [1, 2, 3, 4, 5, 6, 7]) t.regex(stderr, new RegExp(`script\\.yaml:${line}:\\d+: `));
  t.regex(stderr, /\[TOWER_INVALID_SCRIPT\]/);
});

test('a step that cannot be done ends it, and names its line', async (t) => {
  const script = await aScript(t, '- mine: 1\n- reorg: {depth: 3, blocks: 4}\n');
  const {status, stderr} = await runHere(['fake-bitcoind', '--script', script]);
  t.is(status, 2);
  t.regex(stderr, /error: line 2 of the script: the tip, at height 1, is no 3 above genesis/);
});

test('what cannot be begun with is said before anything is', async (t) => {
  const refused = async (...args: string[]): Promise<string> => {
    const {status, stderr} = await runHere(['fake-bitcoind', ...args]);
    t.not(status, 0);
    return stderr;
  };
  t.regex(await refused('--rpc-user', 'somebody'), /go together/);
  t.regex(await refused('--rpc-port', '70000'), /--rpc-port/);
  t.regex(await refused('--blocks', '/nowhere'), /TOWER_FILE_FAILED/);
  t.regex(await refused('--script', '/nowhere'), /TOWER_FILE_FAILED/);
});
