import {constants} from 'node:os';

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';
const stopSignals: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Calls `handle` with the first signal to stop, and with no other. @returns what takes that back */
export function onStopSignal(handle: (signal: StopSignal) => void): () => void {
  const removals = stopSignals.map((signal) => {
    const handler = () => {
      remove();
      handle(signal);
    };
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  const remove = () => {
    for (const removeOne of removals) removeOne();
  };
  return remove;
}

/**
 * Resolves with the first signal to stop. A second one ends the process at once, as it would any other: whoever sends
 * it has waited long enough.
 */
export const stopSignal = (): Promise<StopSignal> => new Promise((resolve) => void onStopSignal(resolve));

/** As a shell counts an end by signal. */
export const statusOf = (signal: StopSignal): SignalStatus => (128 + constants.signals[signal]) as SignalStatus;
export type SignalStatus = 129 | 130 | 143;
