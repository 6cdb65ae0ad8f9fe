import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';

/** An empty folder of the test's own, removed when the test has ended, however it ended. */
export function tempDir(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), 'bartizan-test-'));
  t.teardown(() => rmSync(path, {recursive: true, force: true, maxRetries: 3}));
  return path;
}
