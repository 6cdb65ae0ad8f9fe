import {readdirSync, readFileSync} from 'node:fs';
import test from 'ava';
import {findBreaches, longestLines, uneasyLines, unusedExceptions} from './support/architecture.js';
import {parseSource, type SourceFile} from './support/source-file.js';

const root = new URL('../../', import.meta.url);

function sources(): SourceFile[] {
  return readdirSync(new URL('src', root), {recursive: true, encoding: 'utf8'})
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `src/${name.replaceAll('\\', '/')}`)
    .map((path) => parseSource(path, readFileSync(new URL(path, root), 'utf8')));
}

const {dependencies} = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {dependencies: object};

test('the sources keep to the architecture', (t) => {
  const files = sources();
  t.true(files.some(({imports}) => imports.length > 0));
  t.deepEqual(findBreaches(files, Object.keys(dependencies)), []);
  for (const {path, lines} of files.filter((file) => file.lines > uneasyLines)) t.log(`${path} has ${lines} lines`);
});

test('every exception is still in use', (t) => {
  t.deepEqual(unusedExceptions(sources()), []);
  t.not(unusedExceptions([]).length, 0);
});

/** The breaches in made-up sources, given as path and text. */
const breachesIn = (texts: Record<string, string>): string[] =>
  findBreaches(
    Object.entries(texts).map(([path, text]) => parseSource(path, text)),
    ['level', 'zeromq', 'bitcoin-core', '@noble/secp256k1'],
  );

const harmless = {'src/store/a.ts': '', 'src/tower/b.ts': '', 'src/sim/c.ts': '', 'src/chain/bitcoind/d.ts': ''};

const upward: Record<string, string> = {
  'a static import': "import {b} from '../tower/b.js';",
  'a type import': "import type {B} from '../tower/b.js';",
  'an import over several lines': "import {\n  b,\n  type B,\n} from '../tower/b.js';",
  'a bare import': "import '../tower/b.js';",
  'a re-export': "export {b} from '../tower/b.js';",
  'a re-export of everything': "export * from '../tower/b.js';",
  'a dynamic import': "const b = await import('../tower/b.js');",
  'an import in a type': "type B = import('../tower/b.js').B;",
};

for (const [what, text] of Object.entries(upward)) {
  test(`${what} of a higher layer is a breach`, (t) => {
    t.deepEqual(breachesIn({...harmless, 'src/store/a.ts': text}), [
      'src/store/a.ts (src/store) imports src/tower/b.ts (src/tower)',
    ]);
  });
}

test('imports of lower layers and of the own layer are none', (t) => {
  const text = "import '../store/a.js';\nimport './e.js';\nimport {join} from 'node:path';";
  t.deepEqual(breachesIn({...harmless, 'src/tower/b.ts': text, 'src/tower/e.ts': ''}), []);
});

test('what stands in a comment or in a string is no import', (t) => {
  const text = "// import '../tower/b.js'\nexport const a = `import '../tower/b.js'; process.exit(); Date`;";
  t.deepEqual(breachesIn({...harmless, 'src/store/a.ts': text}), []);
});

test('neighbours in one row never import each other', (t) => {
  const pairs = [
    ['src/sim/c.ts', '../chain/bitcoind/d.js'],
    ['src/chain/bitcoind/d.ts', '../../sim/c.js'],
    ['src/sim/c.ts', '../api/f.js'],
  ] as const;
  for (const [path, specifier] of pairs) {
    t.is(breachesIn({...harmless, 'src/api/f.ts': '', [path]: `import '${specifier}';`}).length, 1, path);
  }
});

test('chain does not import its own bitcoind adapter', (t) => {
  const breaches = breachesIn({...harmless, 'src/chain/index.ts': "export * from './bitcoind/d.js';"});
  t.deepEqual(breaches, ['src/chain/index.ts (src/chain) imports src/chain/bitcoind/d.ts (src/chain/bitcoind)']);
});

test('what a user has is apart from what a tower has, but for errors and crypto', (t) => {
  const client = {...harmless, 'src/crypto/h.ts': '', 'src/client/i.ts': "import '../crypto/h.js';"};
  t.deepEqual(breachesIn({...client, 'src/cli/g.ts': "import '../client/i.js';"}), []);
  const outsiders = {...client, 'src/client/i.ts': ''};
  for (const path of ['src/crypto/h.ts', 'src/store/a.ts', 'src/tower/b.ts', 'src/sim/c.ts']) {
    t.is(breachesIn({...outsiders, [path]: "import '../client/i.js';"}).length, 1, path);
  }
  t.is(breachesIn({...outsiders, 'src/index.ts': "export * from './client/i.js';"}).length, 1);
  t.is(breachesIn({...client, 'src/chain/e.ts': '', 'src/client/i.ts': "import '../chain/e.js';"}).length, 1);
  t.is(breachesIn({...client, 'src/client/i.ts': "import '../store/a.js';"}).length, 1);
});

