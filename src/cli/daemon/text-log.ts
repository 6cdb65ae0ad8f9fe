import {blocksInWords, plural} from '../../sim/timeline/heights.js';
import type {Facts, LoggedEvent} from '../../daemon/observation/logged-event.js';
import type {StateChanged} from '../../tower/events.js';
import {type Io, warningTo} from '../io.js';
import type {Progress, StartProgress} from '../progress.js';
import {renderError} from '../render-error.js';
import type {LogWriter} from './log-writer.js';
import {plainLine, prettyLine} from './log-line.js';

/** Fewer blocks than this are quicker read as lines than as a bar. */
const barBlocks = 100;

/** For grep: a line of `name=value` an event. */
export class TextLog implements LogWriter {
  readonly warning: (warning: string) => void;
  protected readonly io: Io;
  protected readonly now: () => Date;

  constructor(io: Io, now: () => Date) {
    this.io = io;
    this.now = now;
    this.warning = warningTo(io);
  }

  event(event: LoggedEvent, more: Facts): void {
    this.io.log(plainLine(event, this.now(), more));
  }

  defect(error: unknown): void {
    this.io.log(renderError(error, this.io.paintLog));
  }

  /** Whoever called the command tells it. */
  failure(): boolean {
    return false;
  }
}

interface CatchUp {
  readonly progress: Progress;
  readonly from: number;
  readonly to: number;
  blocks: number;
  deletedUsers: number;
}

/** For people: lines in columns. A long catch-up shows a bar instead of thousands of lines, and one line that sums it up. */
export class PrettyLog extends TextLog {
  readonly #startProgress: StartProgress;
  #catchUp: CatchUp | undefined;

  constructor(io: Io, now: () => Date, startProgress: StartProgress) {
    super(io, now);
    this.#startProgress = startProgress;
  }

  override event(event: LoggedEvent, more: Facts): void {
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
    this.io.log(prettyLine(event, this.now(), this.io.paintLog, more));
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
    this.io.log(`connected ${blocksInWords(blocks)}, deleted ${plural(deletedUsers, 'user')}`);
  }
}
