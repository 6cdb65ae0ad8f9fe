import {open} from 'node:fs/promises';
import {OperationalError} from '../errors/index.js';

/**
 * The secret in a file, without the end of its line.
 * @param setting the one that names the file
 * @throws OperationalError TOWER_INVALID_SETTING when others than its owner can read it, or it is empty;
 * TOWER_FILE_FAILED
 */
export async function readSecretFile(path: string, setting: string): Promise<string> {
  const {mode, text} = await readFileWithMode(path);
  if ((mode & 0o077) !== 0) {
    throw new OperationalError('TOWER_INVALID_SETTING', `${path} can be read by others than its owner`, {
      facts: {setting},
      hint: `Run: chmod 600 ${path}`,
    });
  }
  const secret = text.replace(/\r?\n$/, '');
  if (secret.trim() !== '') return secret;
  throw new OperationalError('TOWER_INVALID_SETTING', `${path} holds no secret`, {
    facts: {setting},
    hint: `Put one there, such as: openssl rand -hex 32 > ${path}`,
  });
}

async function readFileWithMode(path: string): Promise<{mode: number; text: string}> {
  try {
    const file = await open(path);
    try {
      return {mode: (await file.stat()).mode, text: await file.readFile('utf8')};
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new OperationalError('TOWER_FILE_FAILED', `${path} cannot be read`, {cause});
  }
}
