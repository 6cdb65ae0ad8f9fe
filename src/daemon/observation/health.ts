import type {Health, Unhealthy} from '../../api/observation/observed-tower.js';
import type {ChainHeader} from '../../chain/header.js';
import type {SourceState, SourceStateName} from '../../chain/source-state.js';
import type {BartizanError} from '../../errors/index.js';

interface Condition {
  readonly state: SourceState;
  /** Why the tower takes no more events, if it does not. */
  readonly halted: BartizanError | undefined;
  readonly tip: Pick<ChainHeader, 'height'> | undefined;
}

/** What a probe is told. It reads what is in memory, and costs nothing. */
export function healthOf({state, halted, tip}: Condition): Health {
  if (halted !== undefined) return unhealthy('halted', 'halted', halted);
  if (state.name === 'synced') return {status: 'ok'};
  if (state.error !== undefined) return unhealthy(statusOf(state.name), state.name, state.error);
  const {reason, next} = wordsOf(state, tip?.height);
  return {status: statusOf(state.name), state: state.name, reason, next, code: null};
}

function unhealthy(status: Unhealthy['status'], state: SourceStateName, error: BartizanError): Unhealthy {
  return {status, state, reason: error.message, next: error.hint, code: error.code};
}

function statusOf(name: SourceStateName): Unhealthy['status'] {
  if (name === 'halted') return 'halted';
  return name === 'starting' || name === 'catching_up' ? 'behind' : 'waiting';
}

function wordsOf({name, sourceHeight}: SourceState, tipHeight = 0): {reason: string; next: string} {
  if (name === 'starting') {
    return {reason: 'the tower has not heard of its source yet', next: 'Wait: it has just been started.'};
  }
  if (name === 'catching_up') {
    const reason = `blocks are being connected: ${tipHeight} of ${sourceHeight ?? 'an unknown number'}`;
    return {reason, next: 'Wait: it catches up by itself.'};
  }
  if (name === 'ibd') {
    return {reason: 'the node is in initial block download', next: 'Wait until the node has caught up.'};
  }
  return {reason: `the tower is ${name.replaceAll('_', ' ')}`, next: 'See `bartizan status`.'};
}
