import test from 'ava';
import {expiry, heightInWords} from '../../../src/sim/timeline/heights.js';

interface At {
  readonly height: number;
  readonly tip: number;
}

const says = test.macro({
  title: (_, at: At) => `at tip ${at.tip}, an expiry at ${at.height} reads as a person would say it`,
  exec(t, at: At, words: string) {
    t.is(heightInWords(at.height, {tipHeight: at.tip, saying: expiry}), words);
  },
});

test(says, {height: 4440, tip: 120}, 'expires at 4440, in 4,320 blocks, about 30 days');
test(says, {height: 4440, tip: 4439}, 'expires at 4440, in 1 block, about 10 minutes');
test(says, {height: 4440, tip: 4435}, 'expires at 4440, in 5 blocks, about 50 minutes');
test(says, {height: 4440, tip: 4434}, 'expires at 4440, in 6 blocks, about 1 hour');
test(says, {height: 4440, tip: 4153}, 'expires at 4440, in 287 blocks, about 48 hours');
test(says, {height: 4440, tip: 4152}, 'expires at 4440, in 288 blocks, about 2 days');
test(says, {height: 105_120, tip: 0}, 'expires at 105120, in 105,120 blocks, about 2 years');
test(says, {height: 4440, tip: 4440}, 'expired at 4440, in this block');
test(says, {height: 4440, tip: 4441}, 'expired at 4440, 1 block ago');
test(says, {height: 4440, tip: 5443}, 'expired at 4440, 1,003 blocks ago');
