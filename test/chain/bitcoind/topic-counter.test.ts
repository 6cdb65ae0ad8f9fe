import test from 'ava';
import fc from 'fast-check';
import {TopicCounter} from '../../../src/chain/bitcoind/topic-counter.js';

const stepsOf = (...counters: number[]): string[] => {
  const counter = new TopicCounter();
  return counters.map((value) => counter.step(value));
};

test('the first message is the baseline, whatever its number', (t) => {
  t.deepEqual(stepsOf(77, 78), ['first', 'next']);
});

test('a number that is left out is a gap, and counting goes on from there', (t) => {
  t.deepEqual(stepsOf(1, 3, 4), ['first', 'gap', 'next']);
});

test('the counter wraps at 2^32 without a gap', (t) => {
  t.deepEqual(stepsOf(2 ** 32 - 2, 2 ** 32 - 1, 0, 1), ['first', 'next', 'next', 'next']);
});

test('a gap across the wrap is a gap', (t) => {
  t.deepEqual(stepsOf(2 ** 32 - 1, 1), ['first', 'gap']);
});

test('a step back means that the node has started anew', (t) => {
  t.deepEqual(stepsOf(50, 0, 1), ['first', 'restarted', 'next']);
  t.deepEqual(stepsOf(50, 3), ['first', 'restarted']);
});

test('a message that comes twice is no gap', (t) => {
  t.deepEqual(stepsOf(5, 5, 6), ['first', 'repeated', 'next']);
});

test('of consecutive messages from any start, exactly the ones after a loss are gaps', (t) => {
  fc.assert(
    fc.property(
      fc.integer({min: 0, max: 2 ** 32 - 1}),
      fc.array(fc.boolean(), {minLength: 2, maxLength: 50}),
      (start, arrives) => {
        const counter = new TopicCounter();
        counter.step(start);
        let lost = false;
        arrives.forEach((arrived, index) => {
          if (!arrived) {
            lost = true;
            return;
          }
          const step = counter.step((start + 1 + index) % 2 ** 32);
          if (step !== (lost ? 'gap' : 'next')) throw new Error(`message ${index} is a ${step}`);
          lost = false;
        });
      },
    ),
  );
  t.pass();
});
