import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import {OperationalError} from '../../src/errors/index.js';
import {ManualTimers} from '../support/manual-timers.js';
import type {Call} from '../support/steered-source.js';
import {until} from '../support/until.js';
import {chainOfLog, World} from '../support/world.js';

type Fault =
  | {readonly mine: number}
  | {readonly reorg: number; readonly more: number}
  | {readonly lose: number}
  | {readonly find: true}
  | {readonly silent: boolean}
  | {readonly wakes: number}
  | {readonly failing: Call; readonly times: number}
  /** The source changes when it has been asked for headers so often. */
  | {readonly reorgAfter: number; readonly depth: number}
  | {readonly download: boolean}
  | {readonly turns: number}
  | {readonly restart: true}
  | {readonly register: number};

const faults: fc.Arbitrary<Fault[]> = fc.array(
  fc.oneof(
    {weight: 4, arbitrary: fc.record({mine: fc.integer({min: 1, max: 4})})},
    {weight: 1, arbitrary: fc.record({mine: fc.integer({min: 500, max: 1_100})})},
    {weight: 3, arbitrary: fc.record({reorg: fc.integer({min: 1, max: 12}), more: fc.integer({min: -3, max: 3})})},
    {weight: 2, arbitrary: fc.record({lose: fc.integer({min: 1, max: 6})})},
    {weight: 1, arbitrary: fc.constant({find: true} as const)},
    {weight: 2, arbitrary: fc.record({silent: fc.boolean()})},
    {weight: 2, arbitrary: fc.record({wakes: fc.integer({min: 1, max: 3})})},
    {
      weight: 3,
      arbitrary: fc.record({
        failing: fc.constantFrom<Call>('identity', 'sourceTip', 'header', 'standing', 'headers'),
        times: fc.integer({min: 1, max: 3}),
      }),
    },
    {weight: 2, arbitrary: fc.record({reorgAfter: fc.integer({min: 1, max: 3}), depth: fc.integer({min: 1, max: 12})})},
    {weight: 1, arbitrary: fc.record({download: fc.boolean()})},
    {weight: 4, arbitrary: fc.record({turns: fc.integer({min: 1, max: 20})})},
    {weight: 2, arbitrary: fc.constant({restart: true} as const)},
    {weight: 3, arbitrary: fc.record({register: fc.integer({min: 1, max: 3})})},
  ),
  {maxLength: 40},
);

test('whatever the source does, the tower ends at its tip, every height connected once net of disconnects', async (t) => {
  await fc.assert(
    fc.asyncProperty(faults, async (script) => {
      const timers = new ManualTimers();
      const world = await World.begin(t, {startHeight: 150, timers});
      const {source} = world;
      const failures = new Map<Call, number>();
      let reorgs: {after: number; depth: number}[] = [];
      // Deep enough reorgs have their own tests: here the branches stay within what can be undone.
      const lowest = () => Math.max(1, Math.max(world.height, source.tip.height) - 60);
      const reorg = (depth: number, more: number) => {
        const fork = Math.max(source.tip.height - depth, lowest());
        const gone = source.tip.height - fork;
        source.reorg({depth: gone, blocks: Math.max(0, gone + more)});
      };
      source.before = (call) => {
        const left = failures.get(call) ?? 0;
        if (left > 0) {
          failures.set(call, left - 1);
          throw new OperationalError('TOWER_BITCOIND_UNREACHABLE', 'no answer', {retryable: true});
        }
        if (call !== 'headers') return;
        for (const due of reorgs) if (--due.after === 0) reorg(due.depth, 1);
        reorgs = reorgs.filter(({after}) => after > 0);
      };
      for (const fault of script) {
        if ('mine' in fault) source.mine(fault.mine);
        else if ('reorg' in fault) reorg(fault.reorg, fault.more);
        else if ('lose' in fault) source.lose(Math.min(fault.lose, source.tip.height - lowest()));
        else if ('find' in fault) source.find();
        else if ('silent' in fault) source.silent = fault.silent;
        else if ('wakes' in fault) for (let i = 0; i < fault.wakes; i++) source.wake();
        else if ('failing' in fault) failures.set(fault.failing, fault.times);
        else if ('reorgAfter' in fault) reorgs.push({after: fault.reorgAfter, depth: fault.depth});
        else if ('download' in fault) source.initialDownload = fault.download;
        else if ('turns' in fault) {
          for (let i = 0; i < fault.turns; i++) await new Promise(setImmediate);
          timers.pass(100);
        } else if ('register' in fault) await world.register(fault.register);
        else {
          await world.tower.close();
          await world.reopen();
          world.tower.start();
        }
      }

      // The faults end, and the source gets ahead of everything the tower may have seen.
      source.before = () => undefined;
      source.silent = false;
      source.initialDownload = false;
      source.find();
      source.mine(Math.max(1, world.height + 1 - source.tip.height));
      await until(() => {
        timers.pass(30_000);
        return world.tower.tip!.hash === source.tip.hash;
      });
      assert.deepEqual(await world.problems(), []);
      const chain = chainOfLog(await world.log());
      assert.equal(chain.get(world.height), source.tip.hash);
      for (const [height, hash] of chain) assert.equal(hash, source.at(height).hash);
      await world.tower.close();
    }),
    {numRuns: 40, includeErrorInReport: true},
  );
  t.pass();
});
