import {z} from 'zod';
import type {GatekeeperSettings} from '../gatekeeper/settings.js';
import {accept} from './scenario/accept.js';
import {definedOnly} from './scenario/auth-mapping.js';
import {maxMinedBlocks} from './scenario/scenario.js';
import {chainShape, gatekeeperShape} from './scenario/scenario-schema.js';
import {section, whole} from './scenario/schema-parts.js';

/** The longest pause that a timer knows, about 25 days. */
const maxPauseMs = 2 ** 31 - 1;

type Camel<Name extends string> = Name extends `${infer Word}_${infer Rest}`
  ? `${Word}${Capitalize<Camel<Rest>>}`
  : Name;
type SettingsShape = {
  readonly [Name in keyof typeof gatekeeperShape as Camel<Name>]: (typeof gatekeeperShape)[Name];
};

const camel = (name: string) => name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
/** What a scenario file says in its `tower`, with the names that the library has. */
const settings = section(
  Object.fromEntries(
    Object.entries(gatekeeperShape).map(([name, schema]) => [camel(name), schema]),
  ) as unknown as SettingsShape,
  'the settings of a tower, such as {subscriptionDuration: 10}',
);

const hook = z.custom((value) => typeof value === 'function', {error: 'expected a function'}).optional();
const parts = z
  .custom((value) => typeof value === 'object' && value !== null, {error: 'expected an object'})
  .optional();
const list = z.custom((value) => Array.isArray(value), {error: 'expected a list'}).optional();

const forkShape = {
  openRows: hook,
  source: hook,
  guards: list,
  policy: hook,
  timers: parts,
  troubles: section({openNode: hook}, '`troubles: {}`').optional(),
  onReply: hook,
  onEntry: hook,
  onEvent: hook,
  onTravel: hook,
  onHeight: hook,
  rememberedBlocks: whole(0, maxMinedBlocks).optional(),
  afterBlock: hook,
  afterStep: hook,
};
const importShape = {...forkShape, mirror: parts};
export const openShape = {
  settings: settings.optional(),
  seed: chainShape.seed,
  startHeight: chainShape.start_height,
  ...importShape,
};

/** What each way to a simulation may be given. */
export const optionSchemas = {
  open: section(openShape, 'options'),
  import: section(importShape, 'options'),
  fork: section(forkShape, 'options'),
};

export const waiting = section({within: whole(1, maxMinedBlocks)}, 'how many blocks to mine at most, {within: 20}');
export const predicate = z.custom((value) => typeof value === 'function', {
  error: 'expected a function that says whether it holds',
});
export const pace = z.looseObject(
  {everyMs: whole(1, maxPauseMs)},
  {error: 'expected the pause between two blocks, {everyMs: 1000}'},
);
/** As in a scenario, and at the same height besides. */
export const reorg = section(
  {depth: whole(1, maxMinedBlocks), blocks: whole(1, maxMinedBlocks).optional()},
  'a reorg such as {depth: 1, blocks: 2}',
);

/** @throws Rejection TOWER_INVALID_PARAMETER for a name, type or range that is none */
export const acceptSettings = (value: unknown): Partial<GatekeeperSettings> =>
  definedOnly(accept(settings, value, 'settings'));
