import {once} from 'node:events';
import {mkdirSync, rmSync, symlinkSync} from 'node:fs';
import test from 'ava';
import {PretendClone} from './pretend-clone.js';

const setup = ['scripts/setup.js'];
const everything = ['npm ci', 'tsc'];

test('a fresh clone is installed and compiled, and then left alone', async (t) => {
  const clone = new PretendClone(t);
  const first = await clone.run(setup);
  t.is(first.status, 0, first.stderr);
  t.is(first.stdout, '', 'stdout is for data');
  t.deepEqual(clone.calls(), everything);
  t.deepEqual(await clone.run(setup), {status: 0, stdout: '', stderr: ''});
  t.deepEqual(clone.calls(), []);
});

test('the command of a fresh clone sets it up and then runs', async (t) => {
  const clone = new PretendClone(t);
  const {status, stdout} = await clone.run(['bin/bartizan.js', 'sim', 'x']);
  t.is(status, 0);
  t.is(stdout, 'main sim x\n');
  t.deepEqual(clone.calls(), everything);
});

test('an installed package needs no setup', async (t) => {
  const clone = new PretendClone(t);
  await clone.run(setup);
  clone.calls();
  for (const name of ['tsconfig.json', 'scripts', 'src', 'node_modules']) rmSync(clone.path(name), {recursive: true});
  const {status, stdout} = await clone.run(['bin/bartizan.js', '--version']);
  t.is(status, 0);
  t.is(stdout, 'main --version\n');
  t.deepEqual(clone.calls(), []);
});

test('what changes in the sources is compiled', async (t) => {
  const clone = new PretendClone(t);
  await clone.run(setup);
  clone.calls();
  const changes: (() => void)[] = [
    () => clone.write('src/cli/main.ts', '// second'),
    () => clone.write('src/cli/added.ts', ''),
    () => rmSync(clone.path('src/cli/added.ts')),
    () => clone.write('tsconfig.json', '{ }'),
    () => rmSync(clone.path('dist/src/cli/main.js')),
    () => rmSync(clone.path('dist'), {recursive: true}),
  ];
  for (const change of changes) {
    change();
    await clone.run(setup);
    t.deepEqual(clone.calls(), ['tsc'], String(change));
  }
});

test('outputs of a deleted source are deleted', async (t) => {
  const clone = new PretendClone(t);
  clone.write('src/cli/old.ts', '');
  await clone.run(setup);
  t.true(clone.has('dist/src/cli/old.js'));
  rmSync(clone.path('src/cli/old.ts'));
  await clone.run(setup);
  for (const ending of ['js', 'd.ts', 'js.map']) {
    t.false(clone.has(`dist/src/cli/old.${ending}`));
    t.true(clone.has(`dist/src/cli/main.${ending}`));
  }
});

test('other dependencies are installed when package-lock.json changes', async (t) => {
  const clone = new PretendClone(t);
  await clone.run(setup);
  clone.calls();
  clone.write('package-lock.json', '{"packages": {"node_modules/a": {"integrity": "one"}}}');
  await clone.run(setup);
  t.deepEqual(clone.calls(), everything);
});

test('an install by hand is recognised', async (t) => {
  const clone = new PretendClone(t);
  await clone.run(setup);
  clone.calls();
  const other = '{"integrity": "two", "optional": true, "os": ["another"], "dependencies": {"c": "*"}}';
  const ofOther = '{"integrity": "three", "optional": true}';
  clone.write(
    'package-lock.json',
    `{"packages": {"node_modules/a": {"integrity": "one"}, "node_modules/b": ${other}, "node_modules/c": ${ofOther}}}`,
  );
  clone.write('node_modules/.package-lock.json', '{"packages": {"node_modules/a": {"integrity": "one"}}}');
  await clone.run(setup);
  t.deepEqual(clone.calls(), ['tsc']);
});

