import {existsSync} from 'node:fs';
import {OperationalError} from '../../errors/index.js';
import type {Subcommand} from '../subcommand.js';
import {columns} from '../table.js';
import {defineKey, keyOf, keyPathOf, newKey} from './client-options.js';

interface KeyOutput {
  readonly key: string;
  readonly path: string;
}

export const key: Subcommand<KeyOutput> = {
  define(command) {
    command.option('--new', 'make a key first');
    defineKey(command);
  },

  async run(invocation, show) {
    const path = keyPathOf(invocation);
    const isNew = invocation.options['new'] === true;
    if (isNew && existsSync(path)) {
      throw new OperationalError('TOWER_FILE_FAILED', `${path} is there already`, {
        hint: 'Leave --new out to use it, or name another file.',
      });
    }
    const {publicKey} = isNew ? await newKey(invocation) : await keyOf(invocation);
    show({key: publicKey, path});
    return 0;
  },

  render: ({key: publicKey, path}) =>
    columns([
      ['key', publicKey],
      ['file', path],
    ]).join('\n'),
};
