import {copyFile, mkdir, readdir, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {checkXml} from '../support/xml.js';
import {runHere, temporaryDirectory} from './harness.js';

const fixtures = fileURLToPath(new URL('../../../fixtures/', import.meta.url));
const scenario = (name: string) => join(fixtures, 'scenarios', `${name}.yaml`);

test('sim --report and --svg write a page and a picture, the same ones for the same run, and say nothing else', async (t) => {
  const folder = await temporaryDirectory(t);
  const [page, still] = [join(folder, 'out.html'), join(folder, 'out.svg')];
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

test('pictures that could not be written, or for which something else would be lost, are refused before anything is played', async (t) => {
  const folder = await temporaryDirectory(t);
  const write = async (name: string, text: string) => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };
  const story = await write('story.yaml', await readFile(scenario('grace'), 'utf8'));
  const tape = join(folder, 't.tape');
  await copyFile(join(fixtures, 'tapes', 'regtest-reorgs.tape'), tape);
  const notes = await write('notes.xml', '<?xml version="1.0"?><notes/>');
  await mkdir(join(folder, 'pages'));
  await mkdir(join(folder, 'kept'));
  await write('kept/story.html', 'Notes of a kind');
  const [page, twin] = [join(folder, 'out.html'), join(folder, 'pages', 'story.yaml')];
  await copyFile(story, twin);
  const lost =
    /holds something else than an? (?:SVG picture|page), which would be lost; name another file.*TOWER_USAGE/s;
  const failed = /nothing can be written to \S+\nbecause: .*TOWER_FILE_FAILED/s;
  const refusals: [args: string[], status: number, message: RegExp][] = [
    [['sim', story, '--report', story], 2, lost],
    [['replay', tape, '--report', tape], 2, lost],
    [['sim', story, '--svg', notes], 2, lost],
    [['sim', story, '--report', `${folder}/kept/`], 2, lost],
    [
      ['sim', story, '--report', page, '--svg', `${folder}/pages/../out.html`],
      2,
      /--report and --svg both write \S+out/,
    ],
    [['sim', story, '--report', page, '--export', page], 2, /--export and --report both write/],
    [
      ['sim', story, twin, '--report', page],
      2,
      /--report of \S+ and --report of \S+ both write the page \S+story\.html/,
    ],
    [
      ['sim', story, '--report', join(folder, 'pages')],
      2,
      /pages is a folder; a slash after its name puts the page into it/,
    ],
    [['sim', story, '--report', join(folder, 'far', 'out.html')], 2, failed],
    [['sim', story, '--svg', '/dev/null/out.svg'], 2, failed],
    [['sim', story, '--svg', '/dev/null/'], 2, failed],
    [['replay', tape, '--svg', '/dev/null'], 2, /\/dev\/null is no file/],
  ];
  const before = await contentsOf(folder);
  for (const [args, expected, message] of refusals) {
    const {status, stdout, stderr} = await runHere(args);
    t.deepEqual([status, stdout], [expected, ''], args.join(' '));
    t.regex(stderr, message, args.join(' '));
  }
  t.deepEqual(await contentsOf(folder), before);
});

test('a name that ends in a slash is a folder, which is made, of a story and of a tape', async (t) => {
  const folder = await temporaryDirectory(t);
  const [pages, tape] = [join(folder, 'new', 'pages'), join(fixtures, 'tapes', 'regtest-reorgs.tape')];
  t.is((await runHere(['sim', scenario('grace'), '--memory', '--report', `${pages}/`])).status, 0);
  t.is((await runHere(['replay', tape, '--svg', `${pages}/`])).status, 0);
  t.deepEqual(await readdir(pages), ['grace.html', 'regtest-reorgs.svg']);
});

const contentsOf = async (folder: string): Promise<[name: string, text: string][]> => {
  const files = (await readdir(folder, {recursive: true, withFileTypes: true})).filter((it) => it.isFile());
  return Promise.all(files.map(async ({parentPath, name}) => [name, await readFile(join(parentPath, name), 'latin1')]));
};

test('a story in the world of a file is drawn with what was there before, and with where it begins', async (t) => {
  const folder = await temporaryDirectory(t);
  const [before, file, page, still] = ['first.yaml', 'from.yaml', 'out.html', 'out.svg'].map((it) => join(folder, it));
  const first = ['register: alice', 'mine: 3', 'snapshot: young', 'mine: 12', 'register: bob'];
  const then = ['expect: {alice: unknown, bob: active}', 'mine: 4', 'restore: young', 'expect: {alice: active}'];
  const listed = (steps: string[]) => `steps:\n${steps.map((step) => `  - ${step}\n`).join('')}`;
  const tower = 'tower: {subscription_duration: 10, expiry_delta: 2}\nchain: {start_height: 100}\n';
  await writeFile(before!, `name: Before\n${tower}${listed(first)}`);
  await writeFile(file!, `name: From a file\nfrom: here.world\n${listed(then)}`);
  await runHere(['sim', before!, '--memory', '--json', '--export', join(folder, 'here.world')]);
  const plain = await runHere(['sim', file!, '--memory', '--json']);
  t.deepEqual(await runHere(['sim', file!, '--memory', '--json', '--report', page!, '--svg', still!]), plain);
  t.is(plain.status, 0);
  const [html, svg] = [await readFile(page!, 'utf8'), await readFile(still!, 'utf8')];
  t.notThrows(() => checkXml(svg));
  const events = [...html.matchAll(/<li data-step="\d+">.*?<\/li>/g)].map(([it]) => it.replace(/<[^>]*>/g, ' '));
  const at = (text: string) => events.findIndex((it) => it.includes(text));
  const places = ['the tower starts', 'alice registers', 'alice is deleted', 'bob registers', 'here this story begins'];
  const ordered = [...places, 'alice is unknown', 'in snapshot young', 'alice is active'].map(at);
  t.deepEqual(
    ordered,
    [...ordered].sort((a, b) => a - b),
    events.join('\n'),
  );
  t.true(
    ordered.every((it) => it >= 0),
    events.join('\n'),
  );
  t.regex(html, /<dt>begins in<\/dt><dd>here\.world<\/dd>/);
  for (const text of ['this story begins', 'alice', 'bob']) t.true(svg.includes(text), text);
});

test('what no picture shows is refused before anything is played', async (t) => {
  const folder = await temporaryDirectory(t);
  const others = ['sim', scenario('grace'), '--semantics', 'rust-teos', '--svg', join(folder, 'out.svg')];
  const {status, stdout, stderr} = await runHere(others);
  t.deepEqual([status, stdout], [2, '']);
  t.regex(stderr, /leave --semantics out[^]*TOWER_USAGE/);
  t.deepEqual(await readdir(folder), []);
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
