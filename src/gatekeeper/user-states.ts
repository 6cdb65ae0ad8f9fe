import type {KeyValueReader} from '../store/key-value-store.js';
import {dueOf, dueRange} from '../store/layout.js';
import type {Meta} from '../store/meta.js';
import {keyPagesOf} from '../store/pages.js';

/** Users past their expiry who are counted at most: a tower is asked for its status often. */
const countedUsers = 100_000;

/** How many users are in each state. */
export interface UserStates {
  readonly active: number;
  /** In grace. */
  readonly expired: number;
  /** Past their grace, to be deleted by the next block. */
  readonly outdated: number;
}

/** Reads the due rows of those who have expired, and of nobody else. Undefined when they are too many to count. */
export async function userStatesIn(
  rows: KeyValueReader,
  {tip, settings, progress, counters}: Meta,
): Promise<UserStates | undefined> {
  let expired = 0;
  let outdated = 0;
  if (progress.sweptExpiry < tip.height) {
    for await (const page of keyPagesOf(rows, dueRange('e', progress.sweptExpiry + 1, tip.height))) {
      for (const key of page) {
        if (tip.height >= dueOf(key).height + settings.expiryDelta) outdated++;
        else expired++;
      }
      if (expired + outdated > countedUsers) return undefined;
    }
  }
  return {active: counters.users - expired - outdated, expired, outdated};
}
