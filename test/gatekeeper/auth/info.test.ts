import test from 'ava';
import {checkInfo, maxInfoBytes} from '../../../src/gatekeeper/auth/info.js';
import type {RequestKind} from '../../../src/store/layout.js';

const secret = 'hunter2';

for (const kind of ['user_signup', 'user_login'] as const) {
  test(`any text is info of a ${kind}, also an empty one and one that would break an SQL line`, (t) => {
    const texts = [
      '',
      ' ',
      '{"not": json',
      `'; DROP TABLE users; --`,
      'a\0b',
      '日本語 😀',
      '\uFEFF',
      'x'.repeat(maxInfoBytes),
    ];
    for (const text of texts) t.is(checkInfo(kind, text), text);
  });

  const wrong: readonly (readonly [what: string, info: unknown, reason: string])[] = [
    ['no info', undefined, 'missing'],
    ['null', null, 'missing'],
    ['a number', 7, 'not_text'],
    ['an object', {token: secret}, 'not_text'],
    ['a byte too many', secret + 'x'.repeat(maxInfoBytes + 1 - secret.length), 'too_long'],
    ['fewer characters, but too many bytes', `${secret}${'ä'.repeat(maxInfoBytes / 2)}`, 'too_long'],
    ['half a surrogate pair', `${secret}\ud83d`, 'not_well_formed'],
    ['the other half first', `\ude00\ud83d${secret}`, 'not_well_formed'],
  ];
  for (const [what, info, reason] of wrong) {
    test(`a ${kind} with ${what} is refused, and the refusal does not repeat it`, (t) => {
      const error = t.throws(() => checkInfo(kind, info), {code: 'TOWER_INVALID_INFO'})!;
      t.like(error, {facts: {reason}});
      t.false(JSON.stringify({...error, message: error.message}).includes(secret));
    });
  }
}

test('a node sends no info', (t) => {
  const kind: RequestKind = 'new_node';
  t.is(checkInfo(kind, undefined), null);
  t.is(checkInfo(kind, null), null);
  for (const info of ['', secret, 0]) {
    t.like(
      t.throws(() => checkInfo(kind, info), {code: 'TOWER_INVALID_INFO'}),
      {facts: {reason: 'unexpected'}},
    );
  }
});
