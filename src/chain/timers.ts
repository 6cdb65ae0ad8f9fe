/** Timers are handed in, so that a simulation can own time. */
export interface Timers {
  /** Milliseconds that only grow; for measuring, never for deciding. */
  nowMs(): number;
  /** Calls `fire` once after `ms`. Answers the function that cancels it. */
  after(ms: number, fire: () => void): () => void;
}

export const systemTimers: Timers = {
  nowMs: () => performance.now(),
  after(ms, fire) {
    const timer = setTimeout(fire, ms);
    return () => clearTimeout(timer);
  },
};
