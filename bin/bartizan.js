#!/usr/bin/env node
import {existsSync} from 'node:fs';

// In a clone, the command sets itself up and follows the sources; an installed package is complete.
if (existsSync(new URL('../tsconfig.json', import.meta.url))) await import('../scripts/setup.js');
await import('../dist/src/cli/main.js');
