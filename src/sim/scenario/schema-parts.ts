import {z} from 'zod';

// Each schema carries one sentence that says what it wants; scenario-file.ts adds what came instead, and where.

/** Message of an object schema when it meets keys that it does not know: the known ones, for a suggestion. */
export const knownKeysPrefix = 'known keys: ';

export function section<Shape extends z.ZodRawShape>(shape: Shape, what: string) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? knownKeysPrefix + Object.keys(shape).join(', ')
        : `expected ${what}, with the keys ${Object.keys(shape).join(', ')}`,
  });
}

export function whole(from: number, to: number) {
  const error = `expected a whole number from ${from} to ${to}`;
  return z.number({error}).int({error, abort: true}).min(from, {error}).max(to, {error});
}

export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, {
    error: `expected ${words.slice(0, -1).join(', ')} or ${words.at(-1)}`,
  });
}

export function text(maxLength: number) {
  const error = `expected a text of 1 to ${maxLength} characters`;
  return z.string({error}).min(1, {error}).max(maxLength, {error});
}
