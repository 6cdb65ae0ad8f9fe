#!/usr/bin/env node
import {existsSync} from 'node:fs';

const main = new URL('../dist/src/cli/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main);
} else {
  // Only a fresh clone can come here: the package carries dist.
  console.error('error: Bartizan is not built yet\nhint: Run `npm run build` in its folder, or `npm start`.');
  process.exitCode = 1;
}
