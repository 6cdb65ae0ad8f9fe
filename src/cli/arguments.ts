import {OperationalError} from '../errors/index.js';

/**
 * A whole number from the command line, without zeros in front: some would read an octal number.
 * @throws OperationalError TOWER_USAGE naming it and what it must be.
 */
export function wholeNumber(text: unknown, name: string, range: {readonly from: number; readonly to: number}): number {
  const value = typeof text === 'string' && /^(0|[1-9]\d*)$/.test(text) ? Number(text) : Number.NaN;
  if (value >= range.from && value <= range.to) return value;
  throw new OperationalError(
    'TOWER_USAGE',
    `${name} is ${JSON.stringify(text)}, but must be a whole number from ${range.from} to ${range.to}`,
  );
}

/**
 * The two halves of `KEY:WHAT`. Whether the first is a key is the tower's to say.
 * @throws OperationalError TOWER_USAGE
 */
export function keyAnd(text: unknown, what: string): [key: string, rest: string] {
  const [key = '', rest = '', ...more] = String(text).split(':');
  if (key !== '' && rest !== '' && more.length === 0) return [key, rest];
  throw new OperationalError('TOWER_USAGE', `${JSON.stringify(text)} does not have the form KEY:${what}`);
}

/**
 * A text from the command line, as it was typed. What is not UTF-8 comes with U+FFFD in its place; whoever means that
 * very character can say so in another way.
 * @param otherwise how to say what cannot be said here
 * @throws OperationalError TOWER_USAGE, without the text, which may be secret
 */
export function givenText(given: unknown, name: string, otherwise?: string): string {
  const text = String(given);
  if (!text.includes('\ufffd')) return text;
  throw new OperationalError('TOWER_USAGE', `${name} is not valid UTF-8, or holds U+FFFD`, {
    hint: otherwise ?? 'Write it in UTF-8.',
  });
}
