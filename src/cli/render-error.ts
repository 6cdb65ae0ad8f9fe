import {toErrorBody} from '../api/admin/error-body.js';
import {causesOf, messageOf} from '../errors/causes.js';
import {BartizanError, InvariantError} from '../errors/index.js';
import {printableLines} from '../errors/printable.js';
import {type Paint, plain} from './paint.js';

/** An error as a person reads it: what, why, what next. Defects of ours come with their stack. */
export function renderError(error: unknown, paint: Paint = plain): string {
  const lines = [`${paint('red', 'error:')} ${printableLines(messageOf(error))}`];
  for (const cause of causesOf(error)) lines.push(`${paint('yellow', 'because:')} ${printableLines(cause)}`);
  if (error instanceof BartizanError) {
    lines.push(`${paint('cyan', 'hint:')} ${error.hint}   ${paint('dim', `[${error.code}]`)}`);
  } else {
    lines.push(`${paint('cyan', 'hint:')} This is a defect of Bartizan. Please report it with the lines below.`);
  }
  const stack = stackOfDefect(error);
  if (stack !== undefined) lines.push('', paint('dim', stack));
  return lines.join('\n');
}

/** The same as one line of JSON, in the form of the admin socket. */
export function errorAsJson(error: unknown): string {
  const known = error instanceof BartizanError ? error : new InvariantError(messageOf(error));
  return JSON.stringify({...toErrorBody(known), stack: stackOfDefect(error)});
}

function stackOfDefect(error: unknown): string | undefined {
  const isDefect = !(error instanceof BartizanError) || error.family === 'invariant';
  return isDefect && error instanceof Error ? error.stack : undefined;
}
