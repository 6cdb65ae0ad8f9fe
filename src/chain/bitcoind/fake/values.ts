import {z} from 'zod';
import {closestTo} from '../../../tower/spelling.js';

// What people and programs tell a fake bitcoind. Each schema carries one sentence that says what it wants;
// `problemsOf` adds what came instead.

export interface Problem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Letters of a value that a message shows. */
const shownLetters = 60;

export function whole(from: number, to: number, unit = '') {
  const error = `expected a whole number${unit && ` of ${unit}`} from ${from} to ${to}`;
  // A number that is wrong in two ways is refused once.
  return z.number({error}).int({error, abort: true}).min(from, {error}).max(to, {error});
}

export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, {error: `expected ${orList(words)}`});
}

export const orList = (words: readonly string[]): string => `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

export function text(from: number, to: number) {
  const error = `expected a text of ${from} to ${to} characters`;
  return z.string({error}).min(from, {error}).max(to, {error});
}

/** Values by name; what has other names is refused with the ones that it knows. */
export function fields<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: ({code}) => (code === 'unrecognized_keys' ? known : `expected ${known === '' ? 'nothing' : known}, by name`),
  });
}

/** What is wrong, in our words, and where. */
export function problemsOf({issues}: z.ZodError, given: unknown): Problem[] {
  return issues.flatMap((issue): Problem[] => {
    const {path, message} = issue;
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({path, message: `there is no ${shown(key)} here; ${near(key, message)}`}));
    }
    const value = path.reduce<unknown>((from, key) => (Object(from) as Record<PropertyKey, unknown>)[key], given);
    if (value === undefined || value === null) return [{path, message: `is missing: ${message}`}];
    return [{path, message: `${message}, not ${shown(value)}${meant(value, message)}`}];
  });
}

/** The same in one line, each after the name of the value. */
export const problemText = (error: z.ZodError, given: unknown): string =>
  problemsOf(error, given)
    .map(({path, message}) => [...path.map(String), message].join(': '))
    .join('; ');

/** For a word where a few are expected. */
function meant(value: unknown, message: string): string {
  const words = message.replace(/^expected /, '').split(/, | or /);
  const guess = typeof value === 'string' ? closestTo(value, words) : undefined;
  return guess === undefined ? '' : `; did you mean "${guess}"?`;
}

function near(key: string, known: string): string {
  if (known === '') return 'it takes nothing';
  const guess = closestTo(key, known.split(', '));
  return guess === undefined ? `it takes ${known}` : `did you mean "${guess}"?`;
}

export function shown(value: unknown): string {
  const letters = JSON.stringify(value) ?? String(value);
  return letters.length > shownLetters ? `${letters.slice(0, shownLetters - 1)}…` : letters;
}
