import {BartizanError} from '../errors/index.js';
import {type Paint, plain} from './paint.js';

/** A cause of a cause of a cause helps; beyond that it is noise. */
const maxCauses = 5;

/** An error as a person reads it: what, why, what next. Defects of ours come with their stack. */
export function renderError(error: unknown, paint: Paint = plain): string {
  const lines = [`${paint('red', 'error:')} ${messageOf(error)}`];
  for (const cause of causesOf(error)) lines.push(`${paint('yellow', 'because:')} ${cause}`);
  if (error instanceof BartizanError) {
    lines.push(`${paint('cyan', 'hint:')} ${error.hint}   ${paint('dim', `[${error.code}]`)}`);
  } else {
    lines.push(`${paint('cyan', 'hint:')} This is a defect of Bartizan. Please report it with the lines below.`);
  }
  const isDefect = !(error instanceof BartizanError) || error.family === 'invariant';
  if (isDefect && error instanceof Error && error.stack !== undefined) lines.push('', paint('dim', error.stack));
  return lines.join('\n');
}

/** The messages of an error's chain of causes, nearest first. */
export function causesOf(error: unknown): string[] {
  const causes: string[] = [];
  let cause = error instanceof Error ? error.cause : undefined;
  while (cause !== undefined && cause !== null && causes.length < maxCauses) {
    causes.push(messageOf(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return causes;
}

/** Some errors of Node have an empty message and say all in their code or in the errors that they gather. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== '') return error.message;
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(messageOf).join('; ');
  return (error as NodeJS.ErrnoException).code ?? error.name;
}
