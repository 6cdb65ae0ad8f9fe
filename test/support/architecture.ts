import {dirname, join} from 'node:path/posix';
import type {SourceFile} from './source-file.js';

/** The layers, lowest first. Layers in one row never import each other. */
const rows: readonly (readonly string[])[] = [
  ['src/errors', 'src/files'],
  ['src/crypto'],
  ['src/chain', 'src/client'],
  ['src/store'],
  ['src/gatekeeper', 'src/watcher', 'src/responder'],
  ['src/tower'],
  ['src/chain/bitcoind', 'src/api', 'src/sim', 'src/policy'],
  ['src/daemon'],
  ['src/embedded'],
  ['src/cli', 'src/index.ts'],
];

/** Layers that stand apart: nobody else imports them. */
const apart: Readonly<Record<string, readonly string[]>> = {'src/client': ['src/client', 'src/cli']};

/** Packages with one importer. */
const owners: Readonly<Record<string, string>> = {
  level: 'src/store',
  'classic-level': 'src/store',
  'abstract-level': 'src/store',
  'memory-level': 'src/store',
  'bitcoin-core': 'src/chain/bitcoind',
  zeromq: 'src/chain/bitcoind',
};

const decisionLayers: readonly string[] = ['src/errors', 'src/crypto', 'src/chain', 'src/store', 'src/gatekeeper'];
/** Modules of Node.js that give no clock, no environment and no network. */
const harmless: readonly string[] = ['node:assert', 'node:buffer', 'node:crypto', 'node:events', 'node:util'];
const worldly =
  /^(?:Date|performance|set(?:Timeout|Interval|Immediate)|process|console|fetch|WebSocket|globalThis|random\w*)$/;

/** Stands for `import()` of a name that is no literal. */
const computedImport = 'import()';

interface Exception {
  readonly path: string;
  readonly name: string;
  readonly because: string;
}

/** What decision code names or imports although it must not decide by it, and the import of a computed name that is meant. */
export const exceptions: readonly Exception[] = [
  {path: 'src/chain/timers.ts', name: 'setTimeout', because: 'the one place where real timers are made'},
  {path: 'src/chain/timers.ts', name: 'performance', because: 'the one place where real timers are made'},
  {path: 'src/store/level-store.ts', name: 'setImmediate', because: 'a long batch lets others have their turn'},
  {path: 'src/crypto/signing-key.ts', name: 'randomSecretKey', because: 'a key is made once, before any event'},
  {path: 'src/crypto/curve.ts', name: 'node:module', because: 'a package that may be missing is loaded at once'},
  {path: 'src/policy/worker/child.ts', name: computedImport, because: 'the file of the policy is named by a setting'},
];

export const longestLines = 400;
export const uneasyLines = 300;

/** Everything in the sources that goes against the architecture, as sentences. */
export function findBreaches(files: readonly SourceFile[], dependencies: readonly string[]): string[] {
  const graph = new Map(files.map((file) => [file.path, localImports(file)]));
  return [
    ...files.flatMap((file) => [
      ...importBreaches(file, dependencies),
      ...localImports(file).flatMap((to) => directionBreaches(file.path, to, graph.has(to))),
      ...worldlyBreaches(file),
      ...textBreaches(file),
    ]),
    ...findCircles(graph).map((circle) => `${circle.join(' -> ')} is a circle`),
  ];
}

/** Exceptions that no source makes use of any more. */
export const unusedExceptions = (files: readonly SourceFile[]): Exception[] =>
  exceptions.filter(({path, name}) => !files.some((file) => file.path === path && isUsed(file, name)));

const isUsed = ({imports, names}: SourceFile, name: string): boolean =>
  name === computedImport ? imports.includes(undefined) : names.has(name) || imports.includes(name);

const isException = (path: string, name: string): boolean => exceptions.some((e) => e.path === path && e.name === name);

function layerOf(path: string): string | undefined {
  const layers = rows.flat().filter((layer) => path === layer || path.startsWith(`${layer}/`));
  return layers.sort((a, b) => b.length - a.length)[0];
}

const rowOf = (layer: string): number => rows.findIndex((row) => row.includes(layer));

function localImports({path, imports}: SourceFile): string[] {
  return imports
    .filter((specifier) => specifier?.startsWith('.'))
    .map((specifier) => join(dirname(path), specifier!).replace(/\.js$/, '.ts'));
}

function directionBreaches(from: string, to: string, exists: boolean): string[] {
  if (!exists) return [`${from} imports ${to}, which is no source`];
  const [lower, higher] = [layerOf(to), layerOf(from)];
  if (lower === undefined || higher === undefined) return [`${from} or ${to} belongs to no layer`];
  if (apart[lower]?.includes(higher) === false)
    return [`${from} (${higher}) imports ${to}, which ${lower} keeps apart`];
  return lower === higher || rowOf(lower) < rowOf(higher) ? [] : [`${from} (${higher}) imports ${to} (${lower})`];
}

function importBreaches({path, imports}: SourceFile, dependencies: readonly string[]): string[] {
  return imports.flatMap((specifier) => {
    if (specifier === undefined) {
      return isException(path, computedImport) ? [] : [`${path} imports something whose name is computed`];
    }
    if (specifier.startsWith('.')) return specifier.endsWith('.js') ? [] : [`${path} imports ${specifier} without .js`];
    if (specifier.startsWith('node:')) {
      return isDecisionCode(path) && !harmless.includes(specifier) && !isException(path, specifier)
        ? [`${path} decides, yet imports ${specifier}`]
        : [];
    }
    const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
    const owner = owners[name];
    return [
      ...(dependencies.includes(name) ? [] : [`${path} imports ${name}, which is no dependency of the package`]),
      ...(owner === undefined || layerOf(path) === owner ? [] : [`${path} imports ${name}, which only ${owner} may`]),
    ];
  });
}

const isDecisionCode = (path: string): boolean => decisionLayers.includes(layerOf(path) ?? '');

function worldlyBreaches({path, names}: SourceFile): string[] {
  if (!isDecisionCode(path)) return [];
  return [...names]
    .filter((name) => worldly.test(name) && !isException(path, name))
    .map((name) => `${path} decides, yet names ${name}`);
}

function textBreaches({path, text, lines}: SourceFile): string[] {
  const note = /\b(?:TODO|FIXME|XXX)\b/.exec(text);
  return [
    ...(note === null ? [] : [`${path} holds a ${note[0]}`]),
    ...(lines > longestLines ? [`${path} has ${lines} lines`] : []),
  ];
}

/** One circle for each place where a walk along the imports comes back to a file that it is still in. */
function findCircles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const finished = new Set<string>();
  const circles: string[][] = [];
  const walk = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) circles.push([...trail.slice(trail.indexOf(path)), path]);
    if (trail.includes(path) || finished.has(path)) return;
    for (const next of graph.get(path) ?? []) walk(next, [...trail, path]);
    finished.add(path);
  };
  for (const path of graph.keys()) walk(path, []);
  return circles;
}
