import test from 'ava';
import {printable} from '../../src/errors/printable.js';

test('letters of every script and signs stay as they are', (t) => {
  for (const text of ['', 'plain "text" \\ {}', 'Zoë 東京 🏰', 'a b']) t.is(printable(text), text);
});

test('what would steer a terminal, break a line or turn its direction is written out', (t) => {
  t.is(printable('a\nb\tc\r'), 'a\\nb\\tc\\r');
  t.is(printable('\u001b[31m\u0007\u007f\u009b'), '\\u001b[31m\\u0007\\u007f\\u009b');
  t.is(printable('\u202e\u2066\u200b\ufeff\u2028'), '\\u202e\\u2066\\u200b\\ufeff\\u2028');
  t.is(printable('\ud800x'), '\\ud800x');
  t.is(printable('\u{e0041}'), '\\udb40\\udc41');
});
