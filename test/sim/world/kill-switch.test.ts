import test from 'ava';
import {KillSwitch} from '../../../src/sim/world/kill-switch.js';
import {MemoryStore} from '../../../src/store/index.js';

const value = Uint8Array.of(7);

function aGuardedStore() {
  const rows = new MemoryStore();
  const killSwitch = new KillSwitch();
  return {rows, killSwitch, guarded: killSwitch.guard(rows)};
}

test('until it is armed, a kill switch lets everything through', async (t) => {
  const {rows, killSwitch, guarded} = aGuardedStore();
  await guarded.write([['a', value]]);
  t.deepEqual(await rows.get('a'), value);
  t.deepEqual(await guarded.getMany(['a', 'b']), [value, undefined]);
  t.is(killSwitch.takeFired(), undefined);
});

test('a kill before the commit loses the whole batch, and fires once', async (t) => {
  const {rows, killSwitch, guarded} = aGuardedStore();
  killSwitch.arm('kill_before_commit');
  await t.throwsAsync(guarded.write([['a', value]]), {code: 'TOWER_STORE_FAILED'});
  t.is(await rows.get('a'), undefined);
  t.is(killSwitch.takeFired(), 'kill_before_commit');
  t.is(killSwitch.takeFired(), undefined);
  await guarded.write([['a', value]]);
  t.deepEqual(await rows.get('a'), value);
});

test('a kill after the commit keeps the batch, and nobody is told', async (t) => {
  const {rows, killSwitch, guarded} = aGuardedStore();
  killSwitch.arm('kill_after_commit');
  await t.throwsAsync(guarded.write([['a', value]]), {code: 'TOWER_STORE_FAILED'});
  t.deepEqual(await rows.get('a'), value);
  t.is(killSwitch.takeFired(), 'kill_after_commit');
});

test('a disarmed kill switch does nothing', async (t) => {
  const {killSwitch, guarded} = aGuardedStore();
  t.false(killSwitch.disarm());
  killSwitch.arm('kill_before_commit');
  t.true(killSwitch.disarm());
  await t.notThrowsAsync(guarded.write([['a', value]]));
});
