import type {Facts, LoggedEvent} from '../../daemon/observation/logged-event.js';

/** One way to write the log. */
export interface LogWriter {
  /** @param more what the line of the event says besides */
  event(event: LoggedEvent, more: Facts): void;
  /** Something works, but may not be what was meant. */
  warning(warning: string): void;
  /** Something went wrong that nobody foresaw; the tower goes on. */
  defect(error: unknown): void;
  /** Why the tower ends. Answers whether it was written, and need not be told otherwise. */
  failure(error: unknown): boolean;
}
