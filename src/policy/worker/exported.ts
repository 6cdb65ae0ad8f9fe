import {OperationalError} from '../../errors/index.js';
import {closestTo} from '../../tower/spelling.js';
import {type FunctionName, functionNames} from './names.js';

/** The names that a module exports, each with its `typeof`. */
export type Exported = readonly (readonly [name: string, type: string])[];

/** What a policy file has to offer. */
export interface Functions {
  readonly functions: ReadonlySet<FunctionName>;
  /** Functions that look like one that is missing, and are not asked. */
  readonly misspelt: readonly {readonly name: string; readonly meant: FunctionName}[];
}

/**
 * The functions of a policy among what its file exports. Other exports are the policy's own affair, unless they look
 * like a misspelt function: left alone, it would never be called and nobody would know why. One that differs by nothing
 * but its style is refused; one that is only close to a name may be meant as it is.
 *
 * @throws OperationalError TOWER_INVALID_POLICY
 */
export function functionsAmong(file: string, exported: Exported): Functions {
  const types = new Map(exported);
  const found = functionNames.filter((name) => types.has(name));
  for (const name of found) {
    const type = types.get(name)!;
    if (type !== 'function') throw invalid(file, `exports ${name}, which is no function but ${type}`);
  }
  for (const [name] of exported) {
    const meant = functionNames.find((known) => letters(known) === letters(name));
    if (meant !== undefined && !types.has(meant)) {
      throw invalid(file, `exports ${name}, which is no name of a policy's function`, `write it ${meant}`);
    }
  }
  if (found.length === 0) throw invalid(file, 'exports no function of a policy', whatToExport(types));
  const misspelt = exported.flatMap(([name, type]) => {
    const meant = type === 'function' ? closestTo(name, functionNames) : undefined;
    return meant === undefined || types.has(meant) ? [] : [{name, meant: meant as FunctionName}];
  });
  return {functions: new Set(found), misspelt};
}

/** What is left of a name in whatever style it is written. */
const letters = (name: string): string => name.replaceAll('_', '').toLowerCase();

function whatToExport(types: ReadonlyMap<string, string>): string {
  for (const name of types.keys()) {
    const meant = closestTo(name, functionNames);
    if (meant !== undefined) return `it exports ${name}: did you mean ${meant}?`;
  }
  const names = functionNames.join(', ');
  if (types.has('default')) return `export each function by its name, not as default: ${names}`;
  return `export one or more of ${names}`;
}

const invalid = (file: string, what: string, hint?: string): OperationalError =>
  new OperationalError('TOWER_INVALID_POLICY', `the policy file ${file} ${what}`, {
    facts: {file},
    ...(hint !== undefined && {hint}),
  });
