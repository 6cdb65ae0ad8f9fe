import {escapeText, thousands} from '../drawing/text.js';
import type {StoryLine, StoryStep} from '../story.js';

export const renderLine = ({mark, tone, text}: StoryLine): string =>
  `<span class="line ${tone}"><span class="mk">${escapeText(mark)}</span><span>${escapeText(text)}</span></span>`;

/** Says of a step that it has not happened in the end. */
export const leftMark = '<small class="left">left behind: the story has gone back in time since</small>';

/** @param tag of what holds it: where nobody can press it, no button */
export function renderStep(
  {height, lines, note, isLeft}: StoryStep,
  index: number,
  tag: 'button' | 'div' = 'button',
): string {
  const told = `${lines.map(renderLine).join('')}${isLeft ? leftMark : ''}`;
  const said = note === undefined ? '' : `<span class="note">${escapeText(note)}</span>`;
  return `<li data-step="${index}"><${tag} class="event">${said}<span class="h">${thousands(height)}</span><span class="told">${told}</span></${tag}></li>`;
}
