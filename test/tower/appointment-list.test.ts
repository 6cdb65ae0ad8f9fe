import test from 'ava';
import type {Place} from '../../src/gatekeeper/appointment-place.js';
import {appoint} from '../support/appointments.js';
import {signedBy} from '../support/deposits.js';
import {locator, publicKey} from '../support/keys.js';
import {World} from '../support/world.js';

/** All pages of so many, put together. */
async function pages(world: World, limit: number, wanted?: string) {
  const found = [];
  for (let after: Place | null | undefined; after !== null;) {
    const page = await world.tower.operator.appointments({locator: wanted, after, limit});
    found.push(...page.appointments);
    after = page.next;
  }
  return found;
}

test('appointments are listed with whose they are and what they take, and without their blobs', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  const encryptedBlob = Buffer.alloc(5_000, 7);
  const deposit = signedBy(2, {locator: locator(9), encryptedBlob});
  await world.mine();
  await world.tower.gatekeeper.addUpdateAppointment(publicKey(2), deposit);
  t.like(await world.tower.operator.appointments({limit: 10}), {
    appointments: [
      {
        ...{subscription: 1, locator: locator(9), userId: 1, device: publicKey(2)},
        ...{slots: 3, blobBytes: 5_000, startBlock: 101, toSelfDelay: 42, signature: deposit.signature},
      },
    ],
    next: null,
  });
});

test('appointments come page by page, and those of a locator alone', async (t) => {
  const world = await World.begin(t);
  for (const user of [2, 3, 4]) await world.register(user);
  for (const [id, count] of [
    [1, 3],
    [2, 1],
    [3, 5],
  ] as const) {
    await appoint(world, id, count);
  }
  const all = await pages(world, 1_000);
  t.deepEqual(
    all.map(({userId, locator: name}) => [userId, Number.parseInt(name, 16)]),
    [...[1, 2, 3].map((n) => [1, n]), [2, 1], ...[1, 2, 3, 4, 5].map((n) => [3, n])],
  );
  for (let limit = 1; limit <= 10; limit++) t.deepEqual(await pages(world, limit), all, `pages of ${limit}`);
  for (let limit = 1; limit <= 4; limit++) {
    const found = await pages(world, limit, locator(1).toUpperCase());
    t.deepEqual(
      found.map(({userId}) => userId),
      [1, 2, 3],
    );
  }
  t.deepEqual(await pages(world, 10, locator(6)), []);
  t.deepEqual(await world.tower.gatekeeper.findAppointments(locator(1)), await pages(world, 10, locator(1)));
});

test('what a deleted user has left is not listed, and is passed over without reading it', async (t) => {
  const world = await World.begin(t);
  for (const user of [2, 3, 4]) await world.register(user);
  await appoint(world, 1, 2);
  await appoint(world, 2, 20_000);
  await appoint(world, 3, 2);
  await world.tower.operator.delete({userId: 2}, 'operator');
  const {snapshot} = world.rows;
  let read = 0;
  world.rows.snapshot = () => {
    const rows = snapshot.call(world.rows);
    const {getMany} = rows;
    rows.getMany = (keys) => {
      read += keys.length;
      return getMany.call(rows, keys);
    };
    return rows;
  };
  t.deepEqual(
    (await pages(world, 1_000)).map(({userId}) => userId),
    [1, 1, 3, 3],
  );
  t.true(read < 5_000, `${read} rows were read`);
  t.deepEqual(
    (await pages(world, 1)).map(({userId}) => userId),
    [1, 1, 3, 3],
  );
  t.deepEqual(
    (await pages(world, 2, locator(2))).map(({userId}) => userId),
    [1, 3],
  );
});

test('those of a user whom a block has deleted come back with him', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  await appoint(world, 1, 2);
  await world.mineTo(112);
  t.deepEqual(await pages(world, 10), []);
  await world.disconnect(1);
  t.is((await pages(world, 10)).length, 2);
});

test('a user who has the id of another has none of his appointments', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  await appoint(world, 1, 2);
  await world.tower.operator.delete({userId: 1}, 'operator');
  await world.tower.auth.authorizeUser(publicKey(3), 1, 'operator');
  t.deepEqual(await pages(world, 10), []);
  t.deepEqual(await pages(world, 10, locator(1)), []);
  t.deepEqual(await world.problems(), []);
});

test('what is no locator is refused', async (t) => {
  const world = await World.begin(t);
  for (const wanted of ['', 'ab', `${locator(1)}00`, 'zz'.repeat(16)]) {
    await t.throwsAsync(world.tower.operator.appointments({locator: wanted, limit: 1}), {
      code: 'TOWER_INVALID_PARAMETER',
    });
  }
});
