import {setTimeout as sleep} from 'node:timers/promises';
import {type Activity, maxWaitMs} from '../../api/observation/activity.js';
import type {ObservationClient} from '../../api/observation/observation-client.js';
import {type BartizanError, OperationalError} from '../../errors/index.js';

/** A tower that answers, or one that does not any more. */
export type Update =
  | ({readonly running: true} & Activity)
  | {
      readonly running: false;
      /** ISO 8601: when it was noticed. */
      readonly since: string;
      readonly code: string;
      readonly error: string;
      readonly hint: string;
    };

/** Twice a second is as much as an eye follows. */
const pauseMs = 500;
/** While requests come in, so that their rate is seen to fall, too. */
const busyWaitMs = 1_000;
/** How often a tower that is gone is looked for. */
const retryMs = 1_000;

/** A tower is asked once; whether it is there is known then. */
export async function current(client: ObservationClient, signal: AbortSignal): Promise<Update> {
  return {running: true, ...(await client.activity({after: undefined, waitMs: 0, signal}))};
}

/**
 * What a tower does, as it changes, until the signal ends it. The tower itself holds the question back while nothing
 * happens. When it stops that is told once; when it comes back, or another in its place, it goes on.
 */
export async function* updates(client: ObservationClient, signal: AbortSignal): AsyncGenerator<Update> {
  let last: Update | undefined;
  while (!signal.aborted) {
    try {
      const update: Update = last?.running === true ? await next(client, last, signal) : await current(client, signal);
      if (last?.running !== true || update.running !== true || isNews(update, last)) yield update;
      last = update;
      await pause(pauseMs, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof OperationalError)) throw error;
      if (last?.running !== false) yield (last = gone(error));
      await pause(retryMs, signal);
    }
  }
}

async function next(client: ObservationClient, last: Activity, signal: AbortSignal): Promise<Update> {
  const waitMs = last.requestsPerSecond > 0 ? busyWaitMs : maxWaitMs;
  return {running: true, ...(await client.activity({after: last.change, waitMs, signal}))};
}

const isNews = (update: Activity, last: Activity): boolean =>
  update.pid !== last.pid || update.change !== last.change || update.requestsPerSecond !== last.requestsPerSecond;

const gone = ({code, message, hint}: BartizanError): Update => ({
  running: false,
  since: new Date().toISOString(),
  code,
  error: message,
  hint,
});

/** Without a word when it is ended. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, {signal}).catch(() => undefined);
}
