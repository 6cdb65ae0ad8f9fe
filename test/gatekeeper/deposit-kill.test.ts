import assert from 'node:assert/strict';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {Rejection} from '../../src/errors/index.js';
import {MemoryStore} from '../../src/store/index.js';
import {signedBy} from '../support/deposits.js';
import {FaultyStore} from '../support/faulty-store.js';
import {locator, publicKey, signingKey} from '../support/keys.js';
import {allRows} from '../support/rows.js';
import {World} from '../support/world.js';

interface Step {
  readonly user: number;
  readonly place: number;
  readonly blobBytes: number;
  /** How the write goes; a user who has no answer asks again. */
  readonly fate: FaultyStore['next'];
  readonly blocksBefore: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  user: fc.constantFrom(2, 3),
  place: fc.constantFrom(1, 2, 3),
  blobBytes: fc.constantFrom(0, 1, 2_049, 9_000, 20_000),
  fate: fc.constantFrom('goes well', 'fails before', 'fails after'),
  blocksBefore: fc.nat(1),
});

const key = signingKey(99);

async function aWorld(t: ExecutionContext): Promise<{rows: FaultyStore; world: World}> {
  const rows = new FaultyStore(new MemoryStore());
  const world = await World.begin(t, {key, openRows: async () => rows});
  await world.register(2);
  await world.register(3);
  return {rows, world};
}

/** The answer, or the code of the refusal. */
async function deposit(world: World, {user, place, blobBytes}: Step): Promise<unknown> {
  const content = {locator: locator(place), encryptedBlob: Buffer.alloc(blobBytes, place)};
  try {
    const {receipt, availableSlots} = await world.tower.gatekeeper.addUpdateAppointment(
      publicKey(user),
      signedBy(user, content),
    );
    return {receipt, availableSlots};
  } catch (error) {
    if (error instanceof Rejection) return error.code;
    throw error;
  }
}

test('a tower that is killed around a deposit has charged and stored it, or neither; sent again, it is there once', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, {minLength: 1, maxLength: 8}), async (script) => {
      const [straight, struck] = [await aWorld(t), await aWorld(t)];
      for (const step of script) {
        for (const {world} of [straight, struck]) if (step.blocksBefore > 0) await world.mine();
        const before = await allRows(straight.rows);
        const answer = await deposit(straight.world, step);
        const after = await allRows(straight.rows);

        struck.rows.next = step.fate;
        const given = await deposit(struck.world, step).catch(() => 'died');
        struck.rows.next = 'goes well';
        assert.deepEqual(await allRows(struck.rows), given === 'died' && step.fate === 'fails before' ? before : after);
        if (given === 'died') {
          await struck.world.restart();
          assert.deepEqual(await deposit(struck.world, step), answer);
        } else assert.deepEqual(given, answer);
        assert.deepEqual(await allRows(struck.rows), after);
        assert.deepEqual(await struck.world.problems(), []);
      }
      await straight.world.tower.close();
      await struck.world.tower.close();
    }),
    {numRuns: 60, includeErrorInReport: true},
  );
  t.pass();
});
