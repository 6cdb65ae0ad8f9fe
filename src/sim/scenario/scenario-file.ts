import {readFile} from 'node:fs/promises';
import {dirname, resolve} from 'node:path';
import type {z} from 'zod';
import {OperationalError, unreadableFile} from '../../errors/index.js';
import {closestTo} from '../../tower/spelling.js';
import {maxScenarioBytes, type Scenario, type Step} from './scenario.js';
import {checkStory} from './scenario-check.js';
import {toAction, toHead} from './scenario-mapping.js';
import {type StepName, scenarioSchema, stepNames, stepSchemas} from './scenario-schema.js';
import {knownKeysPrefix} from './schema-parts.js';
import {readWorld} from '../world-file/reader.js';
import {type Problem, YamlDocument} from './yaml-document.js';

/** Problems that one error names; after as many, a reader looks at the file itself. */
const maxProblems = 20;

/**
 * Reads a scenario file, and the world that it begins in, which is to be whole; `name` is what messages call it.
 * @throws OperationalError TOWER_FILE_FAILED, TOWER_INVALID_SCENARIO, TOWER_INVALID_WORLD
 */
export async function readScenario(path: string, name = path): Promise<Scenario> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw unreadableFile(name, cause);
  }
  const inside = (file: string) => resolve(dirname(path), file);
  const read = parseScenario(bytes, name);
  const steps = read.steps.map((step) => (step.type === 'export' ? {...step, path: inside(step.file)} : step));
  const scenario = {...read, steps};
  if (scenario.from === undefined) return scenario;
  const from = inside(scenario.from);
  const {seed, settings: tower, present} = await readWorld(from, scenario.from);
  return {...scenario, from, tower, chain: {seed, startHeight: present.height}};
}

/**
 * Checks the text of a scenario, UTF-8; `file` is its name in messages.
 * @throws OperationalError TOWER_INVALID_SCENARIO naming every problem as file:line:column, at most 20 of them.
 */
export function parseScenario(bytes: Uint8Array, file: string): Scenario {
  if (bytes.length > maxScenarioBytes) {
    const message = `the file has ${bytes.length} bytes, and a scenario at most ${maxScenarioBytes}`;
    throw invalid(file, [{line: 1, column: 1, message}]);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', {fatal: true}).decode(bytes);
  } catch {
    throw invalid(file, [{line: 1, column: 1, message: 'the file is not text in UTF-8'}]);
  }
  const document = new YamlDocument(text);
  if (document.problems.length > 0) throw invalid(file, document.problems);

  const problems: Problem[] = [];
  const head = scenarioSchema.safeParse(document.value);
  if (!head.success) problems.push(...problemsOf(document, head.error.issues, []));
  const steps = stepsOf(document, problems);
  problems.push(...checkStory(head.success ? toHead(head.data) : undefined, steps, document));
  if (problems.length > 0 || !head.success) throw invalid(file, problems);
  return {
    ...toHead(head.data),
    steps: steps.filter((step) => step !== undefined),
  };
}

/** Every step in its place; undefined where it has a problem. */
function stepsOf(document: YamlDocument, problems: Problem[]): (Step | undefined)[] {
  const list = (document.value as {steps?: unknown} | null)?.steps;
  if (!Array.isArray(list)) return [];
  return list.map((value, index) => {
    const step = stepOf(document, value, ['steps', index]);
    if (!Array.isArray(step)) return step;
    problems.push(...step);
    return undefined;
  });
}

function stepOf(document: YamlDocument, value: unknown, path: PropertyKey[]): Step | Problem[] {
  const position = document.position(path);
  const names = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
  if (names.length === 0) {
    const message = `expected a step such as \`- mine: 1\`, not ${describe(value, undefined)}${stepMeant(value)}`;
    return [{...position, message}];
  }
  const [before, inside] = names;
  if (inside !== undefined && before! in stepSchemas && !(inside in stepSchemas) && isEmpty(value, before!)) {
    const message = `${inside} stands beside ${before}, which is empty; indent it further to put it inside`;
    return [{...document.position([...path, inside], 'key'), message}];
  }
  const unknown = names.filter((name) => !(name in stepSchemas));
  if (unknown.length > 0) {
    return unknown.map((name) => ({
      ...document.position([...path, name], 'key'),
      message: `unknown step "${shorten(name)}"${suggestion(name, stepNames)}`,
    }));
  }
  const actions = names.filter((name) => name !== 'note');
  if (actions.length > 1) {
    const message = `one step does one thing, and this one has ${actions.join(' and ')}: give each its own "-"`;
    return [{...document.position([...path, actions[1]!], 'key'), message}];
  }
  const fields = value as Record<string, unknown> & {note?: unknown};
  const name = (actions[0] ?? 'note') as StepName;
  const action = accept(name, fields[name], document, path);
  if (Array.isArray(action)) return action;
  const note = 'note' in fields ? stepSchemas.note.safeParse(fields.note) : undefined;
  if (note && !note.success) return problemsOf(document, note.error.issues, [...path, 'note']);
  return {
    ...action,
    line: position.line,
    ...(note ? {note: note.data.trim()} : {}),
  };
}

