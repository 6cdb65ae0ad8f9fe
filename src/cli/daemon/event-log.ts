import type {StateChanged} from '../../tower/events.js';
import {blocksInWords, plural} from '../../sim/heights.js';
import type {Io} from '../io.js';
import {loadProgress, type Progress, type StartProgress} from '../progress.js';
import {type LoggedEvent, plainLine, prettyLine} from './log-line.js';

/** Fewer blocks than this are quicker read as lines than as a bar. */
const barBlocks = 100;

/**
 * Writes a line an event. On a terminal a long catch-up shows a bar instead of thousands of lines, and one line that
 * sums it up; in a file every block has its line, so that the log proves what was connected.
 */
export async function eventLog(io: Io): Promise<(event: LoggedEvent) => void> {
  if (!io.logIsTerminal) return (event) => io.log(plainLine(event, new Date()));
  const log = new TerminalLog(io, await loadProgress(io));
  return (event) => log.write(event);
}

interface CatchUp {
  readonly progress: Progress;
  readonly from: number;
  readonly to: number;
  blocks: number;
  deletedUsers: number;
}

class TerminalLog {
  readonly #io: Io;
  readonly #startProgress: StartProgress;
  #catchUp: CatchUp | undefined;

  constructor(io: Io, startProgress: StartProgress) {
    this.#io = io;
    this.#startProgress = startProgress;
  }

  write(event: LoggedEvent): void {
    if (event.type === 'block_connected' && this.#catchUp !== undefined) {
      const {progress, from, to} = this.#catchUp;
      this.#catchUp.blocks++;
      this.#catchUp.deletedUsers += event.deletedUsers;
      // The source may have grown meanwhile.
      progress.update(event.height - from, Math.max(to, event.height) - from);
      return;
    }
    if (event.type === 'state_changed') {
      if (event.state.name === 'catching_up' && this.#begin(event)) return;
      this.#end();
    }
    this.#io.log(prettyLine(event, new Date(), this.#io.paintLog));
  }

  /** Answers whether a bar stands for the blocks that follow. */
  #begin({state, tip}: StateChanged): boolean {
    const from = tip?.height ?? 0;
    const to = state.sourceHeight ?? 0;
    if (this.#catchUp !== undefined) return true;
    if (to - from < barBlocks) return false;
    this.#catchUp = {
      progress: this.#startProgress('connecting blocks', to - from),
      from,
      to,
      blocks: 0,
      deletedUsers: 0,
    };
    return true;
  }

  #end(): void {
    if (this.#catchUp === undefined) return;
    const {progress, blocks, deletedUsers} = this.#catchUp;
    this.#catchUp = undefined;
    progress.end();
    this.#io.log(`connected ${blocksInWords(blocks)}, deleted ${plural(deletedUsers, 'user')}`);
  }
}
