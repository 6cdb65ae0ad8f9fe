import test from 'ava';
import fc from 'fast-check';
import {maxReasonCharacters} from '../../../src/gatekeeper/auth/policy.js';
import {tidyReason} from '../../../src/gatekeeper/auth/reason.js';

const isWellFormed = (text: string): boolean => Buffer.from(text).toString() === text;

test('an ordinary reason is kept as it is', (t) => {
  t.is(tidyReason('no such coupon: "ÄÖ-12" 😀', 'none'), 'no such coupon: "ÄÖ-12" 😀');
  t.is(tidyReason('x'.repeat(maxReasonCharacters), 'none'), 'x'.repeat(maxReasonCharacters));
});

test('an empty reason becomes what is given for it', (t) => {
  for (const empty of ['', ' ', '\n\t\0', '\u2028']) t.is(tidyReason(empty, 'no reason given'), 'no reason given');
});

test('a reason has no control characters, no line breaks and no marks of direction', (t) => {
  t.is(tidyReason('\u001b[31mred\u001b[0m\r\nnext\u2028line\u009b\u202eknil', 'none'), '[31mred [0m next line knil');
});

test('a long reason is cut, and never within a character', (t) => {
  t.is(tidyReason('x'.repeat(maxReasonCharacters + 1), 'none'), `${'x'.repeat(maxReasonCharacters - 1)}…`);
  for (const start of ['', 'x']) {
    const cut = tidyReason(start + '😀'.repeat(1000), 'none');
    t.true(isWellFormed(cut), start);
    t.true(cut.length >= maxReasonCharacters - 1 && cut.length <= maxReasonCharacters);
  }
});

test('any text becomes a reason that may be stored and shown, and a reason stays as it is', (t) => {
  fc.assert(
    fc.property(fc.string({unit: 'binary', maxLength: 500}), fc.nat({max: 500}), (text, at) => {
      const reason = tidyReason(`${text.slice(0, at)}\ud800${text.slice(at)}`, 'none');
      t.true(reason.length > 0 && reason.length <= maxReasonCharacters);
      t.true(isWellFormed(reason));
      t.notRegex(reason, /\p{Cc}/u);
      t.is(tidyReason(reason, 'none'), reason);
    }),
  );
});
