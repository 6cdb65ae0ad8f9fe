import {readFile} from 'node:fs/promises';
import {FixtureChain} from '../chain/fixture-chain.js';
import type {Network} from '../chain/network.js';
import {generateSecretKey, SigningKey} from '../crypto/signing-key.js';
import {OperationalError, unreadableFile} from '../errors/index.js';
import {MemoryStore} from '../store/memory-store.js';
import {Tower} from '../tower/tower.js';
import {plural} from '../sim/timeline/heights.js';
import type {Paint} from './paint.js';
import {defineTapePictures, drawTape, requireTapePictures} from './pictures.js';
import {loadProgress} from './progress.js';
import {renderTapeReplay, replayTapeFile, type Surroundings, type TapeReplayOutput} from './replay-tape.js';
import type {Subcommand} from './subcommand.js';
import {columns} from './table.js';
import {kindOfRecording} from './tape-file.js';

/** Consecutive blocks that joined or left the best chain. Disconnected ones go down: `from` is the higher. */
interface Run {
  readonly type: 'connected' | 'disconnected';
  readonly from: number;
  readonly to: number;
}

interface ReplayOutput {
  readonly file: string;
  readonly network: Network;
  /** Blocks in the file. */
  readonly blocks: number;
  readonly startHeight: number;
  readonly runs: readonly Run[];
  readonly height: number;
  readonly hash: string;
  /** SHA-256 over the state of a tower that followed the file, hex. */
  readonly digest: string;
}

export const replay: Subcommand<ReplayOutput | TapeReplayOutput> = {
  define(command) {
    command.argument('<file>', 'a tape, or a fixture chain: one raw block in hex a line, in order of arrival');
    command.option(
      '--blocks <file>',
      'with a tape: its blocks, as a fixture chain, which a whole tower is to follow again',
    );
    command.option(
      '--chain <kind>',
      'with --blocks: simulated or fake-bitcoind, through the adapter (default: simulated)',
    );
    defineTapePictures(command);
    command.addHelpText(
      'after',
      '\nA fresh tower in memory follows the chain as its blocks arrive, one after the other. Of a tape, which is told by its\n' +
        'first line, every event is decided anew and held against the tape, without any node; the first that goes otherwise\n' +
        'is named, with status 1.',
    );
  },

  async run({args, io, options}, show) {
    const file = args[0]!;
    if ((await kindOfRecording(file)) === 'tape') {
      const asked = {options, workingDirectory: io.workingDirectory};
      const surroundings = surroundingsIn(options);
      await requireTapePictures(file, asked);
      const output = await replayTapeFile(file, io, surroundings);
      await drawTape(output, asked);
      show(output);
      return output.divergence === null ? 0 : 1;
    }
    const ofTapes = ['blocks', 'chain', 'report', 'svg'].find((name) => options[name] !== undefined);
    if (ofTapes !== undefined) {
      throw new OperationalError('TOWER_USAGE', `--${ofTapes} goes with a tape, and ${file} is none`);
    }
    const text = await readFile(file, 'utf8').catch((cause: unknown) => {
      throw unreadableFile(file, cause);
    });
    const source = new FixtureChain(text, file);
    const blocks = source.remaining + 1;
    const startHeight = source.tip.height;
    const {network} = await source.identity();
    const key = new SigningKey(generateSecretKey());
    const tower = await Tower.open({rows: new MemoryStore(), source, network, key});
    const runs: Run[] = [];
    tower.on((event) => {
      if (event.type === 'block_connected') extendRuns(runs, 'connected', event.height);
      if (event.type === 'block_disconnected') extendRuns(runs, 'disconnected', event.height);
    });
    const progress = (await loadProgress(io))('replaying blocks', blocks);
    try {
      tower.start();
      await tower.synced();
      while (source.remaining > 0) {
        source.arrive();
        await tower.synced();
        progress.update(blocks - source.remaining, blocks);
      }
      const {height, hash} = tower.tip!;
      show({file, network, blocks, startHeight, runs, height, hash, digest: await tower.digest()});
      return 0;
    } finally {
      progress.end();
      await tower.close();
    }
  },

  render: (output, paint) => ('tape' in output ? renderTapeReplay(output, paint) : renderChain(output, paint)),
};

const renderChain = (
  {file, network, blocks, startHeight, runs, height, hash, digest}: ReplayOutput,
  paint: Paint,
): string =>
  [
    `${file}: ${plural(blocks, 'block')} of ${network}`,
    '',
    ...columns([['started', String(startHeight)], ...runs.map(runInWords)]).map((line, index) =>
      runs[index - 1]?.type === 'disconnected' ? paint('yellow', line) : line,
    ),
    '',
    ...columns([
      ['tip', `${height}  ${hash}`],
      ['digest', digest],
    ]),
  ].join('\n');

function surroundingsIn({blocks, chain = 'simulated'}: Readonly<Record<string, unknown>>): Surroundings {
  if (chain !== 'simulated' && chain !== 'fake-bitcoind') {
    throw new OperationalError(
      'TOWER_USAGE',
      `--chain is ${JSON.stringify(chain)}, but must be simulated or fake-bitcoind`,
    );
  }
  return {blocks: typeof blocks === 'string' ? blocks : undefined, chain};
}

function extendRuns(runs: Run[], type: Run['type'], height: number): void {
  const last = runs.at(-1);
  if (last?.type === type) runs[runs.length - 1] = {...last, to: height};
  else runs.push({type, from: height, to: height});
}

function runInWords({type, from, to}: Run): string[] {
  const range = from === to ? String(from) : `${from} to ${to}`;
  return [type, type === 'connected' ? range : `${range}, a reorg of depth ${from - to + 1}`];
}
