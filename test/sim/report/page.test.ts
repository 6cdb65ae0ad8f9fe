import {Buffer} from 'node:buffer';
import {readdirSync} from 'node:fs';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import type {ExecutionContext} from 'ava';
import {renderPage, renderSvg, type Story} from '../../../src/sim/report/report.js';
import {parseScenario, readScenario} from '../../../src/sim/scenario/scenario-file.js';
import {browserTest} from '../../support/browser.js';
import type {BrowserPage} from '../../support/chromium.js';
import {aStory, storyOf} from '../../support/stories.js';
import {tempDir} from '../../support/temp-dir.js';

async function saved(t: ExecutionContext, name: string, text: string): Promise<string> {
  const path = join(tempDir(t), name);
  await writeFile(path, text);
  return pathToFileURL(path).href;
}

const theStory = async (name: string): Promise<Story> => storyOf(await readScenario(`fixtures/scenarios/${name}.yaml`));

/** A function, with what it calls, to be called in the page. */
const inPage = (page: BrowserPage, call: string, ...functions: readonly ((...args: never[]) => unknown)[]) =>
  page.evaluate<string[]>(`(() => {${functions.map(String).join('\n')}\nreturn ${call};})()`);

// The functions below run in the page; the compiler knows no browser.
/* eslint-disable @typescript-eslint/no-explicit-any */
declare const document: any, getComputedStyle: any, innerWidth: number;

/** Texts whose colour is too near to what they stand on. */
function faintTexts(): string[] {
  const parse = (colour: string) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const light = ([r = 0, g = 0, b = 0]: number[]) => {
    const [x, y, z] = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x! + 0.7152 * y! + 0.0722 * z!;
  };
  const groundOf = (from: any): number[] => {
    for (let it = from; it; it = it.parentElement) {
      const colour = parse(getComputedStyle(it).backgroundColor);
      if (colour.length === 3 || (colour[3] ?? 0) > 0.99) return colour;
    }
    return [255, 255, 255];
  };
  const faint = new Set<string>();
  for (const it of document.querySelectorAll('body *')) {
    const said = [...it.childNodes].filter((node: any) => node.nodeType === 3 && node.data.trim() !== '');
    if (said.length === 0 || /^(?:SCRIPT|STYLE|NOSCRIPT|title|desc)$/.test(it.tagName) || it.closest('[hidden]'))
      continue;
    const style = getComputedStyle(it);
    const ink = parse(it.namespaceURI.endsWith('svg') ? style.fill : style.color);
    const ground = groundOf(it);
    const [a, b] = [light(ink) + 0.05, light(ground) + 0.05];
    const contrast = Math.max(a, b) / Math.min(a, b);
    if (contrast < 4.5)
      faint.add(`${it.tagName}.${it.getAttribute('class')} ${contrast.toFixed(2)}: ${said[0].data.slice(0, 30)}`);
  }
  return [...faint];
}

/** What is wider than the window, and texts of the drawing that lie over each other. */
function collisions(): string[] {
  const found: string[] = [];
  const {scrollWidth} = document.documentElement;
  if (scrollWidth > innerWidth) found.push(`the page is ${scrollWidth} wide, the window ${innerWidth}`);
  for (const it of document.querySelectorAll('header *, .bar, .bar *, .state *, .tools *, footer *, .card')) {
    const {left, right, width} = it.getBoundingClientRect();
    if (width > 0 && (left < -1 || right > innerWidth + 1))
      found.push(`${it.tagName}#${it.id}.${it.className} leaves the window`);
  }
  const {left, right} = document.getElementById('pane').getBoundingClientRect();
  for (const group of ['drawing-chain', 'drawing-rows', 'drawing-labels']) {
    const texts = [...document.querySelectorAll(`#${group} text`)].map((it: any) => ({
      text: it.textContent,
      box: it.getBoundingClientRect(),
    }));
    const inSight = texts.filter(({box}) => box.right > left && box.left < right);
    inSight.sort((a, b) => a.box.left - b.box.left);
    for (const [i, a] of inSight.entries()) {
      for (const b of inSight.slice(i + 1)) {
        if (b.box.left > a.box.right) break;
        const wide = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
        const tall = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
        if (wide > 1 && tall > 4) found.push(`"${a.text}" lies over "${b.text}"`);
      }
    }
    const {scrollWidth: whole, clientWidth} = document.getElementById('stage');
    if (group === 'drawing-labels' || whole > clientWidth + 1) continue;
    for (const {text, box} of inSight) if (box.right > right + 1) found.push(`"${text}" leaves the picture`);
  }
  return found;
}

