import {execFile} from 'node:child_process';
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import test from 'ava';
import {tempDir} from './support/temp-dir.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string;
  scripts: Record<string, string>;
};
const call = promisify(execFile);

test('whatever starts from the clone sets it up first', (t) => {
  const {prepack, prestart, preexample, pretest, prebench} = manifest.scripts;
  t.deepEqual([prepack, prestart, preexample, pretest, prebench], Array(5).fill('node scripts/setup.js'));
});

test('the packed package, installed elsewhere, runs and carries no sources or tests', async (t) => {
  const folder = tempDir(t);
  // What is tested is what has been compiled, so nothing is compiled again beside the tests that run from it.
  await call('npm', ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder], {cwd: root});
  const [tarball] = readdirSync(folder);
  // A folder with a manifest of its own: npm would otherwise look for one further up.
  await call('npm', ['init', '--yes'], {cwd: folder});
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  await call('npm', ['install', `./${tarball}`, ...options], {cwd: folder});

  const command = join(folder, 'node_modules', '.bin', 'bartizan');
  t.is((await call(command, ['--version'], {cwd: folder})).stdout, `${manifest.version}\n`);
  t.regex((await call(command, ['--help'], {cwd: folder})).stdout, /^Usage: bartizan /);
  const npx = await call('npx', ['--no-install', 'bartizan', '--version'], {cwd: folder});
  t.is(npx.stdout, `${manifest.version}\n`);

  const embed = "import {errorCodes} from 'bartizan'; console.log(typeof errorCodes)";
  const embedded = await call(process.execPath, ['--input-type=module', '--eval', embed], {cwd: folder});
  t.is(embedded.stdout, 'object\n');

  const packed = readdirSync(join(folder, 'node_modules', 'bartizan'), {recursive: true, encoding: 'utf8'});
  t.true(packed.includes('regtest.conf'));
  // npm heeds overrides in a clone only, so the package brings the maintained HTTP client of bitcoin-core along.
  const client = readFileSync(join(folder, 'node_modules/bartizan/node_modules/request/package.json'), 'utf8');
  t.is((JSON.parse(client) as {name: string}).name, '@cypress/request');
  const bitcoind = "import {connectBitcoind} from 'bartizan/bitcoind'; console.log(typeof connectBitcoind)";
  t.is((await call(process.execPath, ['--input-type=module', '--eval', bitcoind], {cwd: folder})).stdout, 'function\n');
  const fake = [
    "import {FakeBitcoind} from 'bartizan/fake-bitcoind';",
    'const bitcoind = await FakeBitcoind.start();',
    'console.log(bitcoind.node.mine(3).length);',
    'await bitcoind.stop();',
  ].join('\n');
  t.is((await call(process.execPath, ['--input-type=module', '--eval', fake], {cwd: folder})).stdout, '3\n');
  const towerClient = "import {TowerClient} from 'bartizan/client'; console.log(typeof TowerClient)";
  const scripted = await call(process.execPath, ['--input-type=module', '--eval', towerClient], {cwd: folder});
  t.is(scripted.stdout, 'function\n');
  const simulation = "import {Simulation} from 'bartizan/sim'; console.log(typeof Simulation.open)";
  t.is(
    (await call(process.execPath, ['--input-type=module', '--eval', simulation], {cwd: folder})).stdout,
    'function\n',
  );
  t.true(packed.includes(join('dist', 'src', 'cli', 'main.d.ts')));
  t.deepEqual(
    packed.filter(
      (name) =>
        !name.startsWith('node_modules') &&
        /(?:^(?:src|test|scripts|dist.test|dist.bench)\b)|(?:(?<!\.d)\.ts|\.map)$/.test(name),
    ),
    [],
  );
});
