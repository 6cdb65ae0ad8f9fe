import type {SourceStateName} from '../../chain/source-state.js';
import type {Activity} from './activity.js';

/** What probes, collectors of metrics and people who watch are told of a tower. */
export interface ObservedTower {
  health(): Health;
  metrics(): Promise<MetricsText>;
  /** Answers once there has been another change than `after`, or after `waitMs`. */
  activity(asked: {readonly after: number; readonly waitMs: number}): Promise<Activity>;
}

export interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}

/** Whether the tower is in step with its source and takes events. */
export type Health = {readonly status: 'ok'} | Unhealthy;

export interface Unhealthy {
  /** `behind`: it will be in step by itself. `waiting`: its node has to come back first. `halted`: you have to help. */
  readonly status: 'behind' | 'waiting' | 'halted';
  readonly state: SourceStateName;
  /** In words. */
  readonly reason: string;
  /** What to do, in words. */
  readonly next: string;
  /** The code of the error that is the reason, if one is. */
  readonly code: string | null;
}