/** Texts of still pictures that lie over each other, or leave their picture. */
function stillCollisions(): string[] {
  const found: string[] = [];
  for (const still of document.querySelectorAll('svg')) {
    const sheet = still.querySelector('.sheet').getBoundingClientRect();
    const title = still.querySelector('title').textContent;
    const texts = [...still.querySelectorAll('text')].map((it: any) => ({
      text: it.textContent,
      box: it.getBoundingClientRect(),
    }));
    for (const [i, {text, box: a}] of texts.entries()) {
      const isOut = a.left < sheet.left + 4 || a.right > sheet.right - 4 || a.bottom > sheet.bottom;
      if (isOut) found.push(`${title}: "${text}" leaves the picture`);
      for (const {text: other, box: b} of texts.slice(i + 1)) {
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const tall = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (wide > 1 && tall > 4) found.push(`${title}: "${text}" lies over "${other}"`);
      }
    }
  }
  return found;
}
/* eslint-enable @typescript-eslint/no-explicit-any */

browserTest(
  'the page of a run complains of nothing, loads nothing, fits every window and can be read by day and by night',
  async (t, browser) => {
    const unmet = await aStory('register: alice', 'mine: 12', 'expect: [{alice: active}, {users: 7}]', 'mine: 700');
    const stories = [
      await theStory('deletion-undone'),
      await theStory('auth-timeout-undone'),
      await theStory('expiry'),
      unmet,
    ];
    for (const story of stories) {
      const url = await saved(t, 'report.html', renderPage(story));
      const page = await browser.open(url, {width: 1280});
      for (const width of [400, 1280, 2560]) {
        for (const theme of ['light', 'dark'] as const) {
          await page.look({width, theme});
          await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
          const what = `${story.title}, ${width} pixels, ${theme}`;
          for (const key of ['Home', 'End']) {
            await page.press(key);
            t.deepEqual(await inPage(page, 'collisions()', collisions), [], `${what}, ${key}`);
          }
          if (width === 1280) t.deepEqual(await inPage(page, 'faintTexts()', faintTexts), [], what);
        }
      }
      t.deepEqual(page.complaints, []);
      t.deepEqual(page.requests, [url]);
      await page.close();
    }
  },
);

browserTest(
  'the slider, the keys, a click and an unmet expectation go to an event, and every view follows',
  async (t, browser) => {
    const story = await aStory('register: alice', 'mine: 12', 'expect: {alice: active}', 'mine: 1', 'mine: 50');
    const page = await browser.open(await saved(t, 'report.html', renderPage(story)), {width: 1600});
    const seen = () =>
      page.evaluate<object>(`(() => {
      const text = (id) => document.getElementById(id).textContent;
      const now = document.querySelector('#log [aria-current]');
      return {
        at: text('position'), height: text('now-height'), active: text('now-active'), grace: text('now-grace'),
        logged: Number(now.dataset.step) + 1, name: document.querySelector('#drawing-labels .detail').textContent,
        x: document.getElementById('cursor').getBoundingClientRect().left,
      };
    })()`) as Promise<{at: string; x: number}>;
    const last = story.steps.length;
    const end = await seen();
    t.like(end, {at: `${last} / ${last}`, height: '163', active: '0', logged: last, name: 'deleted'});
    await page.press('ArrowLeft');
    t.like(await seen(), {at: `${last - 1} / ${last}`, logged: last - 1});
    await page.press('Home');
    const first = await seen();
    t.like(first, {at: `1 / ${last}`, height: '100', active: '0', logged: 1, name: 'not registered yet'});
    t.true(first.x < end.x);
    await page.evaluate(`(() => {
    const slider = document.getElementById('slider');
    slider.value = 1;
    slider.dispatchEvent(new Event('input'));
  })()`);
    t.like(await seen(), {at: `2 / ${last}`, active: '1', logged: 2, name: 'active, 5 of 5 slots free'});
    await page.evaluate(`document.querySelector('#alarm [data-step]').click()`);
    t.like(await seen(), {height: '112', grace: '1', name: 'in grace, 5 of 5 slots free'});
    const place = await page.evaluate<{x: number; y: number}>(`(() => {
    const {left, bottom} = document.querySelector('#drawing-rows .user').getBoundingClientRect();
    return {x: left + 6, y: bottom - 6};
  })()`);
    await page.mouse('mouseMoved', place.x, place.y);
    t.regex(await page.evaluate<string>(`document.getElementById('hint').innerText`), /alice \(user 1\)\s+active/);
    await page.mouse('mousePressed', place.x, place.y);
    await page.mouse('mouseReleased', place.x, place.y);
    t.like(await seen(), {at: `2 / ${last}`});
    await page.evaluate(`(() => {
    document.getElementById('kind').value = 'unmet';
    document.getElementById('kind').dispatchEvent(new Event('change'));
  })()`);
    t.is(await page.evaluate(`document.querySelectorAll('#log [data-step]').length`), 1);
    await page.evaluate(`document.getElementById('theme').click()`);
    t.is(await page.evaluate(`getComputedStyle(document.body).backgroundColor`), 'rgb(246, 247, 249)');
    await page.evaluate(`document.getElementById('theme').click()`);
    t.is(await page.evaluate(`getComputedStyle(document.body).backgroundColor`), 'rgb(14, 17, 22)');
    t.deepEqual(page.complaints, []);
  },
);

