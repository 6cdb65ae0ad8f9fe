import type {z} from 'zod';
import {Rejection} from '../../errors/index.js';
import {closestTo} from '../../tower/spelling.js';
import {knownKeysPrefix} from './schema-parts.js';

/**
 * What a schema makes of a value.
 * @param where what the value is called
 * @throws Rejection TOWER_INVALID_PARAMETER, which says of each problem where it is
 */
export function accept<Schema extends z.ZodType>(schema: Schema, value: unknown, where: string): z.output<Schema> {
  const parsed = schema.safeParse(value, {reportInput: true});
  if (parsed.success) return parsed.data;
  throw invalid(
    parsed.error.issues.map((issue) => `${[where, ...issue.path].join('.')}: ${sentence(issue)}`).join('; '),
  );
}

export const invalid = (message: string): Rejection => new Rejection('TOWER_INVALID_PARAMETER', message);

function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value' && typeof issue.input === 'string') return valueSentence(issue, issue.input);
  if (issue.code !== 'unrecognized_keys') return issue.message;
  const known = issue.message.slice(knownKeysPrefix.length).split(', ');
  const next = (key: string) => {
    const near = closestTo(key, known);
    return near === undefined ? `known here: ${known.join(', ')}` : `did you mean ${near}?`;
  };
  return issue.keys.map((key) => `there is no ${key}; ${next(key)}`).join('; ');
}

/** Words that one can take in at a glance; of more, only the nearest helps. */
const fewWords = 8;

function valueSentence({message, values}: z.core.$ZodIssueInvalidValue, word: string): string {
  const near = closestTo(word, values.map(String));
  if (near === undefined) return message;
  return values.length > fewWords ? `there is no ${word}; did you mean ${near}?` : `${message}; did you mean ${near}?`;
}
