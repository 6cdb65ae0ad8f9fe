import {isAbsolute, join, resolve} from 'node:path';
import {OperationalError} from '../errors/index.js';
import {type GatekeeperSettings, pickSettings} from '../gatekeeper/settings.js';
import {readSettingsFile, type SettingsFile} from './settings-file.js';
import {
  definitionOf,
  type SettingKey,
  settingKeys,
  settingNames,
  settingsTable,
  type TowerSettings,
} from './settings-table.js';
import type {SettingDefinition} from './setting-definition.js';
import {closestTo} from './spelling.js';

export type {TowerSettings} from './settings-table.js';

/** Where a value comes from. */
export type Origin =
  | {readonly type: 'default'}
  | {
      readonly type: 'file';
      readonly path: string;
      readonly line: number | undefined;
    }
  | {readonly type: 'environment'; readonly variable: string}
  | {readonly type: 'flag'; readonly flag: string}
  | {readonly type: 'uri'};

export interface LoadedSettings {
  readonly values: TowerSettings;
  readonly origins: Readonly<Record<SettingKey, Origin>>;
  /** The configuration file that was read, if there is one. */
  readonly file: string | undefined;
}

/** What settings are loaded from, handed in so that nothing here reads the process. */
export interface SettingsSources {
  /** Text by flag, e.g. `{'--expiry-delta': '3'}`. */
  readonly flags: Readonly<Record<string, string>>;
  /** Text by setting name, from the URI that a program opens its tower with. */
  readonly uri?: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A file that must be there; otherwise `bartizan.toml` in the data directory, if it is. */
  readonly configFile?: string | undefined;
  /** Directory that `~` stands for. */
  readonly home: string;
  /** Directory that relative paths start from; those in a file start from the file's directory. */
  readonly workingDirectory: string;
}

interface Given {
  readonly value: unknown;
  readonly origin: Origin;
}

export const settingsFileName = 'bartizan.toml';
const configVariable = 'BARTIZAN_CONFIG';

/**
 * Loads the settings: defaults < file < environment < flags, or defaults < file < URI.
 * @throws OperationalError TOWER_INVALID_SETTING naming the setting, its value (never a secret) and its origin;
 * TOWER_FILE_FAILED.
 */
export async function loadSettings(sources: SettingsSources): Promise<LoadedSettings> {
  const outer = new Map([
    ...fromEnvironment(sources.environment),
    ...fromFlags(sources.flags),
    ...fromUri(sources.uri ?? {}),
  ]);
  const file = await findFile(sources, outer.get('dataDir'));
  const given = new Map([...(file === undefined ? [] : fromFile(file.settings, file.asked)), ...outer]);

  const values: Partial<Record<SettingKey, string | number>> = {};
  const origins: Partial<Record<SettingKey, Origin>> = {};
  for (const key of settingKeys) {
    const {value, origin} = given.get(key) ?? {
      value: settingsTable[key].fallback,
      origin: {type: 'default'},
    };
    values[key] = checked(key, value, origin, sources);
    origins[key] = origin;
  }
  const loaded = {
    values: values as TowerSettings,
    origins: origins as Record<SettingKey, Origin>,
    file: file?.settings.path,
  };
  checkCredentials(loaded);
  checkWebhook(loaded);
  return loaded;
}

/** Refuses what `loadSettings` would refuse in a URI. It reads no file, so a program hears of a slip at once. */
export function checkUriSettings(uri: Readonly<Record<string, string>>): void {
  for (const [key, {value, origin}] of fromUri(uri)) checked(key, value, origin, {home: '/', workingDirectory: '/'});
}

/** The part of the settings that decides. */
export function gatekeeperSettings(settings: TowerSettings): GatekeeperSettings {
  return pickSettings(settings);
}

export function describeOrigin(origin: Origin): string {
  switch (origin.type) {
    case 'default':
      return 'default';
    case 'file':
      return origin.line === undefined ? origin.path : `${origin.path}:${origin.line}`;
    case 'environment':
      return origin.variable;
    case 'flag':
      return origin.flag;
    case 'uri':
      return 'the URI';
  }
}

