import {readFileSync} from 'node:fs';
import type {Row} from '../../src/store/index.js';

/** The rows of a store that an earlier version has written: key and value in hex, a row a line. */
export function storedRows(name: string): Row[] {
  const text = readFileSync(new URL(`../../../fixtures/stores/${name}`, import.meta.url), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [key = '', value = ''] = line.split(' ');
      return [Buffer.from(key, 'hex').toString('latin1'), Buffer.from(value, 'hex')];
    });
}
