import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {ChainSource} from '../chain/chain-source.js';
import {parseFixture} from '../chain/fixture.js';
import type {Network} from '../chain/network.js';
import {SimulatedChain} from '../chain/simulated-chain.js';
import {systemTimers} from '../chain/timers.js';
import {unreadableFile} from '../errors/index.js';
import {printable} from '../errors/printable.js';
import {type PlaybackOptions, playTape} from '../sim/tape/playback.js';
import type {Tape} from '../sim/tape/tape-reader.js';
import {countInWords, plural} from '../sim/timeline/heights.js';
import type {Divergence} from '../sim/tape/event-check.js';
import {type Replayed, replayTape} from '../sim/tape/replay.js';
import {LevelStore} from '../store/level-store.js';
import {brief} from './brief.js';
import type {Io} from './io.js';
import type {Paint} from './paint.js';
import {loadProgress} from './progress.js';
import {makeScratchFolder} from './scratch-folder.js';
import {columns} from './table.js';
import {openTape, withPath} from './tape-file.js';

export interface TapeReplayOutput {
  readonly tape: string;
  readonly network: Network;
  /** Version of Bartizan that has made the tape. */
  readonly madeBy: string;
  readonly startHeight: number;
  /** Events on the tape, and those of them that went as it says. */
  readonly events: number;
  readonly replayed: number;
  readonly height: number;
  readonly hash: string;
  /** Of the state at the end; null when it was not reached. */
  readonly digest: string | null;
  readonly divergence: Divergence | null;
}

/** What the tower of a tape is to live through again. */
export interface Surroundings {
  /** File of a fixture chain with every block of the tape; without it only what was decided is decided anew. */
  readonly blocks?: string | undefined;
  readonly chain: 'simulated' | 'fake-bitcoind';
}

/** Replays a tape on a store of its own, on disk: however many users it tells of, memory stays as it is. */
export async function replayTapeFile(file: string, io: Io, surroundings: Surroundings): Promise<TapeReplayOutput> {
  const tape = await openTape(file);
  const {network, bartizan: madeBy, start, events} = tape.head;
  const scratch = await makeScratchFolder();
  const progress = (await loadProgress(io))('replaying events', events);
  try {
    const rows = await LevelStore.open(join(scratch.path, 'store'));
    try {
      const tell = (done: number, total: number) => progress.update(done, total);
      const replayed = await (surroundings.blocks === undefined
        ? replayTape(tape, {rows, tell})
        : playOn(tape, surroundings.blocks, surroundings.chain, {rows, tell}));
      const {tip, digest, divergence} = replayed;
      const heights = {startHeight: start.height, events, replayed: replayed.events};
      return {tape: file, network, madeBy, ...heights, ...tip, digest, divergence};
    } finally {
      await rows.close();
    }
  } catch (error) {
    throw withPath(file, error);
  } finally {
    progress.end();
    await scratch.release();
  }
}

async function playOn(
  tape: Tape,
  path: string,
  on: Surroundings['chain'],
  options: Pick<PlaybackOptions, 'rows' | 'tell'>,
): Promise<Replayed> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw unreadableFile(path, cause);
  });
  const blocks = parseFixture(text, path).blocks.map(({raw}) => raw);
  const chain = new SimulatedChain({seed: 'nothing is mined'});
  const source = on === 'simulated' ? chain : await fakeSource(chain);
  return playTape(tape, {...options, chain, source, blocks});
}

async function fakeSource(chain: SimulatedChain): Promise<ChainSource> {
  const {openFakeSource} = await import('../chain/bitcoind/fake/index.js');
  return openFakeSource({chain, timers: systemTimers}).source;
}

export function renderTapeReplay(output: TapeReplayOutput, paint: Paint): string {
  const {tape, network, madeBy, startHeight, events, replayed, height, hash, digest, divergence} = output;
  const lines = [
    `${tape}: ${plural(events, 'event')} of ${network}, from height ${startHeight} on, by Bartizan ${printable(madeBy)}`,
    '',
  ];
  if (divergence) {
    const {event, height: at, what, onTape, now} = divergence;
    lines.push(
      paint('red', `event ${event}, at height ${at}, goes otherwise: ${what}`),
      ...(onTape ? [`  on the tape: ${brief(onTape)}`] : []),
      ...(now ? [`  now:         ${brief(now)}`] : []),
      '',
    );
  }
  lines.push(
    ...columns([
      [
        'replayed',
        replayed === events
          ? 'every event, as the tape says'
          : `${countInWords(replayed)} of ${countInWords(events)} events`,
      ],
      ['tip', `${height}  ${hash}`],
      ...(digest === null ? [] : [['digest', `${digest}${divergence ? '' : ', as on the tape'}`]]),
    ]),
  );
  return lines.join('\n');
}
