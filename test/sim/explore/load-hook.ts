import type {LoadHook} from 'node:module';
import {mutants} from './mutants.js';

/*
 * Builds every mutant into the tower as it is loaded. Each lives only while `globalThis.mutant` has its name, so that one
 * process can try them all.
 */
export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  const here = mutants.filter(({file}) => url.endsWith(`/dist/src/${file}`));
  if (here.length === 0) return loaded;
  let source = Buffer.from(loaded.source as Uint8Array).toString();
  for (const {name, search, replace, isStatement} of here) {
    const found = source.split(search).length - 1;
    if (found !== 1) throw new Error(`the text of the mutant "${name}" stands ${found} times in ${url}`);
    const isAlive = `globalThis.mutant === ${JSON.stringify(name)}`;
    source = source.replace(search, () => built(isAlive, search, replace, isStatement));
  }
  return {...loaded, source};
};

function built(isAlive: string, search: string, replace: string, isStatement: true | undefined): string {
  if (isStatement) return `if (${isAlive}) { ${replace} } else { ${search} }`;
  // `name: value` stays what it is, and the value becomes one of two.
  const [, names = '', value = search] = /^((?:[^:?]*: )*)(.*)$/s.exec(search)!;
  return `${names}((${isAlive}) ? (${replace.slice(names.length)}) : (${value}))`;
}
