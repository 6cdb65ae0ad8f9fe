import {Buffer} from 'node:buffer';
import {spawn} from 'node:child_process';
import {existsSync, lstatSync, mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {performance} from 'node:perf_hooks';
import {withLock} from './lock.js';

/** npm appends its whole manual to some errors. */
const shownLines = 12;

/** A failure that the user can mend: what happened, why, what to do next. */
class SetupError extends Error {
  constructor(problem) {
    super(problem.what);
    this.problem = problem;
  }
}

/** Installs and compiles in a clone, as far as needed. Two commands may do so at once: the second waits and looks again. */
export async function makeReady(clone) {
  mkdirSync(clone.path('.cache'), {recursive: true});
  await withLock(clone.path('.cache/setup.lock'), async () => {
    if (!clone.isInstalled()) await install(clone);
    if (!clone.isBuilt()) await build(clone);
  });
}

async function install(clone) {
  if (lstatSync(clone.path('node_modules'), {throwIfNoEntry: false})?.isSymbolicLink()) {
    // npm would empty the folder behind the link, which other working copies use.
    throw new SetupError({
      what: 'the dependencies do not match package-lock.json',
      why: 'node_modules is a link, and what it points to is left alone',
      next: 'install where it points to, or remove the link and try again',
    });
  }
  const started = say('installing the dependencies (once, some seconds)');
  // --include=dev, because NODE_ENV=production would leave the compiler out.
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--include=dev', '--loglevel=error'];
  const npm = npmCommand();
  const {status, text} = await run(clone, npm.command, [...npm.args, 'ci', ...options]);
  if (status !== 0) throw new SetupError(installProblem(status, text));
  if (!clone.isInstalled()) {
    throw new SetupError({
      what: 'the dependencies are not complete',
      why: '`npm ci` has finished without an error, yet node_modules differs from package-lock.json',
      next: 'remove node_modules and try again',
    });
  }
  done('installed', started);
}

async function build(clone) {
  const started = say('compiling');
  // Taken first: what is written during the compilation makes the result stale.
  const fingerprint = clone.fingerprint();
  rmSync(clone.path(clone.buildStamp), {force: true});
  // The compiler's own record would make it skip outputs that have been deleted since.
  if (clone.missingOutputs().length > 0) rmSync(clone.path('dist/.tsbuildinfo'), {force: true});
  const {status, text} = await run(clone, process.execPath, [clone.path('node_modules/typescript/bin/tsc')]);
  if (status !== 0) {
    throw new SetupError({
      what: 'the sources do not compile',
      why: `the compiler says\n${text.trimEnd()}`,
      next: 'correct the sources (or update the clone: `git pull`), then try again',
    });
  }
  clone.removeStaleOutputs();
  writeFileSync(clone.path(clone.buildStamp), fingerprint);
  done('compiled', started);
}

function run(clone, command, args) {
  const env = {...process.env};
  // Set by a surrounding `npm pack --dry-run` or `npm install --global`, and meant for that command only.
  for (const name of ['npm_config_dry_run', 'npm_config_global', 'npm_config_json']) delete env[name];
  const child = spawn(command, args, {cwd: clone.root, env, stdio: ['ignore', 'pipe', 'pipe']});
  // Told politely, npm goes on for seconds, and then removes what the next command may have installed.
  const stop = () => child.kill('SIGKILL');
  process.on('exit', stop);
  const chunks = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  child.stderr.on('data', (chunk) => chunks.push(chunk));
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({status: error.code, text: error.message}));
    child.on('close', (code, signal) => {
      process.off('exit', stop);
      resolve({status: code ?? signal, text: Buffer.concat(chunks).toString()});
    });
  });
}

/** The npm that called us, or the one on PATH. */
function npmCommand() {
  const caller = process.env['npm_execpath'] ?? '';
  return /npm-cli\.c?js$/.test(caller) && existsSync(caller)
    ? {command: process.execPath, args: [caller]}
    : {command: 'npm', args: []};
}

function installProblem(status, text) {
  const what = 'the dependencies could not be installed';
  if (status === 'ENOENT') {
    return {what, why: 'there is no npm on PATH', next: 'install npm (it comes with Node.js), then try again'};
  }
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !/^npm error\s*(?:at .*)?$/.test(line));
  const why = `npm ci says\n${lines.slice(0, shownLines).join('\n')}`;
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED/.test(text)) {
    return {what, why, next: 'the package registry cannot be reached: go online, then try again'};
  }
  return {what, why, next: 'mend what npm names, then try again'};
}

function say(what) {
  console.error(`setup: ${what} ...`);
  return performance.now();
}

function done(what, started) {
  console.error(`setup: ${what} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
