import {closestTo} from '../../tower/spelling.js';
import {accept, invalid} from './accept.js';
import type {NodeRole, NotedAction, UserName, UserState} from './scenario.js';
import {toAction} from './scenario-mapping.js';
import {type StepName, stepNames, stepSchemas} from './scenario-schema.js';

/** A step as a scenario file has it: one key with its value, such as `{mine: 3}`, and a `note` if need be. */
export type StepMap = {readonly [Name in StepName]?: unknown};

/** What must hold, as a scenario file says it: `{user: 'alice', state: 'active', slots: 5}`. */
export interface ExpectedFacts {
  readonly user?: UserName;
  readonly device?: string;
  readonly request?: Readonly<Record<string, unknown>>;
  readonly state?: UserState | 'authorized';
  readonly slots?: number;
  readonly start?: number;
  readonly expiry?: number;
  readonly appointments?: number;
  readonly devices?: number;
  readonly role?: NodeRole | 'none';
  readonly pending?: number;
  readonly tip?: number;
  readonly users?: number;
}

/** Or in short, `{alice: 'active', tip: 112}`. */
export type Expected = ExpectedFacts | Readonly<Record<string, UserState | number>>;

/** @throws Rejection TOWER_INVALID_PARAMETER when it is not a step */
export function toStep(map: StepMap): NotedAction {
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw invalid('expected a step as a scenario file has it, such as {mine: 3}');
  }
  const {note, ...others} = map;
  const [name = 'note', ...more] = Object.keys(others);
  if (more.length > 0) throw invalid(`one step does one thing, and this one has ${[name, ...more].join(' and ')}`);
  if (!Object.hasOwn(stepSchemas, name)) {
    const near = closestTo(name, stepNames);
    throw invalid(`there is no step ${name}; ${near ? `did you mean ${near}?` : `there are ${stepNames.join(', ')}`}`);
  }
  const text = note === undefined ? {} : {note: accept(stepSchemas.note, note, 'note')};
  if (name === 'note') return {type: 'note', ...text};
  const read = toAction[name as StepName] as (value: unknown) => NotedAction;
  return {...read(accept(stepSchemas[name as StepName], map[name as StepName], name)), ...text};
}
