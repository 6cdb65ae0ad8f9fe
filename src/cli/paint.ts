import {styleText} from 'node:util';

/** Marks a piece of text for the eye; answers it unchanged where colours are not wanted. */
export type Paint = (style: 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan', text: string) => string;

export const plain: Paint = (_style, text) => text;
export const coloured: Paint = (style, text) => styleText(style, text, {validateStream: false});

/** Colours are for terminals, unless NO_COLOR (https://no-color.org) or TERM=dumb says otherwise. */
export function paintFor(isTerminal: boolean, environment: Readonly<Record<string, string | undefined>>): Paint {
  const unwanted = (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
  return isTerminal && !unwanted ? coloured : plain;
}
