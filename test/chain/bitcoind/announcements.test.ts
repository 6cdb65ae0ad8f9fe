import test from 'ava';
import {Announcements} from '../../../src/chain/bitcoind/announcements.js';
import {ManualTimers} from '../../support/manual-timers.js';
import {FakeNotifications, hashOf} from './fake-bitcoind.js';

function listening() {
  const timers = new ManualTimers();
  const notifications = new FakeNotifications();
  let wakes = 0;
  const announcements = new Announcements({notifications, timers, graceMs: 5_000, onAnnounced: () => wakes++});
  announcements.listen();
  const sawTip = (n: number, {initialDownload = false} = {}): void =>
    announcements.sawTip({hash: hashOf(n), chainwork: BigInt(2 * n), initialDownload});
  return {timers, notifications, announcements, sawTip, wakes: () => wakes};
}

test('every announcement wakes, repeated ones included', (t) => {
  const {notifications, announcements, wakes} = listening();
  notifications.announce(hashOf(1));
  notifications.announce(hashOf(2));
  notifications.announce(hashOf(2), {counter: 1});
  t.is(wakes(), 3);
  t.like(announcements.stats, {messages: 3, gaps: 0});
});

test('a lost announcement is counted and wakes at once', (t) => {
  const {notifications, announcements, wakes} = listening();
  notifications.announce(hashOf(1));
  notifications.announce(hashOf(4), {counter: 3});
  t.is(wakes(), 2);
  t.is(announcements.stats.gaps, 1);
});

test('a node that starts anew counts as a gap, a counter that wraps does not', (t) => {
  const {notifications, announcements} = listening();
  notifications.announce(hashOf(1), {counter: 2 ** 32 - 1});
  notifications.announce(hashOf(2), {counter: 0});
  t.is(announcements.stats.gaps, 0);
  notifications.announce(hashOf(3), {counter: 9});
  notifications.announce(hashOf(4), {counter: 0});
  t.is(announcements.stats.gaps, 2);
});

test('other topics are not heard', (t) => {
  const {notifications, announcements, wakes} = listening();
  notifications.announce(hashOf(1), {topic: 'rawtx'});
  t.is(wakes(), 0);
  t.is(announcements.stats.messages, 0);
});

test('the age of the last message is told', (t) => {
  const {timers, notifications, announcements} = listening();
  t.is(announcements.stats.lastMessageAgeMs, undefined);
  notifications.announce(hashOf(1));
  timers.pass(1_234);
  t.is(announcements.stats.lastMessageAgeMs, 1_234);
});

test('a tip that asking shows and nobody announces is missed, and the connection is made anew', (t) => {
  const {timers, notifications, announcements, sawTip} = listening();
  sawTip(1);
  sawTip(2);
  timers.pass(4_999);
  t.is(notifications.reconnects, 0);
  timers.pass(1);
  t.is(notifications.reconnects, 1);
  t.like(announcements.stats, {missed: 1, reconnects: 1});
});

test('every later tip that nobody announces is missed, too', (t) => {
  const {timers, announcements, sawTip} = listening();
  for (const n of [1, 2, 3, 4]) {
    sawTip(n);
    timers.pass(30_000);
  }
  t.like(announcements.stats, {missed: 3, reconnects: 3});
});

test('an announcement that comes a little later than the tip was seen is in time', (t) => {
  const {timers, notifications, announcements, sawTip} = listening();
  sawTip(1);
  sawTip(2);
  timers.pass(1_000);
  notifications.announce(hashOf(2));
  timers.pass(60_000);
  t.like(announcements.stats, {missed: 0, reconnects: 0});
});

test('of two blocks at once the announcement of the second is enough', (t) => {
  const {timers, notifications, announcements, sawTip} = listening();
  sawTip(1);
  sawTip(2);
  notifications.announce(hashOf(3));
  timers.pass(60_000);
  t.is(announcements.stats.missed, 0);
});

test('an announced tip starts no watch', (t) => {
  const {timers, notifications, sawTip} = listening();
  sawTip(1);
  notifications.announce(hashOf(2));
  sawTip(2);
  t.is(timers.pending, 0);
});

test('the first tip, a tip that falls back and one in initial download are not expected to be announced', (t) => {
  const {timers, sawTip} = listening();
  sawTip(9);
  sawTip(8);
  sawTip(10, {initialDownload: true});
  t.is(timers.pending, 0);
});

test('closing ends the watch', async (t) => {
  const {timers, notifications, announcements, sawTip} = listening();
  sawTip(1);
  sawTip(2);
  await announcements.close();
  t.is(timers.pending, 0);
  t.true(notifications.closed);
});
