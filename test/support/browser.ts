import test, {type ExecutionContext} from 'ava';
import {Chromium, findChromium} from './chromium.js';

const program = findChromium();

/**
 * A test in a real browser, which no test fetches: where there is none it is skipped with a warning. One that is named by
 * CHROMIUM must be there.
 */
export function browserTest(title: string, run: (t: ExecutionContext, browser: Chromium) => Promise<void>): void {
  if (program === undefined) {
    console.error(
      `SKIPPED for want of a chromium (install the package chromium, or name a program by CHROMIUM): ${title}`,
    );
    test.skip(title, (t) => t.pass());
    return;
  }
  test.serial(title, async (t) => {
    const browser = await Chromium.start(program);
    t.teardown(() => browser.stop());
    await run(t, browser);
  });
}
