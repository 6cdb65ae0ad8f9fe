import test from 'ava';
import {compareSemantics} from '../../../src/sim/semantics/compare.js';
import {type Comparison, type Semantics, semanticsNames} from '../../../src/sim/semantics/comparison.js';
import {PythonTeos} from '../../../src/sim/semantics/python-teos.js';
import {RustTeos} from '../../../src/sim/semantics/rust-teos.js';
import {readScenario} from '../../../src/sim/scenario/scenario-file.js';
import {runHere} from '../../cli/harness.js';

const scenario = (name: string): string => `${process.cwd()}/fixtures/scenarios/${name}.yaml`;

const compared = async (file: string): Promise<Comparison> =>
  compareSemantics(await readScenario(`fixtures/scenarios/${file}.yaml`), semanticsNames);

/** The lives of a user under some rules, and his expiry in the end. */
function fate({users}: Comparison, user: string, semantics: Semantics): string {
  const {lives, expiry} = users.find((one) => one.user === user)!.fates[semantics]!;
  const heights = lives.map(({from, to, restored}) => `${restored ? '+' : ''}${from}..${to ?? ''}`).join(' ');
  return expiry === null ? heights : `${heights} until ${expiry}`;
}

test('A: a user who expires at ten and has two blocks of grace goes in the same block under all rules', async (t) => {
  for (const model of [new PythonTeos(short, 100, 'every block'), new RustTeos(short, 100)]) {
    t.is(model.register('alice'), undefined);
    for (let height = 101; height < 112; height++) model.connected(height, true);
    t.true(model.users.has('alice'));
    model.connected(112, true);
    t.false(model.users.has('alice'));
  }
});

test('B: where a height goes by unheard, python-teos keeps its user for ever', async (t) => {
  const comparison = await compared('teos-skipped-height');
  t.is(fate(comparison, 'alice', 'python-teos-tips'), '100.. until 110');
  for (const name of ['bartizan', 'rust-teos', 'python-teos'] as const)
    t.is(fate(comparison, 'alice', name), '100..112');
});

test('C: where a height comes twice, the thread of python-teos dies and nobody is deleted any more', async (t) => {
  for (const file of ['teos-block-seen-twice', 'teos-dead-expiry-thread']) {
    const comparison = await compared(file);
    t.is(fate(comparison, 'alice', 'bartizan'), '100..112 +111..112');
    t.is(fate(comparison, 'alice', 'rust-teos'), '100..112');
    t.like(comparison.notes, [{height: 112, semantics: 'python-teos'}]);
    t.regex(fate(comparison, 'bob', 'python-teos'), /\.\. until 1[12]\d/);
    t.notRegex(fate(comparison, 'bob', 'rust-teos'), /until/);
  }
});

test('D: where a height comes twice, python-teos deletes who has subscribed anew meanwhile', async (t) => {
  const comparison = await compared('teos-renewed-user-deleted');
  t.is(fate(comparison, 'alice', 'python-teos'), '100..112 112..112');
  t.is(fate(comparison, 'alice', 'rust-teos'), '100..112 112..124');
  t.is(fate(comparison, 'alice', 'bartizan'), '100..112 112..124');
});

test('E: an early renewal counts from the tip in python-teos, and from the old expiry in rust-teos', async (t) => {
  const comparison = await compared('teos-reset-renewal');
  t.is(fate(comparison, 'alice', 'python-teos'), '100.. until 111');
  t.is(fate(comparison, 'alice', 'rust-teos'), '100.. until 120');
  t.is(fate(comparison, 'bob', 'bartizan'), fate(comparison, 'bob', 'python-teos'), 'with renewal: reset');
});

test('a restart brings the thread of python-teos back, but not those whom it has missed', (t) => {
  const model = new PythonTeos(short, 100, 'every block');
  model.register('alice');
  for (let height = 101; height <= 112; height++) model.connected(height, true);
  model.disconnected(112);
  t.regex(model.connected(112, true)!, /alice is to go again/);
  model.register('bob');
  model.restart();
  for (let height = 113; height <= 124; height++) model.connected(height, true);
  t.deepEqual([...model.users.keys()], []);
});

test('slots are charged, given back and found too few, and the expired refused, in both generations of TEOS', (t) => {
  for (const model of [new PythonTeos(short, 100, 'every block'), new RustTeos(short, 100)]) {
    const deposit = (name: string, blobBytes: number) => model.deposit('alice', {name, blobBytes});
    t.is(deposit('a', 1), 'not registered');
    model.register('alice');
    t.is(deposit('a', 2049), undefined);
    t.is(deposit('a', 2048), undefined);
    t.is(model.users.get('alice')!.slots, 9);
    t.is(deposit('b', 2048 * 10), 'not enough slots');
    for (let height = 101; height <= 110; height++) model.connected(height, true);
    t.is(deposit('c', 1), 'subscription expired');
  }
});

test('the comparison tells of users, of requests that not all take, and of steps that TEOS does not know', async (t) => {
  const {status, stdout} = await runHere(['sim', scenario('teos-skipped-height'), '--semantics', 'all']);
  t.is(status, 0);
  t.is(
    stdout,
    `No user outlives a height that went by unseen
heights 100 to 120

user   bartizan  rust-teos  python-teos  python-teos-tips
alice  100..112  100..112   100..112     * 100.. expires 110, 10 slots

A..B: known from height A on, deleted at B. +: brought back by a reorg. *: not as in the first column.

`,
  );
  const limits = await runHere(['sim', scenario('u32-limits'), '--semantics', 'bartizan,rust-teos']);
  t.regex(limits.stdout, /^ {2}101 {2}bob registers {2}.*bartizan: maximum expiry reached; rust-teos: taken$/m);
  const auth = await runHere(['sim', scenario('auth-budget'), '--semantics', 'bartizan,rust-teos']);
  t.regex(auth.stdout, /^TEOS knows no such steps, so its columns pass over them: signup, approve$/m);
  const unknown = await runHere(['sim', scenario('expiry'), '--semantics', 'lnd']);
  t.is(unknown.status, 2);
  t.regex(unknown.stderr, /--semantics is "lnd", but must be all, or names out of bartizan, rust-teos, /);
});

const short = {subscriptionSlots: 10, subscriptionDuration: 10, expiryDelta: 2};