const isEmpty = (step: unknown, name: string) => (step as Record<string, unknown>)[name] === null;

/** For what stands where a step is expected. */
function stepMeant(value: unknown): string {
  const [, name, colon] = /^([a-z_]+)(:?)/i.exec(typeof value === 'string' ? value : '') ?? [];
  const near = name && (stepNames.find((it) => it === name) ?? closestTo(name, stepNames));
  if (!near) return `; the steps are ${stepNames.join(', ')}`;
  return colon === ':' ? '; a space is missing behind the colon' : `; behind \`${near}\` belong a colon and a space`;
}

function accept<Name extends StepName>(name: Name, value: unknown, document: YamlDocument, path: PropertyKey[]) {
  const parsed = stepSchemas[name].safeParse(value);
  if (parsed.success) return toAction[name](parsed.data as z.output<(typeof stepSchemas)[Name]>);
  const issues = parsed.error.issues.map((issue) => ({...issue, path: unwrapped(issue.path, value)}));
  return problemsOf(document, issues, [...path, name]);
}

/** Where a schema has made a list of a single value, the path without the place in that list. */
function unwrapped(path: readonly PropertyKey[], value: unknown): PropertyKey[] {
  let current = value;
  return path.filter((part) => {
    if (typeof part === 'number' && !Array.isArray(current)) return false;
    current = (current as Record<PropertyKey, unknown> | null | undefined)?.[part];
    return true;
  });
}

function problemsOf(document: YamlDocument, issues: readonly z.core.$ZodIssue[], path: PropertyKey[]): Problem[] {
  return issues.flatMap((issue) => {
    const where = [...path, ...issue.path];
    const label = labelOf(where);
    if (issue.code === 'unrecognized_keys') {
      const known = issue.message.slice(knownKeysPrefix.length).split(', ');
      return issue.keys.map((key) => ({
        ...document.position([...where, key], 'key'),
        message: `${label}unknown key "${shorten(key)}"${suggestion(key, known)}`,
      }));
    }
    return [
      {
        ...document.position(where),
        message: label + sentence(issue, valueAt(document.value, where), document.written(where)),
      },
    ];
  });
}

function sentence(issue: z.core.$ZodIssue, value: unknown, written: string | undefined): string {
  if (issue.code === 'custom') return issue.message;
  if (isListWithoutSpaces(issue, value)) return `${issue.message}; a space is missing behind the dash`;
  if (typeof value === 'string' && issue.message.includes('a whole number')) {
    const digits = value.replaceAll(/[,_' ]/g, '');
    if (/^\d+$/.test(digits)) return `${issue.message}, not ${describe(value, undefined)}; write ${digits}`;
  }
  if (value === undefined) return `is missing; ${issue.message}`;
  const known = issue.code === 'invalid_value' ? issue.values.map(String) : knownIn(issue.message);
  const near = typeof value === 'string' ? closestTo(value, known) : undefined;
  return `${issue.message}, not ${describe(value, written)}${near === undefined ? '' : `; did you mean "${near}"?`}`;
}

/** `-mine: 1` is a key that begins with a dash. */
const isListWithoutSpaces = ({message}: z.core.$ZodIssue, value: unknown): boolean =>
  message.startsWith('expected a list') &&
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).some((key) => /^-\S/.test(key));

/** The words that a message ends with. */
const knownIn = (message: string): string[] => /; known: (.*)$/.exec(message)?.[1]?.split(', ') ?? [];

export const suggestion = (word: string, known: readonly string[]) => {
  const near = closestTo(word, known);
  return near === undefined ? `; known here: ${known.join(', ')}` : `; did you mean "${near}"?`;
};

/** The innermost name on the path, so that a message reads without the file at hand. */
function labelOf(path: readonly PropertyKey[]): string {
  const name = path.findLast((part) => typeof part === 'string');
  return name === undefined ? '' : `${String(name)}: `;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null) return typeof part === 'string' ? current : undefined;
    current = (current as Record<PropertyKey, unknown>)[part];
  }
  return current;
}

/** A number as it is written: it may be another once it is read. */
function describe(value: unknown, written: string | undefined): string {
  if (value === null) return 'an empty value';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return `a map of ${Object.keys(value).join(', ') || 'nothing'}`;
  return shorten(typeof value === 'string' ? JSON.stringify(value) : (written ?? String(value)));
}

const shorten = (text: string) => (text.length > 60 ? `${text.slice(0, 57)}...` : text);

function invalid(file: string, problems: readonly Problem[]): OperationalError {
  const inOrder = problems.toSorted((left, right) => left.line - right.line || left.column - right.column);
  const lines = inOrder.slice(0, maxProblems).map((it) => `${file}:${it.line}:${it.column}: ${it.message}`);
  if (inOrder.length > maxProblems) lines.push(`and ${inOrder.length - maxProblems} more problems in ${file}`);
  const [first] = inOrder;
  return new OperationalError('TOWER_INVALID_SCENARIO', lines.join('\n'), {
    facts: {
      file,
      line: first!.line,
      column: first!.column,
      problems: problems.length,
    },
  });
}
