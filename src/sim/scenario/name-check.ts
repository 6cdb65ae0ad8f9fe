import {unreachable} from '../../errors/index.js';
import {closestTo} from '../../tower/spelling.js';
import {expectKeys} from './name-schema.js';
import {type Expectation, isRefusable, type Refusable, type RequestName, type Step, type UserName} from './scenario.js';
import type {Problem, YamlDocument} from './yaml-document.js';

/** Who is called by name, and where in the step. */
interface Mention {
  readonly name: string;
  readonly what: 'user' | 'device';
  readonly path: () => readonly PropertyKey[];
}

/**
 * Finds names that stand for nobody: of users and devices that no step brings into the story, or that a step calls
 * before they are.
 * @param steps undefined where a step has a problem of its own
 */
export function checkNames(steps: readonly (Step | undefined)[], document: YamlDocument): Problem[] {
  const problems: Problem[] = [];
  const all = new Set(steps.flatMap((step) => (step ? namedBy(step) : [])));
  const soFar = new Set<string>();
  steps.forEach((step, index) => {
    if (step === undefined) return;
    const check = (
      mentions: readonly Mention[],
      known: ReadonlySet<string>,
      at: 'key' | 'value',
      say: typeof byThen,
    ) => {
      for (const {name, what, path} of mentions) {
        if (known.has(name)) continue;
        const position = document.position(['steps', index, ...path()], at);
        problems.push({...position, message: `${step.type}: ${say(name, what, known)}`});
      }
    };
    if (step.type === 'expect' || step.type === 'mine_until') {
      const prefix = step.type === 'expect' ? ['expect'] : ['mine_until', 'expect'];
      const mentions = step.expectations.flatMap((it) => expectedIn(it, {value: document.value, index, prefix}));
      return check(mentions, all, 'key', (name, what, known) => anywhere(name, what, [...known, ...expectKeys]));
    }
    if (step.type === 'refuse') {
      const {type} = step.request;
      const mentions = [...calledIn(step.request), ...answersIn(step.request)];
      const inside = mentions.map((it) => ({...it, path: () => ['refuse', type]}));
      return check(inside, all, 'value', byThen);
    }
    if (isRefusable(step)) {
      check(calledIn(step), soFar, 'value', byThen);
      check(answersIn(step), all, 'value', (name, what, known) => anywhere(name, what, [...known]));
    }
    for (const name of namedBy(step)) soFar.add(name);
  });
  return problems;
}

const byThen = (name: string, what: Mention['what'], known: ReadonlySet<string>) => {
  const near = closestTo(name, [...known]);
  const verb = what === 'user' ? 'registered' : 'asked for anything';
  const next = near === undefined ? `add \`${introduction(name, what)}\` before` : `did you mean "${near}"?`;
  return `${name} has not ${verb} by then; ${next}`;
};

const anywhere = (name: string, what: Mention['what'], known: readonly string[]) => {
  const near = closestTo(name, known);
  const next = near === undefined ? `add \`${introduction(name, what)}\`` : `did you mean "${near}"?`;
  return `no step ${what === 'user' ? 'registers a user' : 'has a device'} called ${name}; ${next}`;
};

const introduction = (name: string, what: Mention['what']) =>
  what === 'user' ? `- register: ${name}` : `- signup: ${name}`;

/** Codes with which somebody is refused whom the tower has never seen. */
const strangersCodes: readonly string[] = [
  'TOWER_AUTHENTICATION_FAILURE',
  'TOWER_NOT_AUTHORIZED',
  'TOWER_REQUEST_NOT_FOUND',
  'TOWER_DEVICE_NOT_FOUND',
  'TOWER_USER_NOT_FOUND',
];

/** Users and devices that a step brings into the story. A stranger may still knock, and be refused. */
function namedBy(step: Step): string[] {
  if (step.type !== 'refuse') return isRefusable(step) ? introducedIn(step) : [];
  const called = strangersCodes.includes(step.code) ? calledIn(step.request).map(({name}) => name) : [];
  return [...introducedIn(step.request), ...called];
}

