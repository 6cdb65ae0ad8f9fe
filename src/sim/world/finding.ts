import type {Rejection} from '../../errors/index.js';
import type {Tower} from '../../tower/tower.js';
import type {Cast} from './cast.js';
import type {Roster} from './roster.js';

/** How an expectation compares with what is committed. */
export interface Finding {
  readonly met: boolean;
  /** What was expected, as a clause: `alice is active: slots 96`. */
  readonly claim: string;
  /** What is, where it differs. */
  readonly actual: string;
  /** Where a request was refused that was expected to be accepted. */
  readonly refusal?: Rejection;
}

/** The tower, and whom and what the story calls by name. */
export interface Story {
  readonly tower: Tower;
  readonly cast: Cast;
  readonly roster: Roster;
}
