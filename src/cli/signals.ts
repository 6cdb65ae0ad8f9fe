export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';
export const stopSignals: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Resolves with the first signal to stop. A second one ends the process at once, as it would any other: whoever sends
 * it has waited long enough.
 */
export function stopSignal(): Promise<StopSignal> {
  return new Promise((resolve) => {
    const handlers = stopSignals.map((signal) => {
      const handler = () => {
        for (const remove of handlers) remove();
        resolve(signal);
      };
      process.on(signal, handler);
      return () => process.off(signal, handler);
    });
  });
}
