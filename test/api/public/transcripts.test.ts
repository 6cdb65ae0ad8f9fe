import test from 'ava';
import {converse, towerOf, transcript} from './support/transcript.js';

for (const [name, what] of [
  ['errors', 'what is malformed, and who is unknown'],
  ['life', 'subscriptions from registration to deletion and back'],
] as const) {
  test(`a tower answers as rust-teos does: ${what}`, async (t) => {
    const told = transcript(name);
    const tower = await towerOf(t, told);
    await tower.says(/state=synced/);
    await converse(t, tower, told);
    t.like(await tower.admin.verify(), {problemCount: 0});
  });
}

test('a tower whose settings lead past the last height there is does not start', async (t) => {
  const tower = await towerOf(t, transcript('limits'));
  const {status, log} = await tower.ended;
  t.is(status, 2);
  t.regex(
    log.join('\n'),
    /^error: subscription_duration \(4294967295\) and expiry_delta \(6\) lead .*\n.*\[TOWER_INVALID_SETTING\]$/,
  );
});

test('a fresh tower learns with its first block that its settings lead too far, and ends', async (t) => {
  const told = transcript('limits');
  const fromGenesis = {...told.settings, subscription_duration: 4_294_967_295 - 6 - 119};
  const {status, log} = await (await towerOf(t, {...told, settings: fromGenesis})).ended;
  t.is(status, 2);
  t.regex(log.join('\n'), /lead from block 120 past block 4294967295/);
  const tower = await towerOf(t, {...told, settings: {...fromGenesis, subscription_duration: 4_294_967_295 - 6 - 120}});
  await tower.says(/state=synced/);
});

test('a tower answers as rust-teos does when a subscription can hold no more slots', async (t) => {
  const told = transcript('limits');
  const steps = told.steps.filter((step) => 'match' in step && step.name.startsWith('register'));
  const [first, again] = steps as [Extract<(typeof steps)[0], {match: string}>, (typeof steps)[0]];
  const fitting = {...told, settings: {...told.settings, subscription_duration: 4320}};
  const tower = await towerOf(t, fitting);
  await tower.says(/state=synced/);
  await converse(t, tower, {...fitting, steps: [{...first, match: 'fields'}, again]});
});
