import test from 'ava';
import {arrivalOrder} from '../../../src/chain/bitcoind/branches.js';

const active = ['a5', 'a6', 'a7', 'a8', 'a9'];

test('without branches the order is that of the chain', (t) => {
  t.deepEqual(arrivalOrder(active, 5, []), active);
});

test('a branch that was once active arrives before what replaced it', (t) => {
  const order = arrivalOrder(active, 5, [{hashes: ['b7', 'b8'], forkHeight: 6, wasActive: true}]);
  t.deepEqual(order, ['a5', 'a6', 'b7', 'b8', 'a7', 'a8', 'a9']);
});

test('of two branches that were active in turn the shorter was the first', (t) => {
  const order = arrivalOrder(active, 5, [
    {hashes: ['b7', 'b8'], forkHeight: 6, wasActive: true},
    {hashes: ['c7'], forkHeight: 6, wasActive: true},
  ]);
  t.deepEqual(order, ['a5', 'a6', 'c7', 'b7', 'b8', 'a7', 'a8', 'a9']);
});

test('a branch that never was active arrives block by block after those of its heights', (t) => {
  const order = arrivalOrder(active, 5, [{hashes: ['b8', 'b9'], forkHeight: 7, wasActive: false}]);
  t.deepEqual(order, ['a5', 'a6', 'a7', 'a8', 'b8', 'a9', 'b9']);
});

test('branches that share their first blocks give each block once', (t) => {
  const order = arrivalOrder(active, 5, [
    {hashes: ['b7', 'b8'], forkHeight: 6, wasActive: true},
    {hashes: ['b7', 'c8'], forkHeight: 6, wasActive: true},
  ]);
  t.is(order.length, new Set(order).size);
  t.deepEqual(order, ['a5', 'a6', 'b7', 'b8', 'c8', 'a7', 'a8', 'a9']);
});
