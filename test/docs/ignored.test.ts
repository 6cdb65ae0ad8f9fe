import {execFileSync, spawnSync} from 'node:child_process';
import {copyFileSync, readdirSync, readFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {tempDir} from '../support/temp-dir.js';
import {blocksIn} from './console.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const guides = readdirSync(join(root, 'docs/guides')).map((name) => join(root, 'docs/guides', name));

test('git takes nothing that the README and the guides make, and no secret key', (t) => {
  const repository = tempDir(t);
  execFileSync('git', ['init', '-q', repository]);
  copyFileSync(join(root, '.gitignore'), join(repository, '.gitignore'));
  const pages = [join(root, 'README.md'), ...guides];
  const made = new Map<string, string>();
  for (const page of pages) {
    for (const language of ['console', 'sh']) {
      for (const [, folder] of blocksIn(readFileSync(page, 'utf8'), language)
        .join('\n')
        .matchAll(/(?:--data-dir|--state-dir|bartizan backup) ([\w./-]+)/g)) {
        made.set(join(folder!, 'store', 'CURRENT'), basename(page));
      }
    }
  }
  t.true(made.size > 6);
  for (const name of ['tower.key', 'alice/user.key', 'anywhere/below/user.key', 'receipts/ID/KEY/receipts.jsonl'])
    made.set(name, 'what keys are called');
  for (const [path, page] of made) {
    t.is(spawnSync('git', ['check-ignore', '-q', path], {cwd: repository}).status, 0, `${path} of ${page}`);
  }
});