test('the public exports take from everything but the command line', (t) => {
  const cli = {'src/cli/g.ts': ''};
  t.deepEqual(breachesIn({...harmless, 'src/index.ts': "export * from './sim/c.js';"}), []);
  t.is(breachesIn({...harmless, ...cli, 'src/index.ts': "export * from './cli/g.js';"}).length, 1);
  t.is(breachesIn({...harmless, 'src/index.ts': '', 'src/sim/c.ts': "import '../index.js';"}).length, 1);
});

test('a source outside every layer is a breach', (t) => {
  t.is(breachesIn({...harmless, 'src/helpers/h.ts': "import '../store/a.js';"}).length, 1);
});

test('a circle between files is a breach, also through types and three files', (t) => {
  const two = {'src/store/a.ts': "import './b.js';", 'src/store/b.ts': "import type {A} from './a.js';"};
  t.deepEqual(breachesIn(two), ['src/store/a.ts -> src/store/b.ts -> src/store/a.ts is a circle']);
  const three = {...two, 'src/store/b.ts': "import './c.js';", 'src/store/c.ts': "import './a.js';"};
  t.is(breachesIn(three).length, 1);
  t.is(breachesIn({'src/store/a.ts': "import './a.js';"}).length, 1);
  const diamond = {...three, 'src/store/a.ts': "import './b.js'; import './c.js';", 'src/store/c.ts': ''};
  t.deepEqual(breachesIn(diamond), []);
});

test('a package with one owner is imported by its owner alone', (t) => {
  t.deepEqual(breachesIn({'src/store/a.ts': "import {Level} from 'level';"}), []);
  t.is(breachesIn({'src/tower/b.ts': "import {Level} from 'level';"}).length, 1);
  t.deepEqual(breachesIn({'src/chain/bitcoind/d.ts': "import 'zeromq'; import 'bitcoin-core';"}), []);
  t.is(breachesIn({'src/chain/a.ts': "import type {Subscriber} from 'zeromq';"}).length, 1);
  t.is(breachesIn({'src/cli/g.ts': "await import('bitcoin-core/src/index.js');"}).length, 1);
});

test('a package that is not declared as a dependency is a breach', (t) => {
  t.deepEqual(breachesIn({'src/crypto/a.ts': "import '@noble/secp256k1';"}), []);
  t.is(breachesIn({'src/crypto/a.ts': "import '@noble/hashes/sha2.js';"}).length, 1);
});

const worldly = [
  'const now = new Date();',
  'const now = Date.now();',
  'const dice = Math.random();',
  "import {randomBytes} from 'node:crypto'; randomBytes(1);",
  "import * as crypto from 'node:crypto'; crypto.randomUUID();",
  'setTimeout(f, 1);',
  'setInterval(f, 1);',
  'setImmediate(f);',
  'performance.now();',
  'const home = process.env;',
  'console.log(1);',
  'await fetch(url);',
  'globalThis.f();',
  "import 'node:net';",
  "import {createRequire} from 'node:module';",
  "import 'node:http';",
  "import {readFile} from 'node:fs/promises';",
  "import 'node:child_process';",
  "import {setTimeout as wait} from 'node:timers/promises';",
];

for (const text of worldly) {
  test(`decision code never says: ${text}`, (t) => {
    for (const folder of ['crypto', 'chain', 'store', 'gatekeeper']) {
      t.not(breachesIn({[`src/${folder}/a.ts`]: text}).length, 0, folder);
    }
    t.deepEqual(breachesIn({'src/cli/g.ts': text}), []);
  });
}

test('a member that shares its name with a global is harmless', (t) => {
  const text =
    'interface A {process: B; console(): void}\nclass C {fetch() {}}\nconst a = {Date: 1}; a.Date; a.process();';
  t.deepEqual(breachesIn({'src/store/a.ts': text}), []);
});

test('an import that cannot be read is a breach', (t) => {
  t.is(breachesIn({'src/cli/g.ts': 'await import(name);'}).length, 1);
  t.is(breachesIn({'src/store/a.ts': "import './b.js';"}).length, 1);
  t.is(breachesIn({'src/store/a.ts': "import './b';", 'src/store/b.ts': ''}).length, 2);
});

test('a source that is too long or holds a note to self is a breach', (t) => {
  t.deepEqual(breachesIn({'src/store/a.ts': 'let a;\n'.repeat(longestLines)}), []);
  t.is(breachesIn({'src/store/a.ts': 'let a;\n'.repeat(longestLines + 1)}).length, 1);
  for (const note of ['TODO', 'FIXME', 'XXX']) t.is(breachesIn({'src/cli/g.ts': `// ${note} later`}).length, 1);
});
