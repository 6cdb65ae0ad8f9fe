import {Buffer} from 'node:buffer';
import test from 'ava';
import {renderPage, renderSvg} from '../../../src/sim/report/report.js';
import {packStory, unpackStory} from '../../../src/sim/report/drawing/packing.js';
import {parseScenario, readScenario} from '../../../src/sim/scenario/scenario-file.js';
import {aStory, storyOf} from '../../support/stories.js';
import {checkXml} from '../../support/xml.js';

const scenarios = ['deletion-undone', 'auth-budget', 'auth-timeout-undone', 'deep-reorg', 'kills', 'expiry'];

for (const name of scenarios) {
  test(`the still picture of ${name} is XML, and the same for the same run, as is the page`, async (t) => {
    const scenario = await readScenario(`fixtures/scenarios/${name}.yaml`);
    const [first, second] = [await storyOf(scenario), await storyOf(scenario)];
    const svg = renderSvg(first);
    t.notThrows(() => checkXml(svg));
    t.is(renderSvg(second), svg);
    const page = renderPage(first);
    t.is(renderPage(second), page);
    t.regex(svg, new RegExp(first.marks[1]![1]));
    t.regex(page, new RegExp(first.marks[1]![1]));
    t.notRegex(svg, /NaN|undefined|Infinity/);
  });
}

test('a story is the same after it was packed for a page', async (t) => {
  const scenario = await readScenario('fixtures/scenarios/auth-budget.yaml');
  const unmet = await aStory('register: alice', 'expect: {alice: expired}', 'reorg: {depth: 1, blocks: 2}');
  for (const story of [await storyOf(scenario), unmet]) {
    t.deepEqual(unpackStory(packStory(story)), JSON.parse(JSON.stringify(story)));
  }
});

test('a still picture with more users than it has rows says which it shows, and nobody is like none of them', async (t) => {
  const one = await aStory('register: alice', 'mine: 20');
  const [user] = one.users;
  const early = {...user!, changes: user!.changes.slice(0, 2)};
  const users = Array.from({length: 1_200}, (_, i) => ({...(i === 700 ? early : user!), id: i + 1, name: `user-${i}`}));
  const svg = renderSvg({...one, users});
  const shown = [...svg.matchAll(/ (?:none|deleted|grace|active)"[^>]*>user-(\d+)</g)].map(([, i]) => Number(i));
  t.is(shown.length, 40);
  t.true(shown.includes(700));
  t.true(shown[0]! < 40 && shown.at(-1)! > 1_100, shown.join(' '));
  t.regex(svg, /40 of 1,200 are drawn: one of each course that there was, then those with most events/);
  t.regex(svg, /and 1,160 more users/);
  const courses = users.map((it, i) => ({...it, changes: Array.from({length: (i % 50) + 1}, () => user!.changes[0]!)}));
  t.regex(renderSvg({...one, users: courses}), /40 of 1,200 are drawn: those with most events/);
});

const hostile = `</script><script>alert(1)</script><img src=x onerror=alert(2)> "' & ]]> --> \\u0007`;

test('what a file says is text, never markup, wherever it stands', async (t) => {
  const file = [
    `name: ${JSON.stringify(hostile).replaceAll('\\\\u', '\\u')}`,
    `about: ${JSON.stringify(hostile)}`,
    `chain: {seed: ${JSON.stringify(hostile.slice(0, 60))}}`,
    'tower: {auth: user}',
    'steps:',
    `  - signup: {device: phone, info: ${JSON.stringify(hostile)}}`,
    `    note: ${JSON.stringify(hostile)}`,
    `  - deny: {device: phone, reason: ${JSON.stringify(hostile.slice(0, 90))}}`,
    `  - expect: {request: {device: phone, reason: ${JSON.stringify(hostile.slice(0, 80))}}}`,
  ].join('\n');
  const story = await storyOf(parseScenario(Buffer.from(file), 'hostile.yaml'));
  t.is(story.unmet.length, 1);
  t.true(story.title.endsWith('\u0007'));
  const svg = renderSvg(story);
  t.notThrows(() => checkXml(svg));
  const page = renderPage(story);
  for (const text of [svg, page]) {
    t.notRegex(text, /<img|<script>alert/);
    t.notRegex(text, /(?!\n)\p{Cc}/u);
  }
  // Two scripts: the data and the one that the policy knows.
  t.is(page.match(/<script/g)?.length, 2);
  t.is(page.match(/<\/script/g)?.length, 2);
  t.regex(page, /default-src 'none'; script-src 'sha256-[\w+/=]+'; style-src 'sha256-[\w+/=]+'/);
  t.notRegex(page, /https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
});

test('a still picture stays small, however many users and blocks there are', async (t) => {
  const names = Array.from({length: 300}, (_, i) => `user-${i}`);
  const busy = Array.from({length: 200}, (_, i) => [
    `mine: 1`,
    `appointment: {user: user-${i}, name: c, blob_bytes: 1}`,
  ]);
  const story = await aStory(
    'set: {subscription_duration: 1000}',
    ...names.map((name) => `register: ${name}`),
    ...busy.flat(),
  );
  const svg = renderSvg(story);
  t.is(story.users.length, 300);
  t.true(svg.length < 200_000, `${svg.length} characters`);
  t.regex(svg, /and 260 more users/);
  t.true(renderPage(story).length < 700_000);
});
