/** Strings whole, then punctuation, then what stands between. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s"{}[\],:]+/g;

/**
 * Valid JSON over several lines. Every token stays as it was sent: read and written again, a large number would be
 * another one.
 */
export function indentJson(text: string): string {
  let lines = '';
  let depth = 0;
  const next = () => `\n${'  '.repeat(depth)}`;
  let before = '';
  for (const [token] of text.matchAll(tokens)) {
    const closes = token === '}' || token === ']';
    if (closes) depth--;
    const opened = before === '{' || before === '[';
    if (closes ? !opened : opened || before === ',') lines += next();
    lines += token === ':' ? ': ' : token;
    if (token === '{' || token === '[') depth++;
    before = token;
  }
  return lines;
}