/** Those whom a request brings into the story by asking. */
export function introducedIn(request: Refusable): string[] {
  switch (request.type) {
    case 'register':
      return [request.user];
    case 'signup':
    case 'login':
    case 'node':
    case 'request_registration':
    case 'authorize':
      return request.as === undefined ? [request.device] : [request.device, request.as];
    case 'renew':
    case 'appointment':
    case 'approve':
    case 'deny':
    case 'revoke':
    case 'extend':
    case 'delete':
      return [];
    default:
      return unreachable(request);
  }
}

/** Whom a request calls by name as somebody who is there. */
function calledIn(request: Refusable): Mention[] {
  const {type} = request;
  const user = (name: UserName | undefined) => userAt(name, () => [type, 'user']);
  switch (type) {
    case 'renew':
    case 'extend':
    case 'delete':
      return user(request.user);
    case 'appointment':
      return [...user(request.user), ...deviceAt(request.device, () => [type, 'device'])];
    case 'approve':
      return [...requestAt(request.request, type), ...user(request.user)];
    case 'deny':
      return requestAt(request.request, type);
    case 'authorize':
      return user(request.user);
    case 'revoke':
      return deviceAt(request.device, () => [type, 'device']);
    case 'register':
    case 'signup':
    case 'login':
    case 'node':
    case 'request_registration':
      return [];
    default:
      return unreachable(type);
  }
}

/** Users whom the policy is to answer with. It may be asked much later. */
function answersIn(request: Refusable): Mention[] {
  if (!('script' in request)) return [];
  const {type, script} = request;
  return (['callback', 'check'] as const).flatMap((stage) =>
    (script?.[stage] ?? []).flatMap((answer) =>
      answer.type === 'user' ? userAt(answer.name, () => [type, stage]) : [],
    ),
  );
}

function expectedIn(expectation: Expectation, place: Place): Mention[] {
  switch (expectation.type) {
    case 'user':
      return userAt(expectation.user, () => pathOf(place, 'user', expectation.user));
    case 'device': {
      const path = () => pathOf(place, 'device', expectation.device);
      return [...deviceAt(expectation.device, path), ...userAt(expectation.user, path)];
    }
    case 'request': {
      const device = 'device' in expectation.request ? expectation.request.device : undefined;
      const path = () => pathOf(place, 'request', device);
      return [...deviceAt(device, path), ...userAt(expectation.user, path)];
    }
    case 'pending':
    case 'tip':
    case 'users':
      return [];
    default:
      return unreachable(expectation);
  }
}

/** A step of the file, and where in it the expectations stand. */
interface Place {
  readonly value: unknown;
  readonly index: number;
  readonly prefix: readonly string[];
}

/** Where an expectation names somebody: as a value of the key, inside it, or as a key of the short form. */
function pathOf({value, index, prefix}: Place, key: string, name: UserName | undefined): PropertyKey[] {
  type Fields = Readonly<Record<string, unknown>>;
  let expect: unknown = (value as {steps: Fields[]}).steps[index]!;
  for (const part of prefix) expect = (expect as Fields)[part];
  const maps = (Array.isArray(expect) ? expect : [expect]) as Fields[];
  const holds = (map: Fields) => map[key] === name || (map[key] as Fields | undefined)?.['device'] === name;
  const at = maps.findIndex((map) => holds(map) || (name !== undefined && name in map));
  const path = Array.isArray(expect) ? [...prefix, at] : prefix;
  return holds(maps[at]!) ? [...path, key] : [...path, String(name)];
}

const userAt = (name: UserName | null | undefined, path: Mention['path']): Mention[] =>
  typeof name === 'string' ? [{name, what: 'user', path}] : [];
const deviceAt = (name: string | undefined, path: Mention['path']): Mention[] =>
  name === undefined ? [] : [{name, what: 'device', path}];
const requestAt = (request: RequestName, type: string): Mention[] =>
  'device' in request ? deviceAt(request.device, () => [type, 'device']) : [];
