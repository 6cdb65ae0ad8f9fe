import {readFile, stat} from 'node:fs/promises';
import {generateSecretKey, SigningKey} from '../crypto/signing-key.js';
import {OperationalError} from '../errors/index.js';
import {writeWhole} from '../files/durable.js';

/**
 * The tower's secret key: 32 bytes in hex, in a file that only its owner can read. It is made on the first run.
 *
 * @param options `create`: whether it may be the first run. Promises signed with a key that is lost are not to be
 *   followed, without a word, by others signed with a new one.
 * @throws OperationalError TOWER_INVALID_KEY when the file is missing, does not hold a key, or others can read it;
 * TOWER_FILE_FAILED
 */
export async function loadKey(path: string, {create}: {readonly create: boolean}): Promise<SigningKey> {
  const stored = await readKey(path);
  if (stored === undefined && !create) {
    throw new OperationalError('TOWER_INVALID_KEY', `${path}, the key of a tower that has begun, is not there`);
  }
  return stored ?? makeKey(path);
}

/**
 * A key that is kept as the tower's is: 32 bytes in hex, in a file that only its owner can read.
 * @returns undefined when there is no such file
 * @throws OperationalError TOWER_INVALID_KEY, TOWER_FILE_FAILED
 */
export async function readKey(path: string): Promise<SigningKey | undefined> {
  const text = await readKeyFile(path);
  if (text === undefined) return undefined;
  if (!/^[0-9a-f]{64}\s*$/i.test(text)) {
    throw new OperationalError('TOWER_INVALID_KEY', `${path} does not hold 32 bytes in hex`);
  }
  try {
    return new SigningKey(Buffer.from(text.trim(), 'hex'));
  } catch (cause) {
    if (!(cause instanceof OperationalError)) throw cause;
    throw new OperationalError(cause.code, `${path} holds no key: ${cause.message}`);
  }
}

/**
 * Makes a key and its file, in the place of one that may be there.
 * @throws OperationalError TOWER_FILE_FAILED
 */
export async function makeKey(path: string): Promise<SigningKey> {
  const secret = generateSecretKey();
  await createKeyFile(path, `${Buffer.from(secret).toString('hex')}\n`);
  return new SigningKey(secret);
}

async function readKeyFile(path: string): Promise<string | undefined> {
  try {
    const {mode} = await stat(path);
    if ((mode & 0o077) !== 0) {
      throw new OperationalError('TOWER_INVALID_KEY', `${path} can be read by others than its owner`, {
        hint: `Run: chmod 600 ${path}`,
      });
    }
    return await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (cause instanceof OperationalError) throw cause;
    throw new OperationalError('TOWER_FILE_FAILED', `${path} cannot be read`, {cause});
  }
}

/** The key is whole and on disk before it has its name: a tower killed on its first run must not leave half a key. */
async function createKeyFile(path: string, text: string): Promise<void> {
  try {
    await writeWhole(path, text);
  } catch (cause) {
    throw new OperationalError('TOWER_FILE_FAILED', `the key cannot be written to ${path}`, {cause});
  }
}
