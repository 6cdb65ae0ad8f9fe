import {readFile} from 'node:fs/promises';
import {parse, TomlError} from 'smol-toml';
import {OperationalError} from '../errors/index.js';

/** A configuration file: its values as they stand, and where each stands. */
export interface SettingsFile {
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** 1-based; undefined where the key is written in an unusual way. */
  lineOf(name: string): number | undefined;
}

/**
 * Reads a configuration file; undefined when there is none.
 * @throws OperationalError TOWER_FILE_FAILED, TOWER_INVALID_SETTING when it is not TOML.
 */
export async function readSettingsFile(path: string): Promise<SettingsFile | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (isNowhere(cause as NodeJS.ErrnoException)) return undefined;
    throw new OperationalError('TOWER_FILE_FAILED', `the configuration file ${path} cannot be read`, {cause, exit: 2});
  }
  const lines = text.split('\n');
  return {
    path,
    values: parseToml(path, text),
    lineOf(name) {
      const index = lines.findIndex((line) =>
        new RegExp(`^\\s*(["']?)${name}\\1\\s*=|^\\s*\\[+\\s*${name}\\b`).test(line),
      );
      return index < 0 ? undefined : index + 1;
    },
  };
}

/** No file has this name, or what is to be its folder is a file itself. */
const isNowhere = ({code}: NodeJS.ErrnoException): boolean => code === 'ENOENT' || code === 'ENOTDIR';

function parseToml(path: string, text: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // Only the first line, and no `cause`: the rest quotes the file, which may hold a password.
    const reason = error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '');
    throw new OperationalError(
      'TOWER_INVALID_SETTING',
      `${path}:${error.line}:${error.column} is not TOML: ${reason}`,
      {
        facts: {origin: `${path}:${error.line}`},
        hint: 'Write one `name = value` a line, with text in quotes; `bartizan config --template` shows how.',
      },
    );
  }
}
