import type {BartizanError, ErrorCode} from '../errors/index.js';

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

const waiting: Partial<Record<ErrorCode, SourceStateName>> = {
  TOWER_BITCOIND_WARMING_UP: 'warming_up',
  TOWER_NODE_BEHIND: 'stalled',
};

/** The state that an error of the source leads to. */
export function stateAfter(error: BartizanError, retryable: boolean): SourceStateName {
  return retryable ? (waiting[error.code] ?? 'waiting_for_node') : 'halted';
}
