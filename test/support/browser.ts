import test, {type ExecutionContext} from 'ava';
import {Chromium, findChromium} from './chromium.js';

const program = findChromium();
const inCi = (process.env['CI'] ?? '') !== '';

/** A test in a real browser. Without one it is skipped with a warning, but fails when `CI` is set. */
export function browserTest(title: string, run: (t: ExecutionContext, browser: Chromium) => Promise<void>): void {
  if (program !== undefined) {
    test.serial(title, async (t) => {
      const browser = await Chromium.start(program);
      t.teardown(() => browser.stop());
      await run(t, browser);
    });
  } else if (!inCi) {
    console.error(`SKIPPED for want of a chromium: ${title}`);
    test.skip(title, (t) => t.pass());
  } else {
    test.serial(title, (t) => t.fail('no chromium: install the package chromium, or name a program by CHROMIUM'));
  }
}
