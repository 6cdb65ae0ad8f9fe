import {readdir, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {checkXml} from '../support/xml.js';
import {runHere, temporaryDirectory} from './harness.js';

const fixtures = fileURLToPath(new URL('../../../fixtures/', import.meta.url));
const scenario = (name: string) => join(fixtures, 'scenarios', `${name}.yaml`);

test('sim --report and --svg write a page and a picture, the same ones for the same run, and say nothing else', async (t) => {
  const folder = await temporaryDirectory(t);
  const [page, still] = [join(folder, 'new', 'out.html'), join(folder, 'out.svg')];
  const draw = () => runHere(['sim', scenario('grace'), '--memory', '--json', '--report', page, '--svg', still]);
  const plain = await runHere(['sim', scenario('grace'), '--memory', '--json']);
  t.deepEqual(await draw(), plain);
  const [first, second] = [await readFile(page, 'utf8'), await readFile(still, 'utf8')];
  t.regex(first, /^<!doctype html>/);
  t.notThrows(() => checkXml(second));
  await draw();
  t.deepEqual([await readFile(page, 'utf8'), await readFile(still, 'utf8')], [first, second]);
});

test('of several files, sim --report writes a page each into a folder, also of one that goes otherwise', async (t) => {
  const temporary = await temporaryDirectory(t);
  const [folder, unmet] = [join(temporary, 'pages'), join(temporary, 'unmet.yaml')];
  await writeFile(unmet, 'name: Unmet\nsteps:\n  - register: alice\n  - expect: {alice: expired}\n');
  const {status} = await runHere(['sim', unmet, scenario('grace'), '--memory', '--report', folder]);
  t.is(status, 1);
  t.deepEqual(await readdir(folder), ['grace.html', 'unmet.html']);
  t.regex(
    await readFile(join(folder, 'unmet.html'), 'utf8'),
    /expected that alice is expired, but alice is active<small>line 4/,
  );
});

test('a page of a story that goes back in time lists every unmet expectation, each with its event', async (t) => {
  const folder = await temporaryDirectory(t);
  const [file, page] = [join(folder, 'back.yaml'), join(folder, 'back.html')];
  const steps = [
    ...['snapshot: s', 'register: alice', 'expect: {alice: expired}', 'restore: s', 'mine: 2', 'register: bob'],
    ...['mine: 3', 'expect: {bob: expired}', 'roll_back: 103', 'expect: {bob: unknown}'],
  ];
  await writeFile(file, `name: Back\nchain: {start_height: 100}\nsteps:\n${steps.map((it) => `  - ${it}\n`).join('')}`);
  const {status, stdout} = await runHere(['sim', file, '--memory', '--report', page]);
  t.is(status, 1);
  t.regex(stdout, /3 of 3 expectations unmet/);
  const text = await readFile(page, 'utf8');
  const listed = [...text.matchAll(/data-step="(\d+)">(✗[^<]*)<small>(.*?)<\/small>/g)].map(
    ([, step, claim, where]) => {
      const item = new RegExp(`<li data-step="${step}">.*?</li>`).exec(text)?.[0] ?? '';
      return {where, isThere: item.includes(claim!.slice(2)), isLeft: item.includes('left behind')};
    },
  );
  const left = ', in a time that the story has left since';
  t.deepEqual(listed, [
    {where: `line 6 of the scenario, at height 100${left}`, isThere: true, isLeft: true},
    {where: `line 11 of the scenario, at height 105${left}`, isThere: true, isLeft: true},
    {where: 'line 13 of the scenario, at height 103', isThere: true, isLeft: false},
  ]);
});

test('a picture that cannot be written is an error that names it', async (t) => {
  const {status, stderr} = await runHere([
    'sim',
    scenario('grace'),
    '--memory',
    '--json',
    '--svg',
    '/dev/null/out.svg',
  ]);
  t.is(status, 1);
  t.regex(stderr, /\/dev\/null\/out\.svg cannot be written[^]*TOWER_FILE_FAILED/);
});

test('what no picture shows is refused before anything is played', async (t) => {
  const folder = await temporaryDirectory(t);
  const file = join(folder, 'from.yaml');
  await writeFile(file, 'name: From a file\nfrom: here.world\nsteps:\n  - mine: 1\n');
  await runHere(['sim', scenario('grace'), '--memory', '--json', '--export', join(folder, 'here.world')]);
  const begun = await runHere(['sim', file, '--report', join(folder, 'out.html')]);
  t.deepEqual([begun.status, begun.stdout], [2, '']);
  t.regex(begun.stderr, /--report cannot draw .*from\.yaml, which begins in the world of a file[^]*TOWER_USAGE/);
  const others = ['sim', scenario('grace'), '--semantics', 'rust-teos', '--svg', join(folder, 'out.svg')];
  t.regex((await runHere(others)).stderr, /leave --semantics out/);
  t.deepEqual(await readdir(folder), ['from.yaml', 'here.world']);
});

test('replay draws a tape, and refuses to draw a fixture chain', async (t) => {
  const page = join(await temporaryDirectory(t), 'tape.html');
  const drawn = await runHere(['replay', join(fixtures, 'tapes', 'regtest-reorgs.tape'), '--report', page]);
  t.is(drawn.status, 0);
  t.regex(await readFile(page, 'utf8'), /<h1>regtest-reorgs\.tape<\/h1>/);
  const refused = await runHere(['replay', join(fixtures, 'chains', 'reorg-1.hex'), '--svg', page]);
  t.is(refused.status, 2);
  t.regex(refused.stderr, /--svg goes with a tape[^]*TOWER_USAGE/);
});
