const name = /^[A-Za-z_][\w.:-]*/;
const attribute = /^\s+([A-Za-z_][\w.:-]*)="([^"<]*)"/;
const reference = /&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)/;

/** Throws unless a text is well-formed XML of elements, attributes and text, with one root. */
export function checkXml(text: string): void {
  let rest = text.replace(/^<\?xml[^?]*\?>\s*/, '');
  const open: string[] = [];
  let roots = 0;
  const fail = (why: string): never => {
    throw new Error(`${why} at: ${rest.slice(0, 80)}`);
  };
  while (rest !== '') {
    if (!rest.startsWith('<')) {
      const end = rest.indexOf('<');
      const said = end < 0 ? rest : rest.slice(0, end);
      if (reference.test(said) || said.includes(']]>')) fail('text that is not escaped');
      if (open.length === 0 && said.trim() !== '') fail('text outside the root');
      rest = rest.slice(said.length);
    } else if (rest.startsWith('</')) {
      const [closed] = name.exec(rest.slice(2)) ?? fail('no name');
      if (open.pop() !== closed) fail('an element is closed that is not open');
      rest = rest.slice(2 + closed.length).replace(/^\s*/, '');
      if (!rest.startsWith('>')) fail('an end tag does not end');
      rest = rest.slice(1);
    } else {
      const [element] = name.exec(rest.slice(1)) ?? fail('no name');
      if (open.length === 0) roots++;
      rest = rest.slice(1 + element.length);
      const seen = new Set<string>();
      for (let found = attribute.exec(rest); found; found = attribute.exec(rest)) {
        const [all, key = '', value = ''] = found;
        if (seen.has(key)) fail(`${key} twice`);
        if (reference.test(value)) fail(`${key} is not escaped`);
        seen.add(key);
        rest = rest.slice(all.length);
      }
      rest = rest.replace(/^\s*/, '');
      if (rest.startsWith('/>')) rest = rest.slice(2);
      else if (rest.startsWith('>')) {
        rest = rest.slice(1);
        open.push(element);
      } else fail('a tag does not end');
    }
  }
  if (open.length > 0) fail(`${open.join(', ')} stay open`);
  if (roots !== 1) fail(`${roots} roots`);
}
