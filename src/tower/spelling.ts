/** The candidate that differs from `word` by the fewest edits, if by at most a third of its letters. */
export function closestTo(word: string, candidates: readonly string[]): string | undefined {
  let best: {candidate: string; edits: number} | undefined;
  for (const candidate of candidates) {
    const edits = editsBetween(word.toLowerCase(), candidate.toLowerCase());
    if (edits <= candidate.length / 3 && edits < (best?.edits ?? Number.POSITIVE_INFINITY)) best = {candidate, edits};
  }
  return best?.candidate;
}

/** Levenshtein distance; swapping two neighbours, the most common slip, is one edit, too. */
function editsBetween(left: string, right: string): number {
  let before: number[] = [];
  let row = Array.from({length: right.length + 1}, (_, column) => column);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const replaced = row[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1];
      const swapped = isSwap ? before[j - 2]! + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min(replaced, swapped, row[j]! + 1, next[j - 1]! + 1));
    }
    [before, row] = [row, next];
  }
  return row[right.length]!;
}
