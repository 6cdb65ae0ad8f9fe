import type {RequestPhase, UserMark} from '../story.js';
import {px} from './text.js';

type Shape = 'circle' | 'square' | 'diamond' | 'triangle' | 'dot';

interface Mark {
  readonly shape: Shape;
  /** Class of its colours. */
  readonly tone: 'plain' | 'good' | 'warn' | 'bad' | 'quiet' | 'hollow';
  /** Strokes on it, within a radius of 6. */
  readonly glyph: string;
  readonly means: string;
}

const cross = 'M-2.6-2.6 2.6 2.6M2.6-2.6-2.6 2.6';
const check = 'M-3 .2-.9 2.4 3.1-2.3';
const up = 'M0 3.2V-3M-2.7-.5 0-3.2 2.7-.5';
const clock = 'M0-3.2V.3L2.4 1.8';

/** Marks differ in shape, so that nobody needs their colours. */
export const marks: Readonly<
  Record<UserMark | RequestPhase | 'met' | 'unmet' | 'refused' | 'fault' | 'restart' | 'setting', Mark>
> = {
  registered: {shape: 'circle', tone: 'plain', glyph: 'M-3 0H3M0-3V3', means: 'registers'},
  renewed: {shape: 'circle', tone: 'plain', glyph: 'M-2.4-2.8 .2 0-2.4 2.8M.8-2.8 3.4 0 .8 2.8', means: 'renews'},
  extended: {shape: 'diamond', tone: 'plain', glyph: 'M-2.4 0H2.4M.4-2 2.4 0 .4 2', means: 'is extended'},
  receipt: {shape: 'circle', tone: 'hollow', glyph: 'M-2.4-.2-.6 1.7 2.6-1.9', means: 'gets a first receipt'},
  deposit: {shape: 'square', tone: 'hollow', glyph: '', means: 'adds an appointment'},
  update: {shape: 'square', tone: 'hollow', glyph: 'M-1.6 0H1.6', means: 'updates an appointment'},
  expired: {shape: 'circle', tone: 'warn', glyph: clock, means: 'expires'},
  deleted: {shape: 'square', tone: 'bad', glyph: cross, means: 'is deleted'},
  restored: {shape: 'circle', tone: 'good', glyph: up, means: 'is back by a reorg'},
  revived: {shape: 'circle', tone: 'good', glyph: 'M-2.6 1.2 0-1.6 2.6 1.2', means: 'is active again by a reorg'},
  travelled: {
    shape: 'circle',
    tone: 'quiet',
    glyph: 'M-2.4-2.4V0H0M-2.2-.2A2.9 2.9 0 1 1-.6 2.7',
    means: 'is as he was, back then',
  },
  gone: {shape: 'diamond', tone: 'quiet', glyph: 'M-1.8 0H1.8', means: 'was not there yet, back then'},
  present: {shape: 'dot', tone: 'hollow', glyph: 'M3-6H0V6H3', means: 'was there when the story began'},
  device: {shape: 'diamond', tone: 'good', glyph: 'M-1.8 0H1.8M0-1.8V1.8', means: 'a device joins'},
  revoked: {shape: 'diamond', tone: 'bad', glyph: 'M-1.8 0H1.8', means: 'a device is revoked'},
  received: {shape: 'circle', tone: 'hollow', glyph: '', means: 'is received'},
  asked: {shape: 'circle', tone: 'plain', glyph: 'M-2.6 0H-2.5M0 0H.1M2.5 0H2.6', means: 'is asked about'},
  attempt: {shape: 'triangle', tone: 'warn', glyph: 'M0-2.4V.8M0 2.6V2.7', means: 'an attempt fails'},
  hung: {shape: 'square', tone: 'warn', glyph: 'M-1.5-2.2V2.2M1.5-2.2V2.2', means: 'the policy hangs'},
  answered: {
    shape: 'square',
    tone: 'plain',
    glyph: 'M-2.6-2.4-.4 0-2.6 2.4M.6-2.4 2.8 0 .6 2.4',
    means: 'is answered, and waits for a block',
  },
  reopened: {shape: 'circle', tone: 'good', glyph: up, means: 'is pending again by a reorg'},
  approved: {shape: 'circle', tone: 'good', glyph: check, means: 'is approved'},
  denied: {shape: 'square', tone: 'bad', glyph: cross, means: 'is denied'},
  failed: {shape: 'triangle', tone: 'bad', glyph: 'M-1.5-.6 1.5 2.2M1.5-.6-1.5 2.2', means: 'fails for good'},
  superseded: {shape: 'square', tone: 'quiet', glyph: 'M-2.8 0H2.6M.4-2.2 2.6 0 .4 2.2', means: 'is superseded'},
  met: {shape: 'dot', tone: 'good', glyph: check, means: 'expectations are met'},
  unmet: {shape: 'square', tone: 'bad', glyph: cross, means: 'an expectation is unmet'},
  refused: {shape: 'dot', tone: 'warn', glyph: 'M-2.6 2.6 2.6-2.6', means: 'is refused'},
  fault: {shape: 'triangle', tone: 'warn', glyph: 'M-2.6 2.2Q-1.2-.4 0 1.4T2.6.8', means: 'a fault begins or ends'},
  restart: {
    shape: 'circle',
    tone: 'hollow',
    glyph: 'M2.4-1.2A2.7 2.7 0 1 0 2.6 1M2.6-3.2V-.9H.3',
    means: 'the tower restarts',
  },
  setting: {shape: 'diamond', tone: 'hollow', glyph: 'M-1.9-1H1.9M-1.9 1H1.9', means: 'the settings change'},
};

export type MarkName = keyof typeof marks;

const shapes: Readonly<Record<Shape, string>> = {
  circle: 'M-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0z',
  square: 'M-4-5.5H4Q5.5-5.5 5.5-4V4Q5.5 5.5 4 5.5H-4Q-5.5 5.5-5.5 4V-4Q-5.5-5.5-4-5.5z',
  diamond: 'M0-6.6 6.6 0 0 6.6-6.6 0z',
  triangle: 'M0-6.4 6.8 5.2H-6.8z',
  dot: '',
};

const small: readonly MarkName[] = ['deposit', 'update'];

/** Every mark once, to be put where it is used. */
export const markDefinitions = (): string =>
  Object.entries(marks)
    .map(([name, {shape, tone, glyph}]) => {
      const scale = small.includes(name as MarkName) ? ' transform="scale(.72)"' : '';
      const body = shape === 'dot' ? '' : `<path class="s" d="${shapes[shape]}"/>`;
      const ink = glyph === '' ? '' : `<path class="g" d="${glyph}"/>`;
      return `<g id="m-${name}" class="mark ${tone} ${shape}"><g${scale}>${body}${ink}</g></g>`;
    })
    .join('');

/** @param options `radius`: how large it is at most, in pixels; `step`: at which it comes */
export function drawMark(
  name: MarkName,
  x: number,
  y: number,
  {radius = 6, step}: {readonly radius?: number; readonly step?: number} = {},
): string {
  const scale = radius >= 6 ? '' : ` scale(${Math.round(radius * 16.7) / 100})`;
  const tag = step === undefined ? '' : ` data-step="${step}"`;
  return `<use${tag} href="#m-${name}" transform="translate(${px(x)} ${px(y)})${scale}"/>`;
}
