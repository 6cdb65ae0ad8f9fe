import test from 'ava';
import {SimulatedChain} from '../../src/chain/index.js';
import {KillSwitch} from '../../src/sim/kill-switch.js';
import {Simulation, type SimulationOptions} from '../../src/sim/simulation.js';
import type {TowerEvent} from '../../src/tower/events.js';

const settings = {subscriptionSlots: 5, subscriptionDuration: 10, expiryDelta: 3};

const aSimulation = (options: SimulationOptions = {}) => Simulation.open({settings, startHeight: 100, ...options});

test('a simulation does what it is told, one thing after the other, and says what came of it', async (t) => {
  const simulation = await aSimulation();
  const register = simulation.perform({type: 'register', user: 'alice'});
  const mine = simulation.perform({type: 'mine', blocks: 10});
  const stateOf = (state: 'active' | 'expired') =>
    simulation.perform({type: 'expect', expectations: [{type: 'user', user: 'alice', state}]});
  t.deepEqual(await Promise.all([register, mine]), [[], []]);
  t.like(await stateOf('expired'), [{met: true}]);
  t.like(await stateOf('active'), [{met: false, actual: 'alice is expired'}]);
  t.like(await simulation.perform({type: 'renew', user: 'bob'}), [
    {met: false, claim: 'bob has a subscription to renew', actual: 'bob had none and registered anew'},
  ]);
  t.is(simulation.height, 110);
  t.is(simulation.blocks, 10);
  t.is(simulation.tower.tip?.hash, simulation.chain.tip.hash);
  await simulation.close();
});

test('whoever looks on sees tower and rows after every block and step, and every event', async (t) => {
  const seen: string[] = [];
  const events: TowerEvent[] = [];
  const simulation: Simulation = await aSimulation({
    onEvent: (event) => events.push(event),
    afterBlock: () => void seen.push(`block ${heightNow()}`),
    afterStep: (action, {tower}) => void seen.push(`${action.type}, ${tower.gatekeeper.registeredUsers.size} users`),
  });
  const heightNow = () => simulation.tower.tip?.height;
  await simulation.perform({type: 'register', user: 'alice'});
  await simulation.perform({type: 'mine', blocks: 2});
  t.deepEqual(seen, ['register, 1 users', 'block 101', 'block 102', 'mine, 1 users']);
  t.deepEqual(
    events.map(({type}) => type),
    ['started', 'user_registered', 'block_connected', 'block_connected'],
  );
  await simulation.close();
});

test('a source over the simulated chain, and a disk that ends the tower, change nothing of what comes out', async (t) => {
  const disk = new KillSwitch();
  let sources = 0;
  const plain = await aSimulation();
  const troubled = await aSimulation({
    guards: [disk],
    source: (chain) => {
      sources++;
      const copy = new SimulatedChain({seed: 'another'});
      chain.onWake(() => {
        for (const raw of chain.arrivals()) copy.submit(raw);
      });
      return copy;
    },
  });
  for (const simulation of [plain, troubled]) {
    await simulation.perform({type: 'register', user: 'alice'});
    disk.arm('kill_before_commit');
    await simulation.perform({type: 'mine', blocks: 12});
    disk.arm('kill_after_commit');
    await simulation.perform({type: 'renew', user: 'alice'});
    await simulation.perform({type: 'reorg', depth: 4, blocks: 6});
  }
  t.is(sources, 1);
  t.is(await troubled.digest(), await plain.digest());
  await plain.close();
  await troubled.close();
});
