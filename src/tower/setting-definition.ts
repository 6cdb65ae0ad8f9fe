import {z} from 'zod';

/** Sections of the configuration file and its page, in their order. */
export type SettingGroup =
  'Tower' | 'API' | 'Log and metrics' | 'Subscriptions' | 'Authorization' | 'bitcoind' | 'Simulated chain';

export const maxPort = 65_535;

interface About<Value> {
  /** The value when nobody sets it. */
  readonly fallback: Value;
  readonly group: SettingGroup;
  /** One line, no full stop. */
  readonly meaning: string;
  /** Never shown. */
  readonly secret?: true;
  /** A path: `~` and relative paths are resolved. */
  readonly path?: true;
}

/** One setting: what it accepts, what it is when nobody sets it, and what it is for. */
export interface SettingDefinition<Value extends string | number = string | number> extends About<Value> {
  readonly schema: z.ZodType<Value>;
  readonly kind: 'text' | 'integer' | 'choice';
  /** The accepted values in words; completes "must be ...". */
  readonly expected: string;
  /** A URL that may name user and password, which are not shown. */
  readonly url?: true;
}

export const integer = (range: {from: number; to: number}, about: About<number>): SettingDefinition<number> => ({
  schema: z.int().min(range.from).max(range.to),
  kind: 'integer',
  expected: `a whole number from ${range.from} to ${range.to}`,
  ...about,
});

export const text = (about: About<string>): SettingDefinition<string> => ({
  schema: z.string(),
  kind: 'text',
  expected: 'text',
  ...about,
});

export const host = (about: About<string>): SettingDefinition<string> => ({
  ...text(about),
  schema: z.string().regex(/^(?:[\w.-]+|\[?[\da-f:.]+(?:%\w+)?\]?)$/i),
  expected: 'a host name or an IP address',
});

export const url = (about: About<string>): SettingDefinition<string> => ({
  ...text(about),
  schema: z.string().refine(isHttpUrl),
  expected: 'an http:// or https:// URL',
  url: true,
});

export const choice = <const Value extends string>(
  values: readonly Value[],
  about: About<NoInfer<Value>>,
  aliases: Readonly<Record<string, Value>> = {},
): SettingDefinition<Value> => ({
  schema: z.preprocess((value) => (typeof value === 'string' ? (aliases[value] ?? value) : value), z.enum(values)),
  kind: 'choice',
  expected: `one of ${values.join(', ')}`,
  ...about,
});

function isHttpUrl(value: string): boolean {
  return value === '' || (URL.canParse(value) && ['http:', 'https:'].includes(new URL(value).protocol));
}
