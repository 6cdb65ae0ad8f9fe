import type {Command} from 'commander';
import {OperationalError} from '../errors/index.js';
import {maxInfoBytes} from '../gatekeeper/auth/info.js';
import {givenText} from './arguments.js';
import {readInfo} from './read-text.js';
import type {Invocation} from './subcommand.js';

/** For subcommands that ask for authorization: what they have to say. */
export function defineInfo(command: Command, name: string): void {
  command.option('--info <text>', name);
  command.option(
    '--info-file <path>',
    'the same from a file, or - for stdin: it does not show in the list of processes',
  );
}

export function defineNodeInfo(command: Command): void {
  command.option('--node-info <json>', 'node_info; public_key is filled in', '{}');
}

/** @throws OperationalError TOWER_USAGE, TOWER_FILE_FAILED; Rejection TOWER_INVALID_INFO */
export async function infoOf({options, io}: Invocation): Promise<string | undefined> {
  const {info, infoFile} = options;
  if (info !== undefined && infoFile !== undefined) {
    throw new OperationalError('TOWER_USAGE', '--info and --info-file exclude each other');
  }
  if (infoFile !== undefined) return readInfo(String(infoFile), io, maxInfoBytes);
  return info === undefined ? undefined : givenText(info, '--info', 'Give it with --info-file, byte for byte.');
}

export const nodeInfoOf = ({options}: Invocation): string =>
  givenText(options['nodeInfo'], '--node-info', 'In JSON, \\ufffd stands for that character.');
