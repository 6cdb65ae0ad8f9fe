import {z} from 'zod';
import {Rejection} from '../../errors/index.js';

/** Longer than any public key or id; what is within is the gatekeeper's to judge. */
export const maxKeyLetters = 256;
export const keyText = z.string().max(maxKeyLetters);

/** A whole number in a path or a query: digits without zeros in front, so that `1e3`, ` 5`, `05` and `0x5` are none. */
export function wholeNumber(range: {readonly from: number; readonly to: number}): z.ZodType<number, string> {
  const expectation = `must be a whole number from ${range.from} to ${range.to}`;
  return z
    .string()
    .refine(
      (text) => /^(0|[1-9]\d{0,15})$/.test(text) && Number(text) >= range.from && Number(text) <= range.to,
      expectation,
    )
    .transform(Number);
}

/** @throws Rejection TOWER_INVALID_PARAMETER naming each wrong value's place. */
export function checked<Value>(schema: z.ZodType<Value>, given: unknown): Value {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join('.') || 'request'}: ${expectationOf(issue)}`);
  throw new Rejection('TOWER_INVALID_PARAMETER', problems.join('; '));
}

const typesInWords: Readonly<Record<string, string>> = {
  string: 'a text',
  int: 'a whole number',
  number: 'a number',
  object: 'an object',
};

/** What was expected, in our words. */
function expectationOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${typesInWords[issue.expected] ?? issue.expected}`;
    case 'too_small':
      return issue.origin === 'string'
        ? `must have at least ${plural(Number(issue.minimum), 'character')}`
        : `must be at least ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'string'
        ? `must have at most ${plural(Number(issue.maximum), 'character')}`
        : `must be at most ${issue.maximum}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'unrecognized_keys':
      return `has ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}, which is not known`;
    case 'custom':
    case 'invalid_element':
    case 'invalid_format':
    case 'invalid_key':
    case 'invalid_union':
    case 'not_multiple_of':
      return issue.message;
  }
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
