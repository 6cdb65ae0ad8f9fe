import {readFileSync} from 'node:fs';

/** The modules of the page, those first that others need. */
const modules = [
  'drawing/text',
  'drawing/packing',
  'drawing/axis',
  'drawing/marks',
  'drawing/scene',
  'drawing/draw-chain',
  'drawing/draw-users',
  'drawing/draw-requests',
  'drawing/draw-rows',
  'page/dom',
  'page/hint',
  'page/step',
  'page/log',
  'page/stage',
  'page/main',
];

/** The compiled modules as one script: a page without a network can import nothing. */
export function pageScript(): string {
  const bodies = modules.map((name) =>
    readFileSync(new URL(`./${name}.js`, import.meta.url), 'utf8')
      .replaceAll(/^import\s[^;]*;\n/gm, '')
      .replaceAll(/^export /gm, '')
      .replaceAll(/^\/\/# sourceMappingURL.*$/gm, ''),
  );
  return `'use strict';\n(() => {\n${bodies.join('')}})();\n`;
}
