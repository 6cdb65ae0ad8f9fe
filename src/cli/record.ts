import {open, rm} from 'node:fs/promises';
import {recordChain, type Recording} from '../chain/bitcoind/recorder.js';
import {HttpRpc} from '../chain/bitcoind/rpc.js';
import {OperationalError} from '../errors/index.js';
import {settingKeys} from '../tower/settings-table.js';
import {wholeNumber} from './arguments.js';
import {bitcoindAccess} from '../daemon/source.js';
import {plural} from '../sim/timeline/heights.js';
import {loadProgress, type Progress} from './progress.js';
import {defineSettings, settingsOf} from './setting-options.js';
import type {Subcommand} from './subcommand.js';

interface RecordOutput extends Recording {
  readonly file: string;
}

const rpcKeys = settingKeys.filter((key) => key === 'btcNetwork' || key.startsWith('btcRpc'));
const maxHeight = 0xffff_ffff;

export const record: Subcommand<RecordOutput> = {
  define(command) {
    command.argument('<file>', 'where the fixture chain goes; must not be there yet');
    command.option('--from <height>', 'first block (default: 0)');
    command.option('--to <height>', 'last block (default: the tip)');
    command.option('--comment <text>', 'a line of comment at the head of the file');
    defineSettings(command, ['dataDir', ...rpcKeys]);
  },

  async run(invocation, show) {
    const {io, options, args} = invocation;
    const heights: {from?: number; to?: number} = {};
    for (const name of ['from', 'to'] as const) {
      if (options[name] !== undefined)
        heights[name] = wholeNumber(options[name], `--${name}`, {from: 0, to: maxHeight});
    }
    const {values} = await settingsOf(invocation);
    const rpc = new HttpRpc(await bitcoindAccess(values));
    const path = args[0]!;
    const fileFailed = (cause: unknown): never => {
      throw new OperationalError('TOWER_FILE_FAILED', `${path} cannot be written`, {cause});
    };
    const file = await open(path, 'wx').catch(fileFailed);
    let progress: Progress | undefined;
    try {
      const startProgress = await loadProgress(io);
      const comment = options['comment'];
      const recording = await recordChain({
        rpc,
        ...heights,
        ...(typeof comment === 'string' ? {comments: comment.split(/\r?\n|\r/)} : {}),
        write: (text) => file.appendFile(text).catch(fileFailed),
        progress(blocks, of) {
          progress ??= startProgress('recording blocks', of);
          progress.update(blocks, of);
        },
      });
      await file.sync().catch(fileFailed);
      show({file: path, ...recording});
      return 0;
    } catch (error) {
      // Half a recording looks like a whole one.
      await rm(path, {force: true});
      throw error;
    } finally {
      progress?.end();
      await file.close();
      rpc.close();
    }
  },

  render({file, blocks, from, to, tip, staleBlocks}) {
    const stale = staleBlocks === 0 ? '' : `, ${staleBlocks} of them stale`;
    return `recorded ${plural(blocks, 'block')}${stale}, heights ${from} to ${to}, tip ${tip}, in ${file}`;
  },
};
