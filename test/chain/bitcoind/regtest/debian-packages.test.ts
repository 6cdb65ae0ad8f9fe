import {existsSync} from 'node:fs';
import {readdir, readFile, writeFile} from 'node:fs/promises';
import {delimiter, join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {fetchFromPackages} from '../../../../src/chain/bitcoind/regtest/debian-packages.js';
import {tempDir} from '../../../support/temp-dir.js';

/** A Debian whose apt downloads one package, or does what is given instead. */
async function aDebian(t: ExecutionContext, install = 'touch "$archives/tool.deb"') {
  const [bin, home] = [tempDir(t), tempDir(t)];
  const programs = {
    'apt-get': `for word in "$@"; do case $word in
      Dir::Cache::archives=*) archives=\${word#*=};;
      indextargets) echo http://mirror.invalid/debian/ bookworm main;;
      install) ${install};;
    esac; done`,
    'dpkg-deb': `echo unpacked >>'${home}/unpacked'; mkdir -p "$3/usr"; touch "$3/usr/tool"`,
  };
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`, {mode: 0o755});
  }
  const {PATH = ''} = process.env;
  process.env['PATH'] = `${bin}${delimiter}${PATH}`;
  t.teardown(() => (process.env['PATH'] = PATH));
  await writeFile(join(home, 'os-release'), 'ID=debian\nVERSION_CODENAME=bookworm\n');
  const folder = join(home, 'cache/tool');
  const find = async (where: string) => (existsSync(join(where, 'usr/tool')) ? where : undefined);
  const wanted = {name: 'tool', packages: ['tool'], suites: ['bookworm'], notNeeded: ['libc6'], folder, find} as const;
  return {
    folder,
    unpacked: () => readFile(join(home, 'unpacked'), 'utf8'),
    fetch: () => fetchFromPackages(wanted, () => undefined, join(home, 'os-release')),
  };
}

test.serial('two who want the same program fetch it once', async (t) => {
  const {folder, fetch, unpacked} = await aDebian(t);
  t.deepEqual(await Promise.all([fetch(), fetch()]), [folder, folder]);
  t.is(await unpacked(), 'unpacked\n');
  t.deepEqual((await readdir(join(folder, '..'))).sort(), ['tool', 'tool.lock']);
});

test.serial('a download that fails says why and leaves nothing behind', async (t) => {
  const {folder, fetch} = await aDebian(t, 'echo no such package >&2; exit 100');
  await t.throwsAsync(fetch(), {message: 'tool could not be downloaded: no such package'});
  t.deepEqual(await readdir(join(folder, '..')), ['tool.lock']);
});

test.serial('a package without the program is an error', async (t) => {
  const {fetch} = await aDebian(t, 'true');
  await t.throwsAsync(fetch(), {message: /^tool was unpacked, but there is no tool in it/});
});