/** A value as it may be shown: secrets and credentials in a URL are hidden. */
export function shownValue(key: SettingKey, value: unknown): string {
  if (definitionOf(key).secret && value !== '') return '(hidden)';
  const text = String(value);
  return definitionOf(key).url ? text.replace(/^(\w+:\/\/)?.*@/, '$1(hidden)@') : text;
}

function* fromEnvironment(environment: SettingsSources['environment']): Iterable<[SettingKey, Given]> {
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith('BARTIZAN_') || value === undefined || variable === configVariable) continue;
    const key = settingKeys.find((candidate) => settingNames(candidate).variable === variable);
    if (key === undefined) throw unknownSetting(variable, 'the environment', (key) => settingNames(key).variable);
    yield [key, {value, origin: {type: 'environment', variable}}];
  }
}

function* fromFlags(flags: SettingsSources['flags']): Iterable<[SettingKey, Given]> {
  for (const [flag, value] of Object.entries(flags)) {
    const key = settingKeys.find((candidate) => settingNames(candidate).flag === flag);
    if (key === undefined) throw unknownSetting(flag, 'the command line', (key) => settingNames(key).flag);
    yield [key, {value, origin: {type: 'flag', flag}}];
  }
}

function* fromUri(uri: Readonly<Record<string, string>>): Iterable<[SettingKey, Given]> {
  for (const [name, value] of Object.entries(uri)) {
    const key = settingKeys.find((candidate) => settingNames(candidate).name === name);
    if (key === undefined) throw unknownSetting(name, 'the URI', (key) => settingNames(key).name);
    yield [key, {value, origin: {type: 'uri'}}];
  }
}

function* fromFile(file: SettingsFile, asked: boolean): Iterable<[SettingKey, Given]> {
  for (const [name, value] of Object.entries(file.values)) {
    const origin: Origin = {
      type: 'file',
      path: file.path,
      line: file.lineOf(name),
    };
    const key = settingKeys.find((candidate) => settingNames(candidate).name === name);
    if (key === undefined) throw unknownSetting(name, describeOrigin(origin), (key) => settingNames(key).name);
    if (key === 'dataDir' && !asked) {
      throw invalidSetting(key, origin, `data_dir cannot be set in a file that is found through data_dir`, {
        hint: 'Use --data-dir or BARTIZAN_DATA_DIR, or name the file with --config.',
      });
    }
    yield [key, {value, origin}];
  }
}

async function findFile(
  sources: SettingsSources,
  dataDir: Given | undefined,
): Promise<{settings: SettingsFile; asked: boolean} | undefined> {
  const named = sources.configFile ?? sources.environment[configVariable];
  if (named !== undefined) {
    const path = absolute(named, sources.workingDirectory, sources.home);
    const settings = await readSettingsFile(path);
    if (settings !== undefined) return {settings, asked: true};
    throw new OperationalError('TOWER_FILE_FAILED', `the configuration file ${path} does not exist`, {
      exit: 2,
      hint: 'Correct the path, or write a file with `bartizan config --template`.',
    });
  }
  const {value, origin} = dataDir ?? {
    value: settingsTable.dataDir.fallback,
    origin: {type: 'default'},
  };
  const directory = String(checked('dataDir', value, origin, sources));
  const settings = await readSettingsFile(join(directory, settingsFileName));
  return settings === undefined ? undefined : {settings, asked: false};
}

function checked(
  key: SettingKey,
  given: unknown,
  origin: Origin,
  sources: Pick<SettingsSources, 'home' | 'workingDirectory'>,
): string | number {
  const definition: SettingDefinition = definitionOf(key);
  const result = definition.schema.safeParse(definition.kind === 'integer' ? integerFrom(given) : given);
  if (!result.success) {
    const {name} = settingNames(key);
    const shown = definition.secret ? 'is of the wrong type' : `is ${quoted(key, given)}`;
    throw invalidSetting(key, origin, `${name} ${shown}, but must be ${definition.expected}`, {
      facts: definition.secret ? {} : {value: shownValue(key, given)},
    });
  }
  if (definition.path && typeof result.data === 'string' && (result.data !== '' || key === 'dataDir')) {
    const base = origin.type === 'file' ? resolve(origin.path, '..') : sources.workingDirectory;
    // An empty text is not set, and must not become the working directory.
    if (result.data === '') return absolute(String(settingsTable[key].fallback), base, sources.home);
    return absolute(result.data, base, sources.home);
  }
  return result.data;
}

