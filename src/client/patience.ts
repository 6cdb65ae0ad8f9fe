import {setTimeout as delay} from 'node:timers/promises';
import type {CallOptions} from './connection.js';
import {TowerRefusal} from './errors.js';

/** Whoever says "too often" says when to come back; more patience than this is not asked for by any tower. */
const longestPauseSeconds = 60;
/** A tower that still says so after this many pauses has no time for us. */
const maxPauses = 10;

/** Calls again whoever says "too often", when the pause is over. */
export async function patiently<Answer>(call: () => Promise<Answer>, {signal}: CallOptions): Promise<Answer> {
  for (let pauses = 0; ; pauses++) {
    try {
      return await call();
    } catch (error) {
      const isTooOften = error instanceof TowerRefusal && error.httpStatus === 429;
      if (!isTooOften || pauses === maxPauses) throw error;
      const seconds = Math.min(error.retryAfterSeconds ?? 1, longestPauseSeconds);
      await delay(seconds * 1_000, undefined, signal === undefined ? {} : {signal}).catch(() =>
        signal?.throwIfAborted(),
      );
    }
  }
}
