export const firstMs = 100;
export const longestMs = 30_000;

/** How long to wait before a process is started again, after so many have ended one after the other. */
export const restartPauseMs = (crashes: number): number =>
  crashes <= 1 ? 0 : Math.min(longestMs, firstMs * 2 ** (crashes - 2));