browserTest(
  'three thousand users are on the screen within a second, and without JavaScript there is a still picture',
  async (t, browser) => {
    const one = await aStory('register: alice', 'mine: 20', 'reorg: {depth: 9, blocks: 10}');
    const users = Array.from({length: 3_000}, (_, i) => ({...one.users[0]!, id: i + 1, name: `user-${i}`}));
    const unmet = Array.from({length: 200}, () => ({step: 1, line: 5, claim: 'bob is active', actual: 'he is not'}));
    const story = {...one, users, unmet};
    const url = await saved(t, 'report.html', renderPage(story));
    const page = await browser.open(url, {width: 1280});
    const openedMs = await page.evaluate<number>(`performance.getEntriesByType('navigation')[0].loadEventEnd`);
    t.log(`opened in ${Math.round(openedMs)} ms`);
    t.true(openedMs < 3_000, 'three times what it takes on two cores that do nothing else');
    const drawn = await page.evaluate<number>(`document.querySelectorAll('#drawing-rows .user').length`);
    t.true(drawn > 5 && drawn < 80, `${drawn} rows are drawn`);
    const top = await page.evaluate<number>(`document.getElementById('stage').getBoundingClientRect().top`);
    t.true(top < 900, `two hundred unmet expectations leave the picture in sight, ${top} pixels down`);
    await page.evaluate(`new Promise((done) => {
    const stage = document.getElementById('stage');
    stage.scrollTop = 40_000;
    requestAnimationFrame(() => requestAnimationFrame(done));
  })`);
    t.regex(await page.evaluate<string>(`document.querySelector('#drawing-labels').textContent`), /user-18\d\d/);
    await page.close();

    const still = await browser.open(url, {width: 1280, javaScript: false});
    t.true(await still.evaluate<boolean>(`document.querySelector('.still svg').getBoundingClientRect().height > 500`));
    t.deepEqual(await inPage(still, 'faintTexts()', faintTexts), []);
    t.deepEqual(still.complaints, []);
    await still.close();
  },
);

browserTest('the line of the slider lies under the words and marks that it crosses', async (t, browser) => {
  const story = await aStory(
    'register: alice',
    'mine: 12',
    'mine: 1',
    'register: bob',
    'mine: 1',
    'mine: 9',
    'mine: 1',
  );
  const page = await browser.open(await saved(t, 'crossing.html', renderPage(story)), {width: 1280});
  const crossed = new Set<string>();
  for (let i = 0; i < story.steps.length; i++) {
    for (const [cursor, words] of [
      ['cursor', 'drawing-rows'],
      ['chain-cursor', 'drawing-chain'],
    ]) {
      const found = await page.evaluate<{text: string; isOver: boolean; halo: string}[]>(`(() => {
        const line = document.getElementById('${cursor}');
        const {left: x} = line.getBoundingClientRect();
        return [...document.querySelectorAll('#${words} text')]
          .filter((it) => { const {left, right} = it.getBoundingClientRect(); return left < x && right > x; })
          .map((it) => ({
            text: it.textContent,
            isOver: (line.compareDocumentPosition(it) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0,
            halo: getComputedStyle(it).paintOrder,
          }));
      })()`);
      for (const {text, isOver, halo} of found) {
        crossed.add(text);
        t.deepEqual({isOver, halo}, {isOver: true, halo: 'stroke'}, text);
      }
    }
    await page.press('ArrowLeft');
  }
  t.true(crossed.has('deleted at 113'), [...crossed].join(', '));
  const later = () =>
    page.evaluate(`[...document.querySelectorAll('.later')].map((it) => it.textContent).filter(Boolean)`);
  t.deepEqual(await later(), ['deleted at 113', 'grace until 126']);
  await page.press('End');
  t.deepEqual(await later(), []);
  await page.close();
});

