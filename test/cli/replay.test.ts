import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {run, runHere, temporaryDirectory} from './harness.js';

const fixture = (name: string): string => join(process.cwd(), 'fixtures/chains', name);

test('a recorded reorg is replayed block by block, down to the fork point and up again', async (t) => {
  const file = fixture('reorg-6.hex');
  const {status, stdout, stderr} = await run(t, ['replay', file]);
  t.is(stderr, '');
  t.is(status, 0);
  t.is(
    stdout,
    `${file}: 37 blocks of regtest

started       0
connected     1 to 26
disconnected  26 to 21, a reorg of depth 6
connected     21 to 30

tip     30  1eb4390ef7278d386feec433c65e2c7320a6cdd001b53e2f154c910df2ae7495
digest  a41196d4a07203619ccfb08c2c7a04c4315009d59a2075bdf9ac361985528a0a
`,
  );
});

test('an equal-work fork does not switch the chain', async (t) => {
  const {stdout} = await runHere(['replay', fixture('equal-work-fork.hex'), '--json']);
  t.like(JSON.parse(stdout), {blocks: 25, runs: [{type: 'connected', from: 1, to: 22}]});
});

test('a damaged line is named, with status 2', async (t) => {
  const file = join(await temporaryDirectory(t), 'chain.hex');
  await writeFile(file, '# a comment\n00ff0x\n');
  const {status, stdout, stderr} = await runHere(['replay', file]);
  t.is(status, 2);
  t.is(stdout, '');
  t.regex(stderr, /^error: .*chain\.hex:2: .*\nhint: .*\[TOWER_INVALID_FIXTURE\]\n$/);
});

test('a file that is not there is told with its cause', async (t) => {
  const {status, stderr} = await runHere(['replay', '/none.hex']);
  t.is(status, 2);
  t.regex(stderr, /^error: \/none\.hex cannot be read\nbecause: ENOENT.*\nhint: .*\[TOWER_FILE_FAILED\]\n$/);
});

test('a file that is neither a tape nor a recorded chain is told as such, without a byte of it', async (t) => {
  const folder = await temporaryDirectory(t);
  const contents = {
    empty: '',
    blank: '\n \n',
    binary: '\u007fELF\u0002\u0001\u0000',
    story: 'name: Added later\n',
    prose: '# A\n\nface it\n',
  };
  for (const [name, text] of Object.entries(contents)) {
    const file = join(folder, name);
    await writeFile(file, text);
    const {status, stderr} = await runHere(['replay', file]);
    t.is(status, 2, name);
    t.regex(
      stderr,
      /^error: \S+ is (?:empty: it is )?neither a tape nor a recorded chain\nhint: [ -~]+\[TOWER_INVALID_TAPE\]\n$/,
    );
  }
});
