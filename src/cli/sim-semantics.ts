import {OperationalError} from '../errors/index.js';
import {aboutSemantics, type Semantics, semanticsNames} from '../sim/semantics/comparison.js';

const all = 'all';

export const semanticsHelp = `show who lives and dies under other rules, too: ${all}, or some of ${semanticsNames.join(', ')}, with commas`;

/** @throws OperationalError TOWER_USAGE */
export function semanticsIn(text: string): readonly Semantics[] {
  if (text === all) return semanticsNames;
  const names = text.split(',');
  const unknown = names.find((name) => !(semanticsNames as readonly string[]).includes(name));
  if (unknown !== undefined || new Set(names).size < names.length) {
    throw new OperationalError(
      'TOWER_USAGE',
      `--semantics is ${JSON.stringify(text)}, but must be ${all}, or names out of ${semanticsNames.join(', ')}, each once`,
    );
  }
  return names as Semantics[];
}

export const semanticsLegend: string = Object.entries(aboutSemantics)
  .map(([name, about]) => `  ${name.padEnd(16)}  ${about}`)
  .join('\n');
