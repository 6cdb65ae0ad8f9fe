import {styleText} from 'node:util';
import {type Paint, plain} from '../sim/timeline/paint.js';

export {type Paint, plain};

export const coloured: Paint = (style, text) => styleText(style, text, {validateStream: false});

/** Colours are for terminals, unless NO_COLOR (https://no-color.org) or TERM=dumb says otherwise. */
export function paintFor(isTerminal: boolean, environment: Readonly<Record<string, string | undefined>>): Paint {
  const unwanted = (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
  return isTerminal && !unwanted ? coloured : plain;
}
