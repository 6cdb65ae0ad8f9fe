import {type Logger, pino} from 'pino';
import {toErrorBody} from '../../api/admin/error-body.js';
import {toWire} from '../../api/wire-names.js';
import {type Facts, factsOf, levelOf, type LoggedEvent, type LogLevel} from '../../daemon/observation/logged-event.js';
import {messageOf} from '../../errors/causes.js';
import {BartizanError} from '../../errors/index.js';
import type {Io} from '../io.js';
import {printable} from '../../errors/printable.js';
import type {LogWriter} from './log-writer.js';

/** For programs: one JSON object a line, with `level`, `time`, `event`, and the facts of the event beside them. */
export class JsonLog implements LogWriter {
  readonly #logger: Logger;

  constructor(io: Pick<Io, 'log'>, level: LogLevel, now: () => Date) {
    this.#logger = pino(
      {
        level,
        base: null,
        timestamp: () => `,"time":"${now().toISOString()}"`,
        formatters: {level: (label) => ({level: label})},
      },
      // JSON leaves characters as they are that a terminal takes for orders; escaped they are the same to a parser.
      {write: (line) => io.log(printable(line.trimEnd()))},
    );
  }

  event(event: LoggedEvent, more: Facts): void {
    const facts = Object.entries({...factsOf(event), ...more}).filter(
      ([, value]) => value !== undefined && value !== null,
    );
    this.#logger[levelOf(event)](toWire({event: event.type, ...Object.fromEntries(facts)}));
  }

  warning(warning: string): void {
    this.#logger.warn({event: 'warning', warning});
  }

  defect(error: unknown): void {
    this.#logger.error({event: 'defect', ...bodyOf(error)});
  }

  failure(error: unknown): boolean {
    this.#logger.fatal({event: 'failed', ...bodyOf(error)});
    return true;
  }
}

function bodyOf(error: unknown): object {
  const isDefect = !(error instanceof BartizanError) || error.family === 'invariant';
  const stack = isDefect && error instanceof Error ? {stack: error.stack} : {};
  return {...(error instanceof BartizanError ? toErrorBody(error) : {error: messageOf(error)}), ...stack};
}
