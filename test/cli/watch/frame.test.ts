import {stripVTControlCharacters} from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import {coloured, plain} from '../../../src/cli/paint.js';
import {ageInWords} from '../../../src/cli/watch/age.js';
import {frame, type View} from '../../../src/cli/watch/frame.js';
import {anActivity} from './an-activity.js';

const now = new Date(anActivity.time);
const view: View = {activity: anActivity, gone: undefined};
const size = {columns: 80, rows: 24};

test('a picture of a tower in 80 columns', (t) => {
  t.deepEqual(frame(view, {...size, now}), [
    'bartizan 0.1.0   regtest   process 4242, up 2 h 13 min                  12:03:04',
    '',
    'state     synced                 users     1,234: 1,222 active, 12 in grace',
    'tip       104  0a0a0a…0a0ac2     stored    98,204 appointments, 101,113 slots',
    'source    104                    pending   3 requests',
    'block     4 min ago              http      212.4 requests/s',
    'queue     0 changes              so far    1,204,113 answered, 12 refused',
    '                                           18,204 deposits, 5 users, 2 renewals',
    '',
    'last events',
    '11:59:04      104  block connected       hash=0a0a0a0a…0a0a0ac2 deleted_users=2…',
    '12:03:04      104  appointment added ×1,245  key=02ababab…abababab user_id=7 sl…',
  ]);
});

test('what is wrong stands over the whole width, with what to do', (t) => {
  const problem = {code: 'TOWER_BITCOIND_UNREACHABLE', error: 'bitcoind does not answer', hint: 'Start bitcoind.'};
  const lines = frame({...view, activity: {...anActivity, state: 'waiting_for_node', problem}}, {...size, now});
  t.deepEqual(lines.slice(1, 6), [
    '',
    'problem   bitcoind does not answer   [TOWER_BITCOIND_UNREACHABLE]',
    'hint      Start bitcoind.',
    '',
    'state     waiting for node       users     1,234: 1,222 active, 12 in grace',
  ]);
});

test('on a screen the last line stands at its end, and the newest events are those that are shown', (t) => {
  const events = Array.from({length: 50}, (_, i) => ({...anActivity.events[0]!, number: i, facts: {height: i}}));
  const lines = frame({...view, activity: {...anActivity, events}}, {...size, now, help: 'q ends'});
  t.is(lines.length, 24);
  t.is(lines.at(-1), 'q ends');
  t.regex(lines.at(-3)!, / 49 {2}block connected$/);
  t.is(lines.filter((line) => line.includes('block connected')).length, 12);
});

test('in few columns the facts stand below each other', (t) => {
  const lines = frame(view, {columns: 40, rows: 30, now});
  t.deepEqual(lines.slice(2, 9), [
    'state     synced',
    'tip       104  0a0a0a…0a0ac2',
    'source    104',
    'block     4 min ago',
    'queue     0 changes',
    'users     1,234: 1,222 active, 12 in gr…',
    'stored    98,204 appointments, 101,113 …',
  ]);
});

test('a tower that is behind, empty, or too full to be counted, is told as that', (t) => {
  const shown = (change: Partial<typeof anActivity>) =>
    frame({...view, activity: {...anActivity, ...change}}, {...size, now}).join('\n');
  t.regex(shown({sourceHeight: 110}), /source +110, 6 blocks ahead/);
  t.regex(
    shown({tip: null, sourceHeight: null, lastBlockAt: null}),
    /tip +none yet[^]*source +not heard of[^]*none since start/,
  );
  t.regex(shown({userStates: null}), /users +1,234\n/);
  t.regex(shown({userStates: {active: 1, expired: 2, outdated: 3}}), /1 active, 2 in grace, 3 outda/);
});

test('every picture fits, whatever the size, and paint does not change its words', (t) => {
  const nasty = {...anActivity.events[0]!, facts: {reason: '\u001b[2J\n\u202e' + 'x'.repeat(200)}};
  const problem = {code: 'X', error: 'y'.repeat(300), hint: '\u001b[31m'};
  const views: View[] = [
    view,
    {...view, activity: {...anActivity, events: [nasty, nasty], problem}},
    {...view, gone: {running: false, since: anActivity.time, code: 'TOWER_NOT_RUNNING', error: 'gone', hint: 'Start.'}},
  ];
  fc.assert(
    fc.property(
      fc.integer({min: 1, max: 200}),
      fc.integer({min: 1, max: 80}),
      fc.boolean(),
      fc.nat(2),
      (columns, rows, keys, i) => {
        const look = {columns, rows, now, ...(keys ? {help: 'q ends'} : {})};
        const lines = frame(views[i]!, {...look, paint: plain});
        t.true(lines.length <= rows);
        for (const line of lines) {
          t.true([...line].length <= columns, line);
          t.notRegex(line, /[\p{Cc}\p{Cf}]/u);
        }
        const painted = frame(views[i]!, {...look, paint: coloured});
        t.deepEqual(
          painted.map((line) => stripVTControlCharacters(line).trimEnd()),
          lines,
        );
      },
    ),
  );
});

test('an age is told in its two largest units', (t) => {
  const ago = (seconds: number) => ageInWords(new Date(now.getTime() - seconds * 1000).toISOString(), now);
  t.deepEqual([-5, 0, 59, 60, 61, 3_600, 7_384, 86_400, 90_061, 864_000].map(ago), [
    '0 s',
    '0 s',
    '59 s',
    '1 min',
    '1 min 1 s',
    '1 h',
    '2 h 3 min',
    '1 day',
    '1 day 1 h',
    '10 days',
  ]);
});
