import {OperationalError} from '../errors/index.js';
import type {GatekeeperSettings} from '../gatekeeper/settings.js';
import {decisionSettingNames} from '../store/meta.js';
import {definitionOf, settingNames} from '../tower/settings-table.js';
import {closestTo} from '../tower/spelling.js';

const keys = new Map(decisionSettingNames.map((key) => [settingNames(key).name, key]));

/** Gathers every `--set` of a call. */
export const gather = (given: string, before: readonly string[] = []): string[] => [...before, given];

/**
 * Settings that decide, each as `name=value`.
 * @throws OperationalError TOWER_USAGE naming what is wrong, and what it must be
 */
export function decisionSettingsIn(given: readonly string[]): Partial<GatekeeperSettings> {
  const settings: Partial<Record<keyof GatekeeperSettings, string | number>> = {};
  for (const text of given) {
    const [name = '', value = ''] = text.split(/=(.*)/s);
    const key = keys.get(name);
    if (key === undefined) throw unknownSetting(name);
    if (key in settings) throw new OperationalError('TOWER_USAGE', `--set ${name} is given twice`);
    const {schema, kind, expected} = definitionOf(key);
    const parsed = schema.safeParse(kind === 'integer' && /^(0|[1-9]\d*)$/.test(value) ? Number(value) : value);
    if (!parsed.success) {
      throw new OperationalError('TOWER_USAGE', `--set ${name} is ${JSON.stringify(value)}, but must be ${expected}`);
    }
    settings[key] = parsed.data;
  }
  return settings as Partial<GatekeeperSettings>;
}

function unknownSetting(name: string): OperationalError {
  const names = [...keys.keys()];
  const closest = closestTo(name, names);
  return new OperationalError('TOWER_USAGE', `no setting that decides is called ${JSON.stringify(name)}`, {
    hint: closest === undefined ? `There are ${names.join(', ')}.` : `Did you mean ${closest}?`,
  });
}
