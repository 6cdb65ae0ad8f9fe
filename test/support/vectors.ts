import {readFileSync} from 'node:fs';

const folder = new URL('../../../fixtures/vectors/', import.meta.url);

/** Reads a file of known answers. */
export const vectors = <T>(name: string): T => JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as T;

export const fromHex = (hex: string): Buffer => Buffer.from(hex, 'hex');
