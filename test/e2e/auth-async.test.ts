import test from 'ava';
import {killSeed, liveThroughKills} from './support/auth-async.js';

const {KILLS, CI = ''} = process.env;
/** A kill costs nearly a second, most of it for loading the program. */
const kills = Number(KILLS ?? (CI === '' ? 15 : 100));

test.serial(
  `the example decides every request once, over ${kills} kills on the simulated chain (KILL_SEED=${killSeed})`,
  async (t) => {
    t.timeout(600_000);
    await liveThroughKills(t, {kills, uri: 'bind=tcp://0.0.0.0:1234'});
  },
);
