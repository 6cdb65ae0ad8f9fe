import assert from 'node:assert/strict';
import {readdirSync} from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import {readScenario} from '../../../src/sim/scenario/scenario-file.js';
import {simulate} from '../../../src/sim/player.js';
import {layout, MemoryStore} from '../../../src/store/index.js';
import {assertReplays, replayText, sealed, tapeFrom, tapeOf} from '../../support/tapes.js';
import {shortSettings, World} from '../../support/world.js';
import {towerKey} from '../../tower/model-deposits.js';
import {ModelRun, steps} from '../../tower/model-run.js';

const folder = 'fixtures/scenarios';

for (const file of readdirSync(folder).filter((name) => name.endsWith('.yaml'))) {
  test(`the log of ${file} alone leads to the same state`, async (t) => {
    const rows = new MemoryStore();
    const {verdict} = await simulate(await readScenario(`${folder}/${file}`), {openRows: async () => rows});
    const {text, digest} = await tapeOf(rows);
    t.is(digest, verdict.digest);
    t.like(await replayText(text), {digest, divergence: null});
  });
}

// The model lets devices join in a way of its own, which no log tells of.
const logged = steps.map((script) => script.filter((step) => !('join' in step) && !('name' in step)));

test('the log of random registrations, deposits, deletions, reorgs and settings alone leads to the same state', async (t) => {
  await fc.assert(
    fc.asyncProperty(logged, async (script) => {
      const world = await World.begin(t, {startHeight: 130, key: towerKey});
      const run = new ModelRun(world, shortSettings);
      for (const step of script) assert.deepEqual(...(await run.step(step)));
      await assertReplays(world.rows, 'the log alone');
      await world.tower.close();
    }),
    {numRuns: 10, includeErrorInReport: true},
  );
  t.pass();
});

/** A tower with a user, a deposit, a reorg and a change of settings in its log. */
async function livedWorld(t: Parameters<typeof World.begin>[0]): Promise<World> {
  const world = await World.begin(t);
  await world.register(1);
  await world.mine(3);
  await world.changeSettings({subscriptionDuration: 20});
  await world.register(2);
  await world.reorg({depth: 2, blocks: 3});
  await world.mineTo(112);
  return world;
}

test('a chain that an operator accepted is on the tape, too', async (t) => {
  const world = await livedWorld(t);
  await world.tower.close();
  world.source.reorg({depth: 110, blocks: 111});
  await world.reopen();
  await world.tower.acceptChain();
  await world.start();
  await world.mine(4);
  t.true((await world.log()).some(({type}) => type === 'chain_accepted'));
  await assertReplays(world.rows, 'the accepted chain');
});

test('blocks below the one with which the tower began are undone as they were', async (t) => {
  const world = await World.begin(t);
  await world.register(1);
  await world.reorg({depth: 7, blocks: 9});
  await world.mineTo(112);
  await t.notThrowsAsync(assertReplays(world.rows, 'below the start'));
});

test('a tape that begins with an earlier state goes on from there, also where the log was pruned', async (t) => {
  const world = await livedWorld(t);
  const checkpoint = (world.rows as MemoryStore).snapshot();
  await world.register(3);
  await world.mineTo(135);
  const {text, head, digest} = await tapeOf(world.rows, checkpoint);
  t.like(head, {begins: 'checkpoint', start: {height: 112}, settings: {subscriptionDuration: 20}});
  t.like(await replayText(text), {events: 24, digest, divergence: null});
  t.like(await replayText((await tapeOf(world.rows, checkpoint, 7)).text), {events: 24, digest, divergence: null});
});

test('a log that was pruned makes no tape by itself, nor with a state from before', async (t) => {
  const world = await World.begin(t, {logBlocks: 1});
  const checkpoint = (world.rows as MemoryStore).snapshot();
  await world.mineTo(310);
  await t.throwsAsync(tapeOf(world.rows), {code: 'TOWER_LOG_PRUNED'});
  await t.throwsAsync(tapeOf(world.rows, checkpoint), {code: 'TOWER_LOG_PRUNED'});
});

