import test from 'ava';
import {locatorOf} from '../../src/crypto/locator.js';
import {teosProtocol as known} from '../support/teos-protocol.js';

test('a locator is the start of the dispute txid in internal order', (t) => {
  t.is(locatorOf(known.disputeTxid), known.locator.rust);
  t.not(locatorOf(known.disputeTxid), known.locator.python);
});
