import {hash} from 'node:crypto';
import {packStory} from './drawing/packing.js';
import {escapeText, thousands} from './drawing/text.js';
import {renderStep} from './page/step.js';
import {pageScript} from './page-script.js';
import {pageStyle} from './page-style.js';
import type {Story} from './story.js';
import {definitions, drawStill, legendOf, summary} from './svg.js';

/** Events that a browser without JavaScript lists. */
const stillSteps = 1_000;

const integrity = (text: string) => `'sha256-${hash('sha256', text, 'base64')}'`;

/** The story as a page that needs nothing but itself. */
export function renderPage(story: Story): string {
  const script = pageScript();
  // Nothing but what is in this file runs or is loaded, whatever the names in a story are.
  const policy = `default-src 'none'; script-src ${integrity(script)}; style-src ${integrity(pageStyle)}; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escapeText(story.title)} – Bartizan</title>
<style>${pageStyle}</style>
</head>
<body>
${header(story)}
<main>
<noscript>${still(story)}</noscript>
<div id="live" hidden>${live(story)}</div>
</main>
<footer><details open><summary>Settings in force</summary><dl class="settings">${settings(story)}</dl></details></footer>
<div id="hint" role="tooltip" hidden></div>
<script type="application/json" id="story">${packStory(story).replaceAll('<', '\\u003c')}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** Lines that a file breaks for its own width are one. */
const paragraphs = (text: string) => text.trim().replace(/(?<!\n)\n(?!\n)/g, ' ');

const leftBehind = 'in a time that the story has left since';

const signs = {good: '✓ ', bad: '✗ ', plain: ''} as const;

function header(story: Story): string {
  const {title, about, outcome, facts, marks, unmet} = story;
  const fact = (name: string, value: string) => `<div><dt>${name}</dt><dd>${value}</dd></div>`;
  const alarm = unmet.map(
    ({step, line, claim, actual}) =>
      `<li><button type="button" data-step="${step}">✗ expected that ${escapeText(claim)}, but ${escapeText(actual)}<small>${line === undefined ? '' : `line ${line} of the scenario, `}at height ${thousands(story.steps[step]!.height)}${story.steps[step]!.isLeft ? `, ${leftBehind}` : ''}</small></button></li>`,
  );
  return `<header>
<div class="top"><h1>${escapeText(title)}</h1><button type="button" id="theme" hidden>Theme: auto</button></div>
${about === undefined ? '' : `<p>${escapeText(paragraphs(about))}</p>`}
<dl class="facts"><div><dt hidden>outcome</dt><dd class="verdict ${outcome.tone}">${signs[outcome.tone]}${escapeText(outcome.text)}</dd></div>${facts.map(([name, value]) => fact(name, escapeText(value))).join('')}${marks.map(([name, value]) => fact(name, `<code>${escapeText(value)}</code>`)).join('')}</dl>
${alarm.length === 0 ? '' : `<section class="alarm" id="alarm" aria-label="Unmet expectations"><h2>The story went otherwise</h2><ol>${alarm.join('')}</ol></section>`}
</header>`;
}

const icon = (d: string) => `<svg viewBox="0 0 14 14" aria-hidden="true"><path d="${d}"/></svg>`;

function live(story: Story): string {
  const button = (id: string, text: string, label: string) =>
    `<button type="button" id="${id}" aria-label="${label}">${text}</button>`;
  const count = (id: string, name: string) => `<div><dt>${name}</dt><dd id="now-${id}"></dd></div>`;
  const legend = legendOf(story).map(
    ({sample, text}) => `<li><svg class="drawing" viewBox="0 -8 20 16" aria-hidden="true">${sample}</svg>${text}</li>`,
  );
  return `<div class="bar" role="group" aria-label="Where in the story">${button('first', icon('M1 1h2v12H1zM13 1v12L4 7z'), 'first event')}${button('previous', icon('M11.5 1v12L2.5 7z'), 'previous event')}<button type="button" id="play">Play</button>${button('next', icon('M2.5 1v12l9-6z'), 'next event')}${button('last', icon('M11 1h2v12h-2zM1 1v12l9-6z'), 'last event')}
<input type="range" id="slider" min="0" max="${story.steps.length - 1}" value="${story.steps.length - 1}" aria-label="event"><span id="position"></span>
<span class="zoom">${button('zoom-out', '−', 'narrower')}<button type="button" id="fit">Fit</button>${button('zoom-in', '+', 'wider')}</span></div>
<div class="state"><dl>${count('height', 'height')}${count('active', 'active')}${count('grace', 'in grace')}${count('pending', 'requests pending')}</dl><div id="now" role="status" aria-live="polite"></div></div>
<div class="split">
<section class="card" aria-label="The picture">
<div id="stage" tabindex="0" role="img" aria-label="${escapeText(summary(story))}"><div id="sizer"><div id="pane"><svg id="drawing" class="drawing" aria-hidden="true">${definitions}<g id="drawing-rows"><g id="rows-under"></g><path id="cursor" class="cursor"/><g id="rows-marks"></g><rect id="rows-veil" class="veil"/><g id="rows-words"></g></g><g id="drawing-chain"><rect id="chain-cover" class="cover"/><path id="chain-cursor" class="cursor"/><g id="chain"></g><rect id="chain-veil" class="veil"/><path id="cursor-head" class="cursor"/></g><g id="drawing-labels"></g><path id="drawing-line" class="scale"/></svg></div></div></div>
<ul class="legend" aria-label="Legend">${legend.join('')}</ul>
</section>
<section class="card log" aria-label="Event log">
<div class="tools"><input type="search" id="filter" placeholder="Filter" aria-label="filter users, requests and events"><select id="kind" aria-label="kind of event"><option value="">all events</option><option value="chain">blocks</option><option value="user">users</option><option value="request">requests</option><option value="check">expectations</option><option value="unmet">unmet only</option><option value="tower">tower</option>${story.steps.some(({isLeft}) => isLeft) ? '<option value="left">left behind</option>' : ''}</select><output id="log-count"></output></div>
<ol id="log" class="events" tabindex="0"></ol>
</section>
</div>`;
}

const settings = (story: Story) =>
  story.settings
    .map(
      ([name, value]) => `<div><dt><code>${name}</code></dt><dd id="setting-${name}">${escapeText(value)}</dd></div>`,
    )
    .join('');

function still(story: Story): string {
  const steps = story.steps.slice(0, stillSteps).map((step, i) => renderStep(step, i, 'div'));
  const rest = story.steps.length - steps.length;
  return `<div class="still">${drawStill(story)}</div><ol class="card events">${steps.join('')}</ol>${rest > 0 ? `<p>and ${thousands(rest)} more events</p>` : ''}`;
}