browserTest(
  'a mark under the line of the slider is pale until its own event, which may be a later one',
  async (t, browser) => {
    const story = await aStory('register: alice', 'register: bob', 'mine: 1');
    const page = await browser.open(await saved(t, 'pale.html', renderPage(story)), {width: 1280});
    const pale = () => page.evaluate(`[...document.querySelectorAll('use.later')].map((it) => it.dataset.step)`);
    await page.press('Home');
    await page.press('ArrowRight');
    t.is(story.steps[1]!.slot, story.steps[2]!.slot);
    t.deepEqual(await pale(), ['2']);
    await page.press('ArrowRight');
    t.deepEqual(await pale(), []);
    await page.close();
  },
);

browserTest(
  'in a narrow window, too, the words say which slots are free and what comes next, and none is cut',
  async (t, browser) => {
    const scenario = 'name: Many slots\nsteps:\n  - register: alice\n  - mine: 2\n  - reorg: {depth: 1, blocks: 2}\n';
    const many = await storyOf(parseScenario(Buffer.from(scenario), 'many.yaml'));
    const few = await aStory('register: alice', ...Array.from({length: 5}, () => 'reorg: {depth: 5, blocks: 6}'));
    const words = `(() => {
      const right = document.getElementById('pane').getBoundingClientRect().right;
      const next = [...document.querySelectorAll('#drawing-rows .fate')].at(-1);
      const label = document.querySelector('#drawing-labels .detail');
      const end = document.querySelector('#drawing-labels .cover').getBoundingClientRect().right;
      return {
        now: label.textContent,
        next: next.textContent,
        isCut: next.getBoundingClientRect().right > right || label.getBoundingClientRect().right > end,
      };
    })()`;
    const said: object[] = [];
    for (const story of [many, few]) {
      const page = await browser.open(await saved(t, 'narrow.html', renderPage(story)), {width: 400});
      for (const width of [400, 1280]) {
        await page.look({width, theme: 'light'});
        await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
        said.push(await page.evaluate<object>(words));
      }
      await page.close();
    }
    t.deepEqual(said, [
      {now: 'active, 10,000 free', next: 'expires at 4,440', isCut: false},
      {now: 'active, 10,000 of 10,000 free', next: 'expires at 4,440', isCut: false},
      {now: 'active, 5 of 5 free', next: 'expires at 110', isCut: false},
      {now: 'active, 5 of 5 slots free', next: 'expires at 110', isCut: false},
    ]);
  },
);

browserTest('in no still picture of a fixture lies a word over another, or leaves it', async (t, browser) => {
  const names = readdirSync('fixtures/scenarios').flatMap((name) =>
    name.endsWith('.yaml') ? [name.slice(0, -5)] : [],
  );
  const stills: string[] = [];
  for (const name of names) stills.push(renderSvg(await theStory(name)).replace(/^<\?xml.*\n/, ''));
  const page = await browser.open(await saved(t, 'stills.html', `<!doctype html>${stills.join('')}`), {width: 1300});
  t.is(await page.evaluate(`document.querySelectorAll('svg').length`), names.length);
  t.deepEqual(await inPage(page, 'stillCollisions()', stillCollisions), []);
  await page.close();
});

browserTest('the still picture is drawn, by day and by night', async (t, browser) => {
  const page = await browser.open(await saved(t, 'still.svg', renderSvg(await theStory('deletion-undone'))), {
    width: 1200,
  });
  const fill = () => page.evaluate<string>(`getComputedStyle(document.querySelector('.sheet')).fill`);
  t.is(await fill(), 'rgb(255, 255, 255)');
  await page.look({width: 1200, theme: 'dark'});
  t.is(await fill(), 'rgb(22, 27, 34)');
  t.deepEqual(page.complaints, []);
});
