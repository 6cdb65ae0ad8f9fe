import {type ChildProcess, execFile} from 'node:child_process';
import {chmodSync, cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';
import {tempDir} from '../support/temp-dir.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What stands in for npm: installs a compiler that copies, and writes down that it was called. */
const npm = `#!/usr/bin/env node
const {appendFileSync, chmodSync, cpSync, mkdirSync, rmSync} = require('node:fs');
appendFileSync('calls.log', 'npm ' + process.argv[2] + '\\n');
if (process.env.REFUSE) {
  console.error(process.env.REFUSE);
  process.exit(1);
}
rmSync('node_modules', {recursive: true, force: true});
mkdirSync('node_modules/typescript/bin', {recursive: true});
cpSync('tsc.cjs', 'node_modules/typescript/bin/tsc');
setTimeout(() => cpSync('package-lock.json', 'node_modules/.package-lock.json'), 300);
`;

const tsc = `
const {appendFileSync, mkdirSync, readdirSync, writeFileSync} = require('node:fs');
appendFileSync('calls.log', 'tsc\\n');
mkdirSync('dist/src/cli', {recursive: true});
for (const name of readdirSync('src/cli')) {
  for (const ending of ['.js', '.d.ts', '.js.map']) {
    writeFileSync('dist/src/cli/' + name.replace('.ts', ending), 'console.log("main", ...process.argv.slice(2))');
  }
}
if (process.env.COMPLAIN) {
  console.log(process.env.COMPLAIN);
  process.exit(2);
}
`;

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with the real scripts of this project and pretended npm, compiler and sources. */
export class PretendClone {
  readonly root: string;
  readonly #bin: string;

  constructor(t: ExecutionContext) {
    this.root = tempDir(t);
    this.#bin = join(tempDir(t), 'bin');
    mkdirSync(this.#bin);
    symlinkSync(process.execPath, join(this.#bin, 'node'));
    writeFileSync(join(this.#bin, 'npm'), npm);
    chmodSync(join(this.#bin, 'npm'), 0o755);
    for (const folder of ['scripts', 'bin']) cpSync(join(root, folder), this.path(folder), {recursive: true});
    this.write('package.json', '{"type": "module"}');
    this.write('package-lock.json', '{"packages": {}}');
    this.write('tsconfig.json', '{}');
    this.write('tsc.cjs', tsc);
    this.write('src/cli/main.ts', '// first');
  }

  path(name: string): string {
    return join(this.root, name);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), {recursive: true});
    writeFileSync(this.path(name), text);
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  /** What npm and the compiler were called for since the last question. */
  calls(): string[] {
    const calls = this.has('calls.log') ? readFileSync(this.path('calls.log'), 'utf8').trim().split('\n') : [];
    this.write('calls.log', '');
    return calls.filter((line) => line !== '');
  }

  /** Runs one of the scripts to its end; `started` is told the process. */
  run(args: readonly string[], env: NodeJS.ProcessEnv = {}, started: (child: ChildProcess) => void = () => {}) {
    return new Promise<Ended>((resolve) => {
      const options = {cwd: this.root, env: {PATH: this.#bin, ...env}};
      const child = execFile(process.execPath, [...args], options, (_error, stdout, stderr) => {
        resolve({status: child.exitCode, stdout, stderr});
      });
      started(child);
    });
  }
}
