import {readFile, writeFile} from 'node:fs/promises';
import test from 'ava';
import {renderSvg} from '../../src/sim/report/report.js';
import {readScenario} from '../../src/sim/scenario/scenario-file.js';
import {storyOf} from '../support/stories.js';

const picture = new URL('../../../docs/images/report.svg', import.meta.url);

test('the picture in the docs is what the tour looks like, with UPDATE_DOCS=1 it is drawn anew', async (t) => {
  const svg = renderSvg(await storyOf(await readScenario('fixtures/scenarios/tour.yaml')));
  if (process.env['UPDATE_DOCS'] === '1') await writeFile(picture, svg);
  t.true((await readFile(picture, 'utf8')) === svg, 'UPDATE_DOCS=1 npx ava dist/test/docs/report.test.js draws it');
});
