import {Readable} from 'node:stream';
import {BartizanError, InvariantError} from '../../errors/index.js';
import {toWire} from '../wire-names.js';
import {type ErrorBody, toErrorBody} from './error-body.js';

/** What long work says, a line each: how far it is, as often as it is heard, and at last its answer or its error. */
export type Told<Progress, Answer> =
  {readonly progress: Progress} | {readonly answer: Answer} | {readonly failure: ErrorBody};

/** Ends work that nobody hears of any more. */
class NobodyListens extends Error {}

/**
 * Long work as lines of JSON. Who leaves before the end ends it, the next time that it tells how far it is.
 *
 * @param work is told how to tell; progress that nobody has heard yet gives way to later one
 */
export const following = <Progress, Answer>(
  work: (tell: (progress: Progress) => void) => Promise<Answer>,
  onDefect: (error: unknown) => void,
): Readable => Readable.from(linesOf(work, onDefect), {objectMode: true, highWaterMark: 1});

async function* linesOf<Progress, Answer>(
  work: (tell: (progress: Progress) => void) => Promise<Answer>,
  onDefect: (error: unknown) => void,
): AsyncGenerator<string> {
  let unheard: Progress | undefined;
  let wake = () => {};
  let isHeard = true;
  const end = work((progress) => {
    if (!isHeard) throw new NobodyListens();
    unheard = progress;
    wake();
  }).then(
    (answer): Told<Progress, Answer> => ({answer}),
    (error: unknown): Told<Progress, Answer> => {
      if (error instanceof BartizanError) return {failure: toErrorBody(error)};
      if (!(error instanceof NobodyListens)) onDefect(error);
      return {failure: toErrorBody(new InvariantError(error instanceof Error ? error.message : String(error)))};
    },
  );
  try {
    for (;;) {
      const woken = new Promise<undefined>((resolve) => (wake = () => resolve(undefined)));
      if (unheard !== undefined) wake();
      const ended = await Promise.race([end, woken]);
      if (unheard !== undefined) {
        const progress = unheard;
        unheard = undefined;
        yield lineOf({progress});
      }
      if (ended !== undefined) {
        yield lineOf(ended);
        return;
      }
    }
  } finally {
    isHeard = false;
  }
}

const lineOf = (told: Told<unknown, unknown>): string => `${JSON.stringify(toWire(told))}\n`;
