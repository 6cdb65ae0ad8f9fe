import {
  type Facts,
  isTraffic,
  levelOf,
  type LoggedEvent,
  type LogLevel,
  logLevels,
  type TrafficType,
} from '../../daemon/observation/logged-event.js';
import type {TowerSettings} from '../../tower/settings.js';
import type {Io} from '../io.js';
import {loadProgress} from '../progress.js';
import {JsonLog} from './json-log.js';
import type {LogWriter} from './log-writer.js';
import {PrettyLog, TextLog} from './text-log.js';

interface LogOptions {
  readonly format: TowerSettings['logFormat'];
  readonly level: LogLevel;
  /** Whether the command was asked for JSON. */
  readonly json?: boolean;
  /** @default the system's */
  readonly now?: () => Date;
}

/** The log of a daemon, on stderr: a line an event, in one of three forms. */
export class EventLog {
  readonly #writer: LogWriter;
  readonly #lowest: number;
  #traffic: Partial<Record<TrafficType, number>> = {};

  private constructor(writer: LogWriter, level: LogLevel) {
    this.#writer = writer;
    this.#lowest = logLevels.indexOf(level);
  }

  static async open(io: Io, {format, level, json = false, now = () => new Date()}: LogOptions): Promise<EventLog> {
    const chosen = format !== 'auto' ? format : io.logIsTerminal && !json ? 'pretty' : 'json';
    if (chosen === 'json') return new EventLog(new JsonLog(io, level, now), level);
    if (chosen === 'text') return new EventLog(new TextLog(io, now), level);
    return new EventLog(new PrettyLog(io, now, await loadProgress(io)), level);
  }

  /** What users do all day has a line of its own at level debug only; the line of the next block counts it. */
  readonly event = (event: LoggedEvent): void => {
    const {type} = event;
    if (isTraffic(type)) this.#traffic[type] = (this.#traffic[type] ?? 0) + 1;
    const counted = event.type === 'block_connected' ? this.#countedTraffic() : {};
    if (this.#isWanted(levelOf(event))) this.#writer.event(event, counted);
  };

  readonly warning = (warning: string): void => {
    if (this.#isWanted('warn')) this.#writer.warning(warning);
  };

  readonly defect = (error: unknown): void => this.#writer.defect(error);

  readonly failure = (error: unknown): boolean => this.#writer.failure(error);

  #isWanted(level: LogLevel): boolean {
    return logLevels.indexOf(level) >= this.#lowest;
  }

  /** What has come since the last block. */
  #countedTraffic(): Facts {
    const {user_registered: registrations, subscription_renewed: renewals, receipt_issued: receipts} = this.#traffic;
    const {appointment_added: appointmentsAdded, appointment_updated: appointmentsUpdated} = this.#traffic;
    this.#traffic = {};
    return {registrations, renewals, receipts, appointmentsAdded, appointmentsUpdated};
  }
}
