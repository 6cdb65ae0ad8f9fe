/** A cause of a cause of a cause helps; beyond that it is noise. */
const maxCauses = 5;

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

/** What an error says. Some of Node's have an empty message and say all in their code or in the errors they gather. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== '') return error.message;
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(messageOf).join('; ');
  return (error as NodeJS.ErrnoException).code ?? error.name;
}
