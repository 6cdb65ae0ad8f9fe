import {lstat, unlink} from 'node:fs/promises';
import {connect} from 'node:net';
import {join} from 'node:path';
import {OperationalError} from '../../errors/index.js';

/** The kernel's limit for the path of a unix socket, its end mark not counted: sun_path is 108 bytes on Linux, 104 on BSD. */
const maxPathBytes = process.platform === 'linux' ? 107 : 103;

/**
 * The admin socket of a data directory.
 * @throws OperationalError TOWER_INVALID_SETTING when its path is longer than the kernel takes.
 */
export function socketPathOf(dataDir: string): string {
  const path = join(dataDir, 'admin.sock');
  const bytes = Buffer.byteLength(path);
  if (bytes <= maxPathBytes) return path;
  throw new OperationalError(
    'TOWER_INVALID_SETTING',
    `data_dir is too long: the path of its admin socket has ${bytes} bytes, and ${maxPathBytes} are the most`,
    {hint: 'Use a shorter --data-dir.', facts: {setting: 'data_dir', pathBytes: bytes, maxPathBytes}},
  );
}

/**
 * Makes the path free to listen on: removes what a killed tower has left. The caller has the store of the same data
 * directory open, so no second tower can do this at the same time.
 * @throws OperationalError TOWER_ALREADY_RUNNING when somebody listens there, TOWER_ADDRESS_IN_USE when the path is
 * taken by something that is no socket.
 */
export async function claimSocketPath(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new OperationalError('TOWER_ADDRESS_IN_USE', `${path} is needed for the admin socket and is something else`, {
      hint: 'Move it away, or use another --data-dir.',
    });
  }
  if (await answers(path)) {
    throw new OperationalError('TOWER_ALREADY_RUNNING', `a tower answers on ${path}`);
  }
  await unlink(path);
}

/** Whether somebody listens on a socket. Nobody but ECONNREFUSED says that nobody does. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ECONNREFUSED' || cause.code === 'ENOENT') resolve(false);
      else reject(new OperationalError('TOWER_ADDRESS_IN_USE', `cannot tell who has ${path}`, {cause}));
    });
  });
}
