import {unpackStory} from '../drawing/packing.js';
import {escapeText, thousands} from '../drawing/text.js';
import type {Story} from '../story.js';
import {browser, element, type PageEvent} from './dom.js';
import {hintAt, stepAt} from './hint.js';
import {Log} from './log.js';
import {Stage} from './stage.js';
import {leftMark, renderLine} from './step.js';

const playMs = 650;
const themes = ['auto', 'light', 'dark'] as const;

function start(): void {
  for (const id of ['live', 'theme']) element(id).hidden = false;
  const story = unpackStory(element('story').textContent ?? '');
  const last = story.steps.length - 1;
  const stage = new Stage(story);
  const slider = element('slider');
  let step = last;
  let playing: number | undefined;

  const stop = () => {
    if (playing === undefined) return;
    browser.clearInterval(playing);
    playing = undefined;
    element('play').textContent = 'Play';
  };
  const moveTo = (to: number) => {
    step = Math.min(last, Math.max(0, to));
    const {height, lines, active, grace, pending, isLeft} = story.steps[step]!;
    slider.value = String(step);
    const said = lines.map(({text}) => text).join('; ');
    slider.setAttribute('aria-valuetext', `event ${step + 1} of ${last + 1}, height ${height}: ${said}`);
    element('position').textContent = `${thousands(step + 1)} / ${thousands(last + 1)}`;
    element('now-height').textContent = thousands(height);
    element('now-active').textContent = thousands(active);
    element('now-grace').textContent = thousands(grace);
    element('now-pending').textContent = thousands(pending);
    element('now').innerHTML = lines.slice(0, 6).map(renderLine).join('') + (isLeft ? leftMark : '');
    const changed = story.settingChanges.filter((change) => change.step <= step).flatMap((change) => change.changed);
    for (const [name, value] of [...story.settings, ...changed]) element(`setting-${name}`).textContent = value;
    stage.moveTo(step);
    log.moveTo(step);
  };
  const chosen = (to: number) => {
    stop();
    moveTo(to);
  };
  const log = new Log(story, {onChoose: chosen});
  const play = () => {
    if (playing !== undefined) return stop();
    if (step === last) moveTo(0);
    element('play').textContent = 'Pause';
    playing = browser.setInterval(() => (step === last ? stop() : moveTo(step + 1)), playMs);
  };

  slider.max = String(last);
  slider.addEventListener('input', () => chosen(Number(slider.value)));
  const actions: Record<string, () => void> = {
    first: () => chosen(0),
    previous: () => chosen(step - 1),
    next: () => chosen(step + 1),
    last: () => chosen(last),
    play,
    'zoom-in': () => stage.zoom('in'),
    'zoom-out': () => stage.zoom('out'),
    fit: () => stage.zoom('fit'),
    theme: nextTheme,
  };
  for (const [id, act] of Object.entries(actions)) element(id).addEventListener('click', act);
  browser.document.getElementById('alarm')?.addEventListener('click', ({target}) => {
    const item = target.closest('[data-step]');
    if (item) chosen(Number(item.dataset['step']));
  });
  const filter = () => {
    stage.filter(element('filter').value);
    log.filter(element('filter').value, element('kind').value);
  };
  element('filter').addEventListener('input', filter);
  element('kind').addEventListener('change', filter);

  const keys: Record<string, () => void> = {
    ArrowRight: () => chosen(step + 1),
    ArrowLeft: () => chosen(step - 1),
    PageDown: () => chosen(step + 10),
    PageUp: () => chosen(step - 10),
    Home: () => chosen(0),
    End: () => chosen(last),
    '/': () => element('filter').focus(),
  };
  browser.document.addEventListener('keydown', (event) => {
    const act = keys[event.key];
    const isTyping = /^(?:INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    const isElsewhere = event.target.closest('#log') !== null || event.target.closest('#stage') !== null;
    if (!act || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isElsewhere && /^(?:Page|Home|End)/.test(event.key)) return;
    event.preventDefault();
    act();
  });

  pointAt(stage, story, () => step, chosen);
  stage.show();
  moveTo(last);
  browser.document.documentElement.dataset['ready'] = 'yes';
}

/** Says what is under the pointer, and goes there when it is clicked. */
function pointAt(stage: Stage, story: Story, step: () => number, onChoose: (step: number) => void): void {
  const pane = element('pane');
  const hint = element('hint');
  const place = ({clientX, clientY}: PageEvent) => {
    const {left, top} = pane.getBoundingClientRect();
    const {labelWidth, chainHeight} = stage.scene;
    const frame = element('stage');
    const isLabel = clientX - left < labelWidth - 6;
    const isChain = clientY - top < chainHeight;
    const y = clientY - top - chainHeight + (isChain ? 0 : frame.scrollTop);
    return {x: clientX - left - labelWidth + frame.scrollLeft, y, isLabel, step: step()};
  };
  pane.addEventListener('pointermove', (event) => {
    const told = hintAt(stage.scene, place(event));
    hint.hidden = told.length === 0;
    if (told.length === 0) return;
    const [title, ...rest] = told;
    hint.innerHTML = `<b>${escapeText(title!)}</b>${rest.map((line) => `<span>${escapeText(line)}</span>`).join('')}`;
    const {width, height} = hint.getBoundingClientRect();
    const x = Math.max(4, Math.min(event.clientX + 14, browser.innerWidth - width - 8));
    const y = event.clientY + 18 + height > browser.innerHeight ? event.clientY - height - 12 : event.clientY + 18;
    hint.style['transform'] = `translate(${Math.round(x)}px,${Math.round(Math.max(4, y))}px)`;
  });
  pane.addEventListener('pointerleave', () => (hint.hidden = true));
  pane.addEventListener('click', (event) => {
    const at = place(event);
    if (!at.isLabel && story.steps.length > 0) onChoose(stepAt(stage.scene, at.x));
  });
}

/** Day, night, or as the system has it; remembered where a page may remember. */
function nextTheme(): void {
  const {dataset} = browser.document.documentElement;
  const now = themes.findIndex((it) => it === (dataset['theme'] ?? 'auto'));
  setTheme(themes[(now + 1) % themes.length]!);
  try {
    browser.localStorage.setItem('bartizan-theme', dataset['theme'] ?? 'auto');
  } catch {
    // A page from a file may not, in some browsers.
  }
}

function setTheme(theme: string): void {
  const root = browser.document.documentElement;
  if (theme === 'auto') root.removeAttribute('data-theme');
  else root.setAttribute('data-theme', theme);
  element('theme').textContent = `Theme: ${theme}`;
}

try {
  setTheme(browser.localStorage.getItem('bartizan-theme') ?? 'auto');
} catch {
  setTheme('auto');
}
start();
