import test from 'ava';
import {until} from './until.js';

test('what does not come is named, and is not looked for all the time', async (t) => {
  let looks = 0;
  const isThere = async (): Promise<boolean> => ++looks < 0;
  await t.throwsAsync(
    until(() => isThere(), {withinMs: 300}),
    {message: 'waited 0.3 s in vain until isThere()'},
  );
  t.true(looks > 100 && looks < 250, `${looks} looks`);
  await until(() => ++looks > 0);
});
