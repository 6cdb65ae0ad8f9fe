import type {Io} from './io.js';

/** Long work that tells how far it is. */
export interface Progress {
  update(done: number): void;
  end(): void;
}

interface Work {
  /** What is being done, such as `connecting blocks`. */
  readonly label: string;
  readonly from: number;
  readonly to: number;
}

/** Where there is no terminal, a line is written each time so much more of the work is done. */
const linesPerWork = 10;

/** A bar on a terminal, otherwise an occasional line. */
export async function startProgress(io: Io, work: Work): Promise<Progress> {
  return io.logIsTerminal ? bar(work) : lines(io, work);
}

async function bar({label, from, to}: Work): Promise<Progress> {
  const {SingleBar, Presets} = (await import('cli-progress')).default;
  const format = `${label} {bar} {percentage}% | {value}/{total} | {eta_formatted} left`;
  const single = new SingleBar({stream: process.stderr, clearOnComplete: true, format}, Presets.shades_classic);
  single.start(to, from);
  return {update: (done) => single.update(done), end: () => single.stop()};
}

function lines(io: Io, {label, from, to}: Work): Progress {
  let told = 0;
  return {
    update(done) {
      const step = Math.floor(((done - from) / (to - from)) * linesPerWork);
      if (step <= told) return;
      told = step;
      io.log(`${label}: ${done} of ${to}`);
    },
    end: () => undefined,
  };
}
