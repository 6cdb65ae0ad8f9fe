import {readFile} from 'node:fs/promises';
import {OperationalError} from '../../errors/index.js';

export interface UserPassword {
  readonly user: string;
  readonly password: string;
}

/** Who we are to bitcoind. */
export interface Credentials {
  read(): Promise<UserPassword>;
  /** Told when bitcoind refused or stopped answering. Answers whether `read` may now give others. */
  forget(): boolean;
}

export const passwordCredentials = (user: string, password: string): Credentials => ({
  read: () => Promise.resolve({user, password}),
  forget: () => false,
});

/** The cookie file that bitcoind writes at each of its starts, with a new password each time. */
export function cookieCredentials(path: string): Credentials {
  let known: UserPassword | undefined;
  return {
    async read() {
      known ??= await readCookie(path);
      return known;
    },
    forget() {
      known = undefined;
      return true;
    },
  };
}

async function readCookie(path: string): Promise<UserPassword> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'is not there' : `cannot be read (${cause.code})`;
    throw new OperationalError('TOWER_BITCOIND_NO_COOKIE', `the cookie file ${path} ${why}`, {cause, retryable: true});
  });
  const colon = text.indexOf(':');
  // bitcoind may be just about to write it.
  if (colon < 0) {
    throw new OperationalError('TOWER_BITCOIND_NO_COOKIE', `the file ${path} is not a cookie of bitcoind`, {
      retryable: true,
    });
  }
  return {user: text.slice(0, colon), password: text.slice(colon + 1).trimEnd()};
}

/**
 * Takes `http://user:password@host:port` apart, so that the password is in no text that names the URL.
 * @throws OperationalError TOWER_INVALID_SETTING; the message does not repeat the URL.
 */
export function splitRpcUrl(text: string): {url: string; credentials: Credentials | undefined} {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const user = decoded(url?.username);
  const password = decoded(url?.password);
  const isPlain = url !== undefined && ['http:', 'https:'].includes(url.protocol) && url.pathname === '/';
  if (!isPlain || user === undefined || password === undefined) {
    throw new OperationalError('TOWER_INVALID_SETTING', 'the RPC URL must look like http://user:password@host:port');
  }
  const named = user !== '' || password !== '';
  return {url: url.origin, credentials: named ? passwordCredentials(user, password) : undefined};
}

/** Undefined where a percent sign is followed by something else than two hex digits. */
function decoded(text = ''): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
