import test from 'ava';
import {findChromium} from './chromium-program.js';

test('a CHROMIUM that does not start is an error, not a reason to take another', async (t) => {
  const error = await t.throwsAsync(findChromium({env: {...process.env, CHROMIUM: '/nowhere/chromium'}}));
  t.regex(error.message, /CHROMIUM=\/nowhere\/chromium: .*ENOENT/);
});

test('where there is no chromium, the error says what was tried and what to do', async (t) => {
  const env = {PATH: '/nowhere', XDG_CACHE_HOME: '/nowhere'};
  const error = await t.throwsAsync(findChromium({env, fetch: false}));
  t.regex(
    error.message,
    /^no chromium .*\nbecause: tried CHROMIUM: not set; PATH: .*\nhint: install the package chromium/,
  );
});
