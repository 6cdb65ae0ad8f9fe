import test from 'ava';
import {servedTower} from '../../../src/api/admin/served-tower.js';
import {deleteOutdated} from '../../../src/gatekeeper/expiry.js';
import {publicKey} from '../../support/keys.js';
import {World} from '../../support/world.js';

test('a receipt is answered even if the same batch deletes its user again', async (t) => {
  const world = await World.begin(t, {settings: {subscriptionDuration: 1, expiryDelta: 0}});
  const tower = servedTower({tower: world.tower, version: '0', stop: () => {}});
  const [receipt] = await Promise.all([
    tower.register(publicKey(1)),
    world.change(async (transaction) => void (await deleteOutdated(transaction, world.height + 1))),
  ]);
  t.is(world.userCount, 0);
  t.like(receipt, {userId: 1, key: publicKey(1), subscriptionExpiry: world.height + 1});
});