test('an optional dependency that was locked since is installed', async (t) => {
  const clone = new PretendClone(t);
  await clone.run(setup);
  clone.calls();
  const root = '{"dependencies": {"a": "*"}, "optionalDependencies": {"b": "*"}}';
  const added = '{"integrity": "two", "optional": true}';
  clone.write(
    'package-lock.json',
    `{"packages": {"": ${root}, "node_modules/a": {"integrity": "one"}, "node_modules/b": ${added}}}`,
  );
  clone.write('node_modules/.package-lock.json', '{"packages": {"node_modules/a": {"integrity": "one"}}}');
  await clone.run(setup);
  t.deepEqual(clone.calls(), everything);
});

test('two commands at once in a fresh clone install and compile once', async (t) => {
  const clone = new PretendClone(t);
  const ended = await Promise.all([clone.run(setup), clone.run(setup), clone.run(['bin/bartizan.js'])]);
  for (const {status, stderr} of ended) t.is(status, 0, stderr);
  t.is(ended[2].stdout, 'main\n');
  t.deepEqual(clone.calls(), everything);
});

test('an interrupted setup leaves no lock, and the next one completes', async (t) => {
  const clone = new PretendClone(t);
  const {status} = await clone.run(setup, {}, (child) => {
    void once(child.stderr!, 'data').then(() => child.kill('SIGINT'));
  });
  t.is(status, 130);
  t.false(clone.has('.cache/setup.lock'));
  t.is((await clone.run(setup)).status, 0);
  t.true(clone.has('dist/src/cli/main.js'));
});

test('a failed installation says what, why and what next, and is tried again', async (t) => {
  const clone = new PretendClone(t);
  const failed = await clone.run(setup, {REFUSE: 'npm error code ENOTFOUND\nnpm error\nnpm error it cannot be found'});
  t.is(failed.status, 1);
  t.is(
    failed.stderr,
    [
      'setup: installing the dependencies (once, some seconds) ...',
      'error: the dependencies could not be installed',
      'because: npm ci says',
      'npm error code ENOTFOUND',
      'npm error it cannot be found',
      'hint: the package registry cannot be reached: go online, then try again',
      '',
    ].join('\n'),
  );
  clone.calls();
  t.is((await clone.run(setup)).status, 0);
  t.deepEqual(clone.calls(), everything);
});

test('without npm the error says so', async (t) => {
  const clone = new PretendClone(t);
  const {status, stderr} = await clone.run(setup, {PATH: clone.root});
  t.is(status, 1);
  t.regex(stderr, /because: there is no npm on PATH\nhint: install npm/);
});

test('sources that do not compile are shown, never run, and compiled again', async (t) => {
  const clone = new PretendClone(t);
  const failed = await clone.run(['bin/bartizan.js'], {COMPLAIN: 'src/cli/main.ts(1,1): error'});
  t.is(failed.status, 1);
  t.is(failed.stdout, '');
  t.regex(failed.stderr, /error: the sources do not compile\nbecause: .*\nsrc\/cli\/main.ts\(1,1\): error\nhint: /);
  t.is((await clone.run(['bin/bartizan.js'])).stdout, 'main\n');
});

test('a node_modules that is a link is never emptied', async (t) => {
  const clone = new PretendClone(t);
  mkdirSync(clone.path('elsewhere'));
  clone.write('elsewhere/kept.js', '');
  symlinkSync(clone.path('elsewhere'), clone.path('node_modules'));
  const {status, stderr} = await clone.run(setup);
  t.is(status, 1);
  t.regex(stderr, /because: node_modules is a link/);
  t.true(clone.has('elsewhere/kept.js'));
  t.deepEqual(clone.calls(), []);
});

test('an old Node.js is told which one is needed', async (t) => {
  const clone = new PretendClone(t);
  for (const version of ['18.20.0', '20.18.3']) {
    const pretend = `Object.defineProperty(process,'versions',{value:{node:'${version}'}})`;
    const {status, stderr} = await clone.run(['--import', `data:text/javascript,${pretend}`, 'bin/bartizan.js']);
    t.is(status, 1);
    t.regex(stderr, /^error: Bartizan needs Node.js 20.19 or newer\nbecause: this is Node.js [\d.]+\nhint: /);
  }
});
