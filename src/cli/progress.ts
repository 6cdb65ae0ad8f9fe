import type {Io} from './io.js';

/** Long work that tells how far it is. */
export interface Progress {
  update(done: number, total: number): void;
  end(): void;
}

/** Begins to tell of work, such as `connecting blocks`. */
export type StartProgress = (label: string, total: number) => Progress;

/** Where there is no terminal, a line is written so often at most: short work passes without one. */
const lineMs = 5_000;

/** A bar on a terminal, otherwise an occasional line. Loads what it needs, so that beginning is immediate. */
export async function loadProgress(io: Io): Promise<StartProgress> {
  if (!io.logIsTerminal) return (label) => lines(io, label);
  const {SingleBar, Presets} = (await import('cli-progress')).default;
  return (label, total) => {
    const format = `${label} {bar} {percentage}% | {value} of {total} | {eta_formatted} left`;
    const single = new SingleBar({stream: process.stderr, clearOnComplete: true, format}, Presets.shades_classic);
    single.start(total, 0);
    return {
      update(done, newTotal) {
        single.setTotal(newTotal);
        single.update(done);
      },
      end: () => single.stop(),
    };
  };
}

/** The same for work of which nobody knows how much there is: a number that grows. */
export async function loadCounter(io: Io): Promise<(label: string) => Progress> {
  if (!io.logIsTerminal) return (label) => lines(io, label);
  const {SingleBar} = (await import('cli-progress')).default;
  return (label) => {
    const single = new SingleBar({stream: process.stderr, clearOnComplete: true, format: `${label}: {value}`});
    single.start(0, 0);
    return {update: (done) => single.update(done), end: () => single.stop()};
  };
}

function lines(io: Io, label: string): Progress {
  let toldMs = performance.now();
  return {
    update(done, total) {
      if (performance.now() - toldMs < lineMs) return;
      toldMs = performance.now();
      io.log(total === 0 ? `${label}: ${done}` : `${label}: ${done} of ${total}`);
    },
    end: () => undefined,
  };
}
