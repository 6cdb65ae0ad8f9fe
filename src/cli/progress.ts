import type {Io} from './io.js';

/** Long work that tells how far it is. */
export interface Progress {
  /** @param to where it ends, if that has changed */
  update(done: number, to?: number): void;
  end(): void;
}

interface Work {
  /** What is being done, such as `connecting blocks`. */
  readonly label: string;
  readonly from: number;
  readonly to: number;
}

/** Where there is no terminal, a line is written so often at most: short work passes without one. */
const lineMs = 5_000;

/** A bar on a terminal, otherwise an occasional line. */
export async function startProgress(io: Io, work: Work): Promise<Progress> {
  return io.logIsTerminal ? bar(work) : lines(io, work);
}

async function bar({label, from, to}: Work): Promise<Progress> {
  const {SingleBar, Presets} = (await import('cli-progress')).default;
  const format = `${label} {bar} {percentage}% | {value}/{total} | {eta_formatted} left`;
  const single = new SingleBar({stream: process.stderr, clearOnComplete: true, format}, Presets.shades_classic);
  single.start(to, from);
  return {
    update(done, total) {
      if (total !== undefined) single.setTotal(total);
      single.update(done);
    },
    end: () => single.stop(),
  };
}

function lines(io: Io, {label, to}: Work): Progress {
  let toldMs = performance.now();
  return {
    update(done, total = to) {
      if (performance.now() - toldMs < lineMs) return;
      toldMs = performance.now();
      io.log(`${label}: ${done} of ${total}`);
    },
    end: () => undefined,
  };
}
