import {readFile} from 'node:fs/promises';
import test from 'ava';
import {parseFixture} from '../../../src/chain/fixture.js';
import {runHere} from '../../cli/harness.js';
import {played} from '../../support/lived-tape.js';
import {sealed} from '../../support/tapes.js';

const path = `${process.cwd()}/fixtures/tapes/regtest-reorgs`;
const digest = '40872b413156c5a3c4e1e7fe5fa87eb52f931ecafe20579c995bd3de06379189';
const text = await readFile(`${path}.tape`, 'utf8');
const blocks = parseFixture(await readFile(`${path}.hex`, 'utf8'), path).blocks.map(({raw}) => raw);

const replayed = async (...options: string[]) => {
  const {status, stdout, stderr} = await runHere(['replay', `${path}.tape`, ...options, '--json']);
  return {status, stderr, ...(JSON.parse(stdout) as Record<string, unknown>)};
};

test('the tape of a tower on a real bitcoind ends in its state without any node', async (t) => {
  t.like(await replayed(), {status: 0, stderr: '', events: 86, replayed: 86, height: 47, digest});
});

test('the tape of a tower on a real bitcoind ends in its state on a simulated chain that is given its blocks', async (t) => {
  t.like(await replayed('--blocks', `${path}.hex`), {status: 0, replayed: 86, digest, divergence: null});
});

test('the tape of a tower on a real bitcoind ends in its state on a fake bitcoind, through the adapter', async (t) => {
  t.like(await replayed('--blocks', `${path}.hex`, '--chain', 'fake-bitcoind'), {status: 0, replayed: 86, digest});
});

test('a tower that lives through a tape again does not follow a chain that lacks a block of it', async (t) => {
  await t.throwsAsync(played(text, blocks.slice(0, -1), 'simulated chain'), {
    code: 'TOWER_INVALID_TAPE',
    message: /is on the tape, but not among the blocks/,
  });
});

test('a tape that begins with a state is nothing that a whole tower can live through', async (t) => {
  const headed = await sealed(text.replace('"begins":"log"', '"begins":"checkpoint"'));
  await t.throwsAsync(played(headed, blocks, 'simulated chain'), {
    message: /only whole logs can be lived through again/,
  });
});

test('a tower that lives through a tape again names the first event that goes otherwise', async (t) => {
  const forged = await sealed(text.replace('"subscription_expiry":42', '"subscription_expiry":43'));
  t.like((await played(forged, blocks, 'fake bitcoind')).divergence, {event: 2, onTape: {type: 'device_authorized'}});
});