test('a log that an older version began makes no tape by itself, and says so', async (t) => {
  const world = await livedWorld(t);
  const key = layout.logKey(0);
  const {beginning, ...older} = JSON.parse(Buffer.from((await world.rows.get(key))!).toString()) as {beginning: object};
  t.truthy(beginning);
  await world.rows.write([[key, Buffer.from(JSON.stringify(older))]]);
  await t.throwsAsync(tapeOf(world.rows), {code: 'TOWER_LOG_PRUNED', message: /an older Bartizan began the log/});
});

test('a state of another tower is no beginning of a tape', async (t) => {
  const [world, other] = [await World.begin(t), await livedWorld(t)];
  await t.throwsAsync(tapeOf(world.rows, other.rows), {code: 'TOWER_INVALID_TAPE'});
});

test('the first event that goes otherwise is named, with what the tape says and what is decided now', async (t) => {
  const {text} = await tapeOf((await livedWorld(t)).rows);
  const forged = await sealed(text.replace('"subscription_expiry":110', '"subscription_expiry":111'));
  const {divergence, events, digest} = await replayText(forged);
  t.is(events, 1);
  t.is(digest, null);
  t.like(divergence, {
    event: 1,
    height: 100,
    onTape: {type: 'user_registered', subscriptionExpiry: 111},
    now: {type: 'user_registered', subscriptionExpiry: 110},
  });
});

