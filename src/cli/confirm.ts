import {OperationalError} from '../errors/index.js';
import type {Io} from './io.js';

/** The answer to a question is short; more than this is something else. */
const maxAnswerBytes = 1_024;

/**
 * Asks whoever sits at the terminal; anything but `yes` is a no.
 * @throws OperationalError TOWER_USAGE where nobody sits there, TOWER_NOT_CONFIRMED
 */
export async function confirm(io: Io, question: string): Promise<void> {
  if (!io.inputIsTerminal || !io.logIsTerminal) {
    throw new OperationalError('TOWER_USAGE', 'nobody is at the terminal to be asked', {
      hint: 'Say --yes if you mean it.',
    });
  }
  io.log(`${question} Type yes to go on.`);
  if ((await firstLine(io.input())).trim().toLowerCase() !== 'yes') {
    throw new OperationalError('TOWER_NOT_CONFIRMED', 'the answer was not yes, so nothing was done');
  }
}

async function firstLine(input: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const chunk of input) {
    text += Buffer.from(chunk).toString('utf8');
    if (text.includes('\n') || text.length > maxAnswerBytes) break;
  }
  return text.split('\n')[0]!;
}