/** Flags and environment give text; what is no whole number is left for the schema to refuse. */
function integerFrom(given: unknown): unknown {
  return typeof given === 'string' && /^-?(?:0|[1-9]\d*)$/.test(given) ? Number(given) : given;
}

function quoted(key: SettingKey, value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(shownValue(key, value)) : shownValue(key, value);
}

function absolute(path: string, base: string, home: string): string {
  if (path === '~') return home;
  const expanded = path.startsWith('~/') ? join(home, path.slice(2)) : path;
  return isAbsolute(expanded) ? expanded : resolve(base, expanded);
}

/** One way to log in to bitcoind, and a whole one. */
function checkCredentials({values, origins}: LoadedSettings): void {
  const half = (values.btcRpcUser === '') !== (values.btcRpcPassword === '');
  if (half) {
    const [given, missing]: SettingKey[] =
      values.btcRpcUser === '' ? ['btcRpcPassword', 'btcRpcUser'] : ['btcRpcUser', 'btcRpcPassword'];
    const names = {
      given: settingNames(given!).name,
      missing: settingNames(missing!).name,
    };
    throw invalidSetting(given!, origins[given!], `${names.given} is set, but ${names.missing} is not`, {
      hint: `Set ${names.missing} too, or neither.`,
    });
  }
  const ways: SettingKey[] = [];
  if (values.btcRpcUser !== '') ways.push('btcRpcUser');
  if (values.btcRpcCookie !== '') ways.push('btcRpcCookie');
  if (values.btcRpcUrl !== '' && new URL(values.btcRpcUrl).username !== '') ways.push('btcRpcUrl');
  if (ways.length < 2) return;
  const told = ways.map((key) => `${settingNames(key).name} (${describeOrigin(origins[key])})`).join(' and ');
  throw invalidSetting(ways[1]!, origins[ways[1]!], `${told} are two ways to log in to bitcoind`, {
    hint: 'Keep one of them: a user and password, a cookie, or a URL that holds them. An empty value unsets one.',
  });
}

/** A secret that signs nothing is a slip: the address is missing, or misspelt. */
function checkWebhook({values, origins}: LoadedSettings): void {
  if (values.authWebhookSecretFile === '' || values.authWebhook !== '') return;
  throw invalidSetting(
    'authWebhookSecretFile',
    origins.authWebhookSecretFile,
    'auth_webhook_secret_file is set, but auth_webhook is not',
    {hint: 'Set auth_webhook too, or neither.'},
  );
}

function invalidSetting(
  key: SettingKey,
  origin: Origin,
  message: string,
  more: {hint?: string; facts?: Record<string, string>} = {},
): OperationalError {
  const from = describeOrigin(origin);
  return new OperationalError('TOWER_INVALID_SETTING', `${message} (from ${from})`, {
    ...(more.hint === undefined ? {} : {hint: more.hint}),
    facts: {setting: settingNames(key).name, origin: from, ...more.facts},
  });
}

function unknownSetting(name: string, from: string, spelling: (key: SettingKey) => string): OperationalError {
  // What all of them begin with makes no two of them alike.
  const bare = name.replace(/^(BARTIZAN_|--)/, '').replaceAll('-', '_');
  const closestName = closestTo(
    bare,
    settingKeys.map((key) => settingNames(key).name),
  );
  const closest = settingKeys.filter((key) => settingNames(key).name === closestName).map(spelling)[0];
  return new OperationalError('TOWER_INVALID_SETTING', `${name} is not a setting (from ${from})`, {
    ...(closest === undefined
      ? {}
      : {
          hint: `Did you mean ${closest}? \`bartizan config --template\` lists all settings.`,
        }),
    facts: {setting: name, origin: from},
  });
}