test('an event that is refused now, and one that does not come about any more, are named, too', async (t) => {
  const lines = (await tapeOf((await livedWorld(t)).rows)).text.split('\n');
  const without = async (type: string) => {
    const at = lines.findIndex((line) => line.includes(`"type":"${type}"`));
    const number = (JSON.parse(lines[at]!) as {event: number}).event;
    const renumbered = lines.map((line) =>
      line.replace(/^\{"event":(\d+)/, (all, n: string) => (Number(n) > number ? `{"event":${Number(n) - 1}` : all)),
    );
    const end = (line: string) => line.replace(/\{"events":(\d+)/, (_, n: string) => `{"events":${Number(n) - 1}`);
    return sealed([...renumbered.slice(0, at), ...renumbered.slice(at + 1, -2), end(lines.at(-2)!), ''].join('\n'));
  };
  t.like((await replayText(await without('block_connected'))).divergence, {event: 2, now: null});
  t.regex((await replayText(await without('block_connected'))).divergence!.what, /TOWER_INVALID_BLOCK/);
  t.like((await replayText(await without('settings_changed'))).divergence, {now: {subscriptionExpiry: 113}});
});

test('digests between the events tell where a state becomes another', async (t) => {
  const {text} = await tapeOf((await livedWorld(t)).rows, undefined, 4);
  const points = text.match(/^\{"digest":"\w+","events":\d+\}$/gm)!;
  t.true(points.length >= 3);
  t.like(await replayText(text), {divergence: null});
  const [, second] = points;
  const forged = await sealed(text.replace(second!, second!.replace(/"digest":"\w+"/, `"digest":"${'0'.repeat(64)}"`)));
  t.like((await replayText(forged)).divergence, {
    event: (JSON.parse(second!) as {events: number}).events,
    onTape: null,
  });
});

test('a state that no event accounts for is told by its digest', async (t) => {
  const world = await livedWorld(t);
  await world.change((transaction) => transaction.update({counters: {...transaction.meta.counters, nextUserId: 9}}));
  const {text} = await tapeOf(world.rows);
  t.regex((await replayText(text)).divergence!.what, /the state has the digest/);
  const message = /the log does not lead to the state of the tower at its end/;
  await t.throwsAsync(tapeOf(world.rows, undefined, 5), {code: 'TOWER_INVALID_TAPE', message});
});

test('a tape that was damaged, cut off or made by a newer version is refused before anything is made of it', async (t) => {
  const {text} = await tapeOf((await livedWorld(t)).rows);
  const refused = async (changed: string, message: RegExp, code = 'TOWER_INVALID_TAPE') =>
    t.throwsAsync(tapeFrom(changed), {code, message});
  await refused('', /it is empty/);
  await refused(text.slice(0, -1), /its last line has no end/);
  await refused(text.slice(0, text.length / 2), /its last line has no end/);
  await refused(text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1), /its last line is not the end of a tape/);
  await refused(text.replace('"expiry_delta":2', '"expiry_delta":3'), /does not have the checksum|checksum of its end/);
  await refused(text.replace('{"bartizan_tape":1', '{"bartizan_tape":2'), /version 2/, 'TOWER_TAPE_TOO_NEW');
  await refused('010000\n', /line 1 is not an object|not the head/);
  await refused(`${'x'.repeat(2 ** 20 + 1)}`, /longer than 1048576 bytes/);
});

test('what is whole but no event is refused with its line', async (t) => {
  const {text} = await tapeOf((await livedWorld(t)).rows);
  const refused = async (changed: string, message: RegExp) =>
    t.throwsAsync(replayText(await sealed(changed)), {code: 'TOWER_INVALID_TAPE', message});
  await refused(
    text.replace('"type":"user_registered"', '"type":"user_vanished"'),
    /^line 3 holds no event of a tape: type is "user_vanished", but must be one that a tower has$/,
  );
  await refused(text.replace('"type":"user_registered",', ''), /^line 3 holds no event of a tape: type is missing$/);
  await refused(text.replace(/"header":"\w+"/, '"header":7'), /header is 7, but must be a text$/);
  await refused(
    text.replace(/"key":"\w+"/, '"key":"02"'),
    /^line 3 holds no event of a tape: key is "02", but must be a compressed public key in hex$/,
  );
  await refused(text.replace('{"event":2,', '{"event":5,'), /event 5 stands where event 2 is to be/);
  await refused(
    text.replace('{"event":2,', '{"event":"2",'),
    /^line 4 cannot be understood: event is "2", but must be a number$/,
  );
  const opened = async (changed: string, message: RegExp) =>
    t.throwsAsync(tapeFrom(await sealed(changed)), {code: 'TOWER_INVALID_TAPE', message});
  const line = /^line 1 cannot be understood: /.source;
  await opened(
    text.replace('"network":"regtest"', '"network":"mainnet"'),
    new RegExp(`${line}network is "mainnet", but must be ("\\w+" or )+"\\w+"$`),
  );
  await opened(
    text.replace('"expiry_delta":2', '"expiry_delta":-2'),
    new RegExp(`${line}settings.expiry_delta is -2, but must be at least 0$`),
  );
  await opened(
    text.replace('"settings":{', '"settings":{"mood":1,'),
    new RegExp(`${line}settings holds "mood", which no tape of this form has$`),
  );
});

test('a tape whose head says something else than what it begins with is refused before anything is made of it', async (t) => {
  const world = await livedWorld(t);
  const checkpoint = (world.rows as MemoryStore).snapshot();
  const [log, later] = [(await tapeOf(world.rows)).text, (await tapeOf(world.rows, checkpoint)).text];
  const other = '00'.repeat(32);
  for (const [name, from, to] of [
    ['network', /"network":"regtest"/, '"network":"signet"'],
    ['genesis', /"genesis":"\w+"/, `"genesis":"${other}"`],
    ['start', /"start":\{"height":\d+/, '"start":{"height":7'],
    ['expiry_delta', /"expiry_delta":\d+/, '"expiry_delta":77'],
  ] as const) {
    const refused = (where: string) => ({
      code: 'TOWER_INVALID_TAPE',
      message: new RegExp(`^its head says ${name} .*, and ${where} .*$`),
    });
    await t.throwsAsync(tapeFrom(await sealed(log.replace(from, to))), refused('its first event'));
    await t.throwsAsync(replayText(await sealed(later.replace(from, to))), refused('the state that it begins with'));
  }
  const headless = log.replace(/^\{"event":0,.*\n/m, '');
  await t.throwsAsync(tapeFrom(await sealed(headless)), {message: /does not begin with the start of its tower/});
});
