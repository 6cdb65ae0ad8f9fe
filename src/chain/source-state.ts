import type {BartizanError} from '../errors/index.js';

export type SourceStateName =
  'starting' | 'waiting_for_node' | 'warming_up' | 'ibd' | 'catching_up' | 'synced' | 'stalled' | 'halted';

/** Where the tower stands with its source. */
export interface SourceState {
  readonly name: SourceStateName;
  /** The source's own tip height, when it has told. */
  readonly sourceHeight?: number;
  /** Why it waits, is stalled or halted. */
  readonly error?: BartizanError;
}
