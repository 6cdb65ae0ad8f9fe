import test, {type ExecutionContext} from 'ava';
import {Chromium} from './chromium.js';
import {findChromium} from './chromium-program.js';
import {testWithout} from './missing.js';

const found = await findChromium({progress: (line) => console.error(`chromium for tests: ${line}`)}).catch(
  (error: Error) => error,
);

/**
 * A test in a real browser, one at a time in a file. Where there is none it is skipped with a warning, but fails when
 * `CI` is set.
 */
export function browserTest(title: string, run: (t: ExecutionContext, browser: Chromium) => Promise<void>): void {
  if (found instanceof Error) {
    testWithout('chromium', title, found);
    return;
  }
  test.serial(title, async (t) => {
    const browser = await Chromium.start(found);
    t.teardown(() => browser.stop());
    await run(t, browser);
  });
}
