import {FixtureChain} from '../chain/fixture-chain.js';
import {genesisOf} from '../chain/network.js';
import {type Facts, OperationalError, Rejection} from '../errors/index.js';
import {InvalidParameter} from '../gatekeeper/rejections.js';
import {type GatekeeperSettings, maxU32} from '../gatekeeper/settings.js';
import {decisionSettingNames} from '../store/meta.js';
import type {SettingDefinition} from './setting-definition.js';
import {settingsTable} from './settings-table.js';
import {closestTo} from './spelling.js';
import type {TowerParts} from './tower-parts.js';

/** What is accepted, and in words what that is; completes "must be ...". */
interface Part {
  readonly accepts: (value: unknown) => boolean;
  readonly expected: string;
  readonly isOptional?: true;
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const isFunction = (value: unknown): boolean => typeof value === 'function';
const has =
  (...methods: string[]) =>
  (value: unknown): boolean =>
    methods.every((method) => isFunction(fieldsOf(value)[method]));
const listOf = (accepts: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.every(accepts);
const partOf = ({schema, expected}: SettingDefinition): Part => ({
  accepts: (value) => schema.safeParse(value).success,
  expected,
});
/** What is stored and told: a program may go beyond what an operator may set, with a cooldown of 0 for one. */
const u32: Part = {
  accepts: (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= maxU32,
  expected: `a whole number from 0 to ${maxU32}`,
};

const publicKey = /^0[23][0-9a-f]{64}$/;

const parts: Readonly<Record<Exclude<keyof TowerParts, 'network' | 'settings'>, Part>> = {
  rows: {
    accepts: has('get', 'getMany', 'range', 'keys', 'write', 'snapshot', 'close'),
    expected: 'a store: new MemoryStore(), or await LevelStore.open(folder)',
  },
  source: {
    accepts: has('identity', 'sourceTip', 'header', 'block', 'standing', 'headers', 'onWake', 'close'),
    expected: 'where blocks come from: new SimulatedChain(), or a ChainSource of your own',
  },
  key: {
    accepts: (value) => has('sign')(value) && publicKey.test(String(fieldsOf(value)['publicKey'])),
    expected: 'what signs: new SigningKey(generateSecretKey())',
  },
  signatures: {accepts: has('sign', 'recoverKey'), expected: 'an object with sign and recoverKey', isOptional: true},
  logBlocks: {...u32, isOptional: true},
  finality: {...partOf(settingsTable.finality), isOptional: true},
  policies: {
    accepts: listOf(has('handles', 'ask', 'onChange', 'close')),
    expected: 'a list of policies',
    isOptional: true,
  },
  timers: {accepts: has('nowMs', 'after'), expected: 'an object with nowMs and after', isOptional: true},
  listeners: {accepts: listOf(isFunction), expected: 'a list of functions', isOptional: true},
};

/**
 * Looks, before anything is opened, whether a tower can be made of these.
 * @throws InvalidParameter; OperationalError TOWER_MAINNET_REFUSED
 */
export function checkParts(given: TowerParts): void {
  if (typeof given !== 'object' || given === null)
    throw new InvalidParameter('what a tower is opened with', 'a map: {rows, source, network, key}');
  const known = [...Object.keys(parts), 'network', 'settings'];
  const stranger = Object.keys(given).find((name) => !known.includes(name));
  if (stranger !== undefined) throw unknownName(stranger, known);
  for (const [name, {accepts: isAccepted, expected, isOptional}] of Object.entries(parts)) {
    const value = given[name as keyof TowerParts];
    if (value === undefined && isOptional) continue;
    if (!isAccepted(value)) throw new InvalidParameter(name, expected);
  }
  checkNetwork(given);
  if (given.settings !== undefined) checkSettings(given.settings);
}

/** @throws InvalidParameter */
export function checkSettings(given: GatekeeperSettings): void {
  const known: readonly string[] = decisionSettingNames;
  if (typeof given !== 'object' || given === null)
    throw new InvalidParameter('settings', 'a map: {...defaultGatekeeperSettings, subscriptionDuration: 1008}');
  const stranger = Object.keys(given).find((name) => !known.includes(name));
  if (stranger !== undefined) throw unknownName(`settings.${stranger}`, known);
  for (const name of decisionSettingNames) {
    const definition: SettingDefinition = settingsTable[name];
    const {accepts: isAccepted, expected} = definition.kind === 'choice' ? partOf(definition) : u32;
    if (isAccepted(given[name])) continue;
    const next = given[name] === undefined ? '; begin with ...defaultGatekeeperSettings, which has them all' : '';
    throw new InvalidParameter(`settings.${name}`, `${expected}${next}`);
  }
}

export const mainnetRefused = (told: {readonly facts?: Facts; readonly hint?: string}): OperationalError =>
  new OperationalError(
    'TOWER_MAINNET_REFUSED',
    'this tower does not run on mainnet yet: it does not watch for breaches, so a receipt would be a promise that it cannot keep',
    told,
  );

/** Recorded blocks of mainnet may be replayed: nobody is promised anything there. */
function checkNetwork({network, source}: TowerParts): void {
  const name: string = network;
  if (name === 'mainnet' || (name === 'bitcoin' && !(source instanceof FixtureChain))) {
    throw mainnetRefused({hint: "Open it with network: 'signet', 'testnet4', 'testnet' or 'regtest'."});
  }
  if (typeof name === 'string' && Object.hasOwn(genesisOf, name)) return;
  const networks = Object.keys(genesisOf).filter((known) => known !== 'bitcoin');
  throw new InvalidParameter('network', `one of ${networks.join(', ')}`);
}

function unknownName(name: string, known: readonly string[]): Rejection {
  const near = closestTo(name.split('.').at(-1)!, known);
  const next = near === undefined ? `known here: ${known.join(', ')}` : `did you mean ${near}?`;
  return new Rejection('TOWER_INVALID_PARAMETER', `there is no ${name}; ${next}`, {facts: {parameter: name}});
}
