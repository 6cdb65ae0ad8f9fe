import test from 'ava';
import {assertTransition, firstState, transitions} from '../../../src/gatekeeper/auth/transitions.js';
import type {RequestState} from '../../../src/store/request-row.js';

const states: readonly RequestState[] = ['pending', 'approved', 'denied', 'expired', 'failed', 'superseded'];
const edges = [
  'pending approved',
  'pending denied',
  'pending failed',
  'pending expired',
  'pending superseded',
  'expired pending',
  'expired superseded',
];

for (const from of states) {
  for (const to of states) {
    const edge = `${from} ${to}`;
    test(`a request ${edges.includes(edge) ? 'can' : 'cannot'} go from ${from} to ${to}`, (t) => {
      if (edges.includes(edge)) t.notThrows(() => assertTransition(from, to));
      else
        t.throws(() => assertTransition(from, to), {code: 'TOWER_INVARIANT', message: new RegExp(`${from} to ${to}`)});
    });
  }
}

test('every state can be reached, and only pending and expired can be left', (t) => {
  const reached = new Set([firstState]);
  for (const {from, to} of transitions) if (reached.has(from)) reached.add(to);
  t.deepEqual([...reached].sort(), [...states].sort());
  t.deepEqual(new Set(transitions.map(({from}) => from)), new Set(['pending', 'expired']));
});

test('only time undone reopens a request, and only time passed lets one expire', (t) => {
  const movers = (from: RequestState, to?: RequestState) =>
    transitions.filter((move) => move.from === from && (to ?? move.to) === move.to).map(({by}) => by);
  t.deepEqual(new Set(movers('expired')), new Set(['disconnect']));
  t.deepEqual(movers('pending', 'expired'), ['block']);
});

test('no two transitions have the same ends and the same mover', (t) => {
  const names = transitions.map(({from, to, by}) => `${from} ${to} ${by}`);
  t.is(new Set(names).size, names.length);
});
