import type {z} from 'zod';
import {toWire} from '../../tower/wire-names.js';

const longest = 60;

/** What is wrong with a line, in a sentence: where, what is expected there, and what stands there. */
export function problemOf({issues}: z.ZodError, value: unknown): string {
  const issue = issues[0]!;
  const found = issue.path.reduce<unknown>((part, name) => (part as Record<PropertyKey, unknown>)?.[name], value);
  const path = issue.path.map((name) => (typeof name === 'string' ? wireName(name) : String(name))).join('.');
  const where = path === '' ? '' : `${path} `;
  if (issue.code === 'unrecognized_keys') {
    return `${where}holds ${issue.keys.map((key) => shortened(wireName(key))).join(', ')}, which no tape of this form has`;
  }
  if (found === undefined) return `${where}is missing`;
  return `${where}is ${shortened(toWire(found))}, but must be ${expectedBy(issue)}`;
}

function expectedBy(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return kinds[issue.expected] ?? issue.expected;
  if (issue.code === 'invalid_value') return issue.values.map((value) => JSON.stringify(value)).join(' or ');
  if (issue.code === 'too_small' || issue.code === 'too_big') {
    const unit = issue.origin === 'string' ? ' characters long' : issue.origin === 'array' ? ' items long' : '';
    return issue.code === 'too_small' ? `at least ${issue.minimum}${unit}` : `at most ${issue.maximum}${unit}`;
  }
  if (issue.code === 'invalid_union') return 'one that a tower has';
  return issue.message;
}

const kinds: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  tuple: 'a list',
};

const wireName = (name: string): string => Object.keys(toWire({[name]: null}) as object)[0]!;

const shortened = (value: unknown): string => {
  const text = JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
};
