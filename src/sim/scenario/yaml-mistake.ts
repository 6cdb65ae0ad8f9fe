import type {ErrorCode, YAMLError} from 'yaml';

const words: Readonly<Partial<Record<ErrorCode, string>>> = {
  BAD_ALIAS: 'an anchor (&) or alias (*) needs a name; put a text that begins with & or * into quotes',
  BAD_INDENT: 'this begins in the wrong column, or lacks the space behind its dash, or a { or [ above is never closed',
  BLOCK_AS_IMPLICIT_KEY:
    'a colon stands where none can be, or a line begins in a column that fits none above it; a text with ": " in it needs quotes, and what belongs together begins in one column',
  BLOCK_IN_FLOW: 'a comma is missing between { } or [ ], or a list with dashes stands there; write [one, two]',
  DUPLICATE_KEY: 'the key stands there twice; give it once',
  MULTILINE_IMPLICIT_KEY:
    'what begins here goes over several lines, and none ends a key; is a colon or a quote missing?',
  MULTIPLE_DOCS: 'a file holds one document; take out the `---` and what follows it',
  TAB_AS_INDENT: 'a tab stands where the line is indented; use spaces',
  TAG_RESOLVE_FAILED: 'a tag has no meaning here; take it out, or put the text that begins with ! into quotes',
  UNEXPECTED_TOKEN:
    'this belongs to nothing that stands before it; is a dash, a comma, a quote, or the space behind a colon missing?',
};

/**
 * What is wrong with a text that is no YAML. One mistake makes a parser stumble over what follows, so of several the
 * first is told; keys that stand there twice are told one by one.
 */
export function mistakesIn(
  text: string,
  errors: readonly YAMLError[],
  lastQuote: () => number | undefined,
): {readonly offset: number; readonly message: string}[] {
  const first = errors.find(({code}) => code !== 'DUPLICATE_KEY');
  return errors
    .filter((error) => error === first || error.code === 'DUPLICATE_KEY')
    .map((error) => ({
      offset: (isOpenQuote(error) ? lastQuote() : undefined) ?? error.pos[0],
      message: explain(text, error),
    }));
}

const isOpenQuote = ({code, message}: Pick<YAMLError, 'code' | 'message'>): boolean =>
  code === 'MISSING_CHAR' && message.includes('quote');

function explain(text: string, {code, message, pos}: YAMLError): string {
  if (code === 'MISSING_CHAR') {
    return isOpenQuote({code, message})
      ? 'the text in quotes that begins here does not end; is the closing quote missing?'
      : 'a comma, a colon or a closing bracket is missing before this';
  }
  if (code === 'UNEXPECTED_TOKEN' && /["']/.test(text.charAt(pos[0] - 1))) {
    return 'a text in quotes ends before this; double a \' that stands inside \'...\', and write \\" inside "..."';
  }
  if (code === 'BAD_SCALAR_START') return `a text cannot begin with ${text.charAt(pos[0])}; put it into quotes`;
  if (code === 'BAD_DQ_ESCAPE') {
    return `${text.slice(pos[0], pos[0] + 2)} means nothing in a text in double quotes; use single quotes`;
  }
  return words[code] ?? message.charAt(0).toLowerCase() + message.slice(1);
}
