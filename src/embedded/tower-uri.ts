import {OperationalError} from '../errors/index.js';
import {checkUriSettings} from '../tower/settings.js';

/** What a URI says of the tower that it opens. */
export interface TowerUri {
  /** Settings by name, the data directory among them. */
  readonly settings: Readonly<Record<string, string>>;
  /** What it says in vain, in sentences. */
  readonly warnings: readonly string[];
}

/** Parameters of OctoDB's URIs that are no settings: each judges its value. */
const parameters: Readonly<Record<string, (value: string) => string | undefined>> = {
  node(value) {
    if (value === 'primary') return undefined;
    throw invalid('node', `node is ${JSON.stringify(value)}, but a tower is always the primary`, {
      hint: 'Leave node out, or write node=primary. What OctoDB calls a secondary is a device that asks the tower.',
    });
  },
  bind(value) {
    if (!/^tcp:\/\/.+:\d+$/.test(value)) {
      throw invalid('bind', `bind is ${JSON.stringify(value)}, but must be an address like tcp://0.0.0.0:1234`);
    }
    return `nothing listens on ${value}: a tower is the only node of its database, so there is no port for others`;
  },
};

/**
 * Parses `file:PATH?name=value&name=value`: the data directory and any setting, as SQLite writes its URIs
 * (https://sqlite.org/uri.html). `%` and two hex digits stand for a byte of UTF-8; `+` is itself.
 *
 * @throws OperationalError TOWER_INVALID_SETTING naming the place
 */
export function parseTowerUri(uri: string): TowerUri {
  if (!uri.startsWith('file:')) {
    throw invalid('uri', 'the URI does not begin with file:', {hint: 'Write file:tower.db?node=primary&auth=user'});
  }
  if (uri.includes('#')) {
    throw invalid('uri', 'the URI holds a #, which begins a fragment', {hint: 'Write %23 for a # in a name or value.'});
  }
  const question = uri.indexOf('?');
  const path = uri.slice('file:'.length, question < 0 ? undefined : question);
  const settings: [name: string, value: string][] = [['data_dir', pathOf(path)]];
  const warnings: string[] = [];
  const seen = new Set(['data_dir']);
  for (const [name, value] of question < 0 ? [] : pairsOf(uri.slice(question + 1))) {
    if (seen.has(name)) {
      const before = name === 'data_dir' ? 'data_dir is what the path of the URI names' : `${name} stands there twice`;
      throw invalid(name, before, {hint: 'Say it once.'});
    }
    seen.add(name);
    const judge = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    const warning = judge?.(value);
    if (warning !== undefined) warnings.push(warning);
    if (judge === undefined) settings.push([name, value]);
  }
  const all = Object.fromEntries(settings);
  checkUriSettings(all);
  return {settings: all, warnings};
}

/** An authority may stand before an absolute path, but it can only be this computer. */
function pathOf(text: string): string {
  const [, authority, path = text] = /^\/\/([^/]*)(\/.*)?$/s.exec(text) ?? [];
  if (authority !== undefined && authority !== '' && authority !== 'localhost') {
    throw invalid('data_dir', `the URI names the computer ${JSON.stringify(authority)}, but the tower is on this one`, {
      hint: 'Write file:folder or file:///folder.',
    });
  }
  const decoded = decode(path, 'the path');
  if (decoded === '' || /^\/\/[^/]*$/.test(path)) throw invalid('data_dir', 'the URI names no data directory');
  return decoded;
}

function* pairsOf(query: string): Iterable<[name: string, value: string]> {
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals), 'a name');
    // The value stays out of the message: it may be a password.
    if (equals < 0 || name === '') {
      throw invalid(name, `${name === '' ? 'a parameter' : name} is not written as name=value`);
    }
    yield [name, decode(pair.slice(equals + 1), name)];
  }
}

function decode(text: string, what: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    throw invalid(what, `${what} holds a % that is not followed by the hex digits of UTF-8`, {
      hint: 'Write %25 for a %.',
    });
  }
  if (decoded.includes('\0')) throw invalid(what, `${what} holds a zero byte`);
  return decoded;
}

function invalid(setting: string, message: string, more: {readonly hint?: string} = {}): OperationalError {
  return new OperationalError('TOWER_INVALID_SETTING', `${message} (from the URI)`, {
    ...more,
    facts: {setting, origin: 'the URI'},
  });
}
