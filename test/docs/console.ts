/** Blocks of a page in one language. */
export const blocksIn = (page: string, language: string): string[] =>
  [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].filter(([, name]) => name === language).map(([, , text]) => text!);

/** A section of a page, with its heading. */
export function sectionOf(page: string, heading: string): string {
  const section = page.split(/^(?=## )/m).find((text) => text.startsWith(`## ${heading}\n`));
  if (section === undefined) throw new Error(`there is no section "${heading}"`);
  return section;
}

interface Call {
  readonly command: string;
  readonly shown: string;
}

/** Commands of a console block, each with the output that is shown for it. */
export const callsOf = (block: string): Call[] =>
  block
    .split(/^\$ /m)
    .slice(1)
    .map((call) => ({command: call.slice(0, call.indexOf('\n')), shown: call.slice(call.indexOf('\n') + 1)}));

/** `…` stands for anything: within a line, or for lines in between. */
export function patternOf(shown: string): RegExp {
  const escaped = shown.trimEnd().replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll(/^…$/gm, '[^]*?').replaceAll('…', '[^\\n]*?')}\\s*$`);
}

/** The words of a line that calls `bartizan`; quotes hold words together, and a # begins a comment. */
export function wordsOf(line: string): string[] {
  const words = line.replace(/\s+#.*$/, '').match(/'[^']*'|\S+/g)!;
  return words.slice(words.indexOf('bartizan') + 1).map((word) => word.replaceAll("'", ''));
}
