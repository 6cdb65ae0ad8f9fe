import {escapeText, thousands} from '../drawing/text.js';
import type {StoryLine, StoryStep} from '../story.js';

export const renderLine = ({mark, tone, text}: StoryLine): string =>
  `<span class="line ${tone}"><span class="mk">${escapeText(mark)}</span><span>${escapeText(text)}</span></span>`;

export function renderStep({height, lines, note}: StoryStep, index: number): string {
  const told = lines.map(renderLine).join('');
  const said = note === undefined ? '' : `<span class="note">${escapeText(note)}</span>`;
  return `<li data-step="${index}"><button type="button">${said}<span class="h">${thousands(height)}</span><span class="told">${told}</span></button></li>`;
}
