import test from 'ava';
import {OperationalError} from '../../src/errors/index.js';
import {MemoryStore} from '../../src/store/index.js';
import {unsigned} from '../support/deposits.js';
import {FaultyStore} from '../support/faulty-store.js';
import {locator, publicKey} from '../support/keys.js';
import {allRows} from '../support/rows.js';
import {World} from '../support/world.js';

/** What a restart does not make good by itself is asked again by whoever had no answer. */
type Step = readonly [again: 'by the restart' | 'by hand', bring: (world: World) => Promise<unknown>];

const appoint = (world: World, blobBytes: number) =>
  world.tower.gatekeeper.addUpdateAppointment(publicKey(2), unsigned(locator(1), {blobBytes}));

/** A life with every kind of event, each step of which is one write. */
const life: Step[] = [
  ['by hand', (world) => world.register(2)],
  ['by hand', (world) => world.register(3)],
  ['by hand', (world) => appoint(world, 5_000)],
  ['by the restart', (world) => world.mine(5)],
  ['by hand', (world) => world.register(3)],
  ['by hand', (world) => appoint(world, 1)],
  ['by the restart', (world) => world.mine(7)],
  ['by the restart', (world) => world.disconnect(1)],
  ['by the restart', (world) => world.mine(1)],
  ['by hand', (world) => world.register(2)],
  ['by the restart', (world) => world.disconnect(3)],
  ['by the restart', (world) => world.mine(4)],
  ['by the restart', (world) => world.changeSettings({expiryDelta: 1})],
  ['by hand', (world) => world.tower.operator.extend({key: publicKey(3)}, 5, 'operator')],
  ['by hand', (world) => world.tower.operator.delete({key: publicKey(2)}, 'operator')],
  ['by the restart', (world) => world.mine(130)],
];

const aWorld = async (t: Parameters<typeof World.begin>[0]) => {
  const rows = new FaultyStore(new MemoryStore());
  return {rows, world: await World.begin(t, {openRows: async () => rows})};
};

for (const fate of ['fails before', 'fails after'] as const) {
  test(`a write that ${fate} it is made leaves exactly that state, and a restart goes on as if nothing had been`, async (t) => {
    const straight = await aWorld(t);
    const states = [await allRows(straight.rows)];
    const writesAtStart = straight.rows.writes.length;
    for (const [, bring] of life) {
      await bring(straight.world);
      states.push(await allRows(straight.rows));
    }
    t.is(straight.rows.writes.length - writesAtStart, life.length);
    const digest = await straight.world.tower.digest();

    for (const [struck, [again]] of life.entries()) {
      const {rows, world} = await aWorld(t);
      for (const [i, [, bring]] of life.entries()) {
        if (i !== struck) {
          await bring(world);
          continue;
        }
        const heard = world.events.length;
        rows.next = fate;
        const error = await t.throwsAsync(bring(world), {instanceOf: OperationalError});
        t.true(error.code === 'TOWER_HALTED' || error.code === 'TOWER_STORE_FAILED');
        t.is(world.tower.halted?.code, 'TOWER_STORE_FAILED');
        t.is(world.tower.state.error?.code, 'TOWER_STORE_FAILED', 'the state says why');
        t.deepEqual(
          world.events.slice(heard).filter(({type}) => type !== 'state_changed'),
          [],
          'nobody heard of it',
        );
        t.deepEqual(await allRows(rows), states[fate === 'fails before' ? i : i + 1]!, `step ${i}`);

        await world.restart();
        if (again === 'by hand' && fate === 'fails before') await bring(world);
        t.deepEqual(await allRows(rows), states[i + 1]!, `step ${i}, after the restart`);
        t.deepEqual(await world.problems(), []);
      }
      t.is(await world.tower.digest(), digest, `struck at step ${struck}`);
      await world.tower.close();
    }
  });
}
