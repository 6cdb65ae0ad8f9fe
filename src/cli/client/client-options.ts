import type {Command} from 'commander';
import {dirname, join, resolve} from 'node:path';
import {makeFolder} from '../../files/folder.js';
import {defaultTimeoutMs, parseTowerAddress, type TowerAddress, TowerClient} from '../../client/index.js';
import type {SigningKey} from '../../crypto/index.js';
import {OperationalError} from '../../errors/index.js';
import {makeKey, readKey} from '../../tower/key-file.js';
import {wholeNumber} from '../arguments.js';
import type {Invocation} from '../subcommand.js';
import {type RememberedTower, rememberedTowers} from './state-folder.js';

const longestSeconds = 3_600;

export function defineKey(command: Command): void {
  command.option('--key-file <path>', 'your secret key, 32 bytes in hex (default: user.key in the state folder)');
  command.option('--state-dir <dir>', 'state folder, which holds receipts (default: ~/.bartizan/client)');
}

export function defineTower(command: Command): void {
  command.option('--tower <address>', 'the tower, as ID@HOST:PORT (default: the only one that is remembered)');
}

/** For subcommands that ask a tower something. */
export function defineClient(command: Command): void {
  defineTower(command);
  defineKey(command);
  defineTimeout(command);
}

export function defineTimeout(command: Command): void {
  command.option('--timeout <s>', `seconds to wait for the whole answer (default: ${defaultTimeoutMs / 1_000})`);
}

export function timeoutMsOf({options}: Invocation): number {
  const {timeout} = options;
  return timeout === undefined
    ? defaultTimeoutMs
    : wholeNumber(timeout, '--timeout', {from: 1, to: longestSeconds}) * 1_000;
}

/** Where receipts are kept, and whose key it is. */
export function stateDirOf({options, io}: Invocation): string {
  const given = options['stateDir'];
  return typeof given === 'string' && given !== ''
    ? resolve(io.workingDirectory, given)
    : join(io.home, '.bartizan', 'client');
}

export function keyPathOf(invocation: Invocation): string {
  const {options, io} = invocation;
  const given = options['keyFile'];
  return typeof given === 'string' && given !== ''
    ? resolve(io.workingDirectory, given)
    : join(stateDirOf(invocation), 'user.key');
}

/** @throws OperationalError TOWER_INVALID_KEY, TOWER_FILE_FAILED */
export async function keyOf(invocation: Invocation): Promise<SigningKey> {
  const path = keyPathOf(invocation);
  const key = await readKey(path);
  if (key !== undefined) return key;
  throw new OperationalError('TOWER_INVALID_KEY', `${path} is not there`, {
    hint: 'Make a key with `bartizan client key --new`, or name the file with --key-file.',
  });
}

/** Makes a key where there is none, and says so: it is all that proves who somebody is to a tower. */
export async function newKey(invocation: Invocation): Promise<SigningKey> {
  const {io} = invocation;
  const path = keyPathOf(invocation);
  try {
    await makeFolder(dirname(path));
  } catch (cause) {
    throw new OperationalError('TOWER_FILE_FAILED', `the folder of ${path} cannot be made`, {cause});
  }
  const key = await makeKey(path);
  io.log(`${io.paintLog('yellow', 'new key:')} ${path}`);
  io.log(
    `${io.paintLog('yellow', 'keep a copy:')} it is all that proves who you are to a tower; without it nobody gets your appointments`,
  );
  return key;
}

/** The tower that was named, or the only one that is remembered. */
export async function towerOf(invocation: Invocation): Promise<TowerAddress> {
  const remembered = await rememberedTowers(stateDirOf(invocation));
  const given = invocation.options['tower'];
  if (typeof given !== 'string') return onlyOne(remembered);
  const address = parseTowerAddress(given);
  if (address.towerId !== undefined) return address;
  const known = remembered.filter(({url}) => url === address.url);
  return known.length === 1 ? known[0]! : address;
}

/** The client of the tower that was named, with the key that is there or, for a registration, a new one. */
export async function clientOf(
  invocation: Invocation,
  {key}: {readonly key?: () => Promise<SigningKey>} = {},
): Promise<TowerClient> {
  const timeoutMs = timeoutMsOf(invocation);
  const {url, towerId} = await towerOf(invocation);
  if (towerId === undefined) {
    throw new OperationalError('TOWER_INVALID_ADDRESS', `the id of the tower at ${url} is missing`, {
      hint: 'Write --tower ID@HOST:PORT, with the id that the operator gives: only with it can receipts be checked.',
    });
  }
  const stateDir = stateDirOf(invocation);
  return new TowerClient({tower: url, towerId, key: await (key ?? (() => keyOf(invocation)))(), stateDir, timeoutMs});
}

function onlyOne(towers: readonly RememberedTower[]): RememberedTower {
  if (towers.length === 1) return towers[0]!;
  throw new OperationalError(
    'TOWER_USAGE',
    towers.length === 0 ? 'no tower is named, and none is remembered' : 'no tower is named, and several are remembered',
    {
      hint:
        towers.length === 0
          ? 'Name it with --tower ID@HOST:PORT; once it has taken a registration or a request, it is remembered.'
          : `Name it with --tower: ${towers.map(({towerId, url}) => `${towerId}@${new URL(url).host}`).join(', ')}`,
    },
  );
}
