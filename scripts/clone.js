import {existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

const sourceFolders = ['src', 'test', 'bench'];
const otherInputs = ['tsconfig.json', 'package.json', 'package-lock.json'];
const outputEnding = /(?:\.d\.ts|\.js|\.js\.map)$/;

/** A working copy of the repository, and what is known about its `node_modules` and `dist`. Paths are relative to it. */
export class Clone {
  constructor(url) {
    this.root = fileURLToPath(url);
    this.installStamp = 'node_modules/.bartizan-installed';
    this.buildStamp = 'dist/.bartizan-built';
  }

  path(name) {
    return this.root + name;
  }

  isReady() {
    // An installed package has no sources and is complete.
    return !existsSync(this.path('tsconfig.json')) || (this.isInstalled() && this.isBuilt());
  }

  /** The stamp is a copy of the package-lock.json that was installed. */
  isInstalled() {
    const lockFile = this.read('package-lock.json');
    if (this.read(this.installStamp) === lockFile) return true;
    if (!this.#holdsWhatIsLocked(lockFile)) return false;
    writeFileSync(this.path(this.installStamp), lockFile);
    return true;
  }

  /** Whether somebody else's `npm install` has put the locked versions there; npm lists them once it has finished. */
  #holdsWhatIsLocked(lockFile) {
    const installed = this.read('node_modules/.package-lock.json');
    if (installed === undefined) return false;
    const {packages: there} = JSON.parse(installed);
    const {packages: locked} = JSON.parse(lockFile);
    const asked = new Set([locked[''] ?? {}, ...Object.values(there)].flatMap(namesOf));
    // What is optional stays away for good on another system than its own, and so does what only it needs.
    const mayMiss = (path, {optional, os, cpu}) =>
      optional && (os !== undefined || cpu !== undefined || !asked.has(path.split('node_modules/').at(-1)));
    return Object.entries(locked).every(
      ([path, one]) =>
        path === '' || (there[path] === undefined ? mayMiss(path, one) : there[path].integrity === one.integrity),
    );
  }

  isBuilt() {
    const stamp = this.read(this.buildStamp);
    return stamp !== undefined && stamp === this.fingerprint() && this.missingOutputs().length === 0;
  }

  /** Changes when a source is added, removed or written, even by an older version of it. */
  fingerprint() {
    return [...this.#sources(), ...otherInputs]
      .map((name) => {
        const {size, mtimeMs} = statSync(this.path(name));
        return `${name} ${size} ${mtimeMs}\n`;
      })
      .join('');
  }

  missingOutputs() {
    const there = new Set(this.#outputs());
    return this.#sources().filter((name) => !there.has(`dist/${name.replace(/\.ts$/, '.js')}`));
  }

  removeStaleOutputs() {
    const expected = new Set(this.#sources().map((name) => name.replace(/\.ts$/, '')));
    for (const name of this.#outputs()) {
      const source = name.slice('dist/'.length).replace(outputEnding, '');
      if (outputEnding.test(name) && !expected.has(source)) rmSync(this.path(name), {force: true});
    }
  }

  read(name) {
    try {
      return readFileSync(this.path(name), 'utf8');
    } catch (error) {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw error;
    }
  }

  #sources() {
    return sourceFolders.flatMap((folder) => this.#files(folder)).filter((name) => name.endsWith('.ts'));
  }

  #outputs() {
    return sourceFolders.flatMap((folder) => this.#files(`dist/${folder}`));
  }

  #files(folder) {
    if (!existsSync(this.path(folder))) return [];
    const entries = readdirSync(this.path(folder), {withFileTypes: true}).sort((a, b) => (a.name < b.name ? -1 : 1));
    return entries.flatMap((entry) => {
      const name = `${folder}/${entry.name}`;
      return entry.isDirectory() ? this.#files(name) : [name];
    });
  }
}

const namesOf = ({dependencies, devDependencies, optionalDependencies}) =>
  Object.keys({...dependencies, ...devDependencies, ...optionalDependencies});
