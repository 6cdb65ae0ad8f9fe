import {createHash} from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import {
  appointmentMessage,
  appointmentQuestion,
  recoverKey,
  SigningKey,
  subscriptionQuestion,
} from '../../src/crypto/index.js';
import {teosProtocol as known} from '../support/teos-protocol.js';
import {fromHex} from '../support/vectors.js';

const user = new SigningKey(fromHex(known.userSecretKey));
const content = {
  locator: known.locator.rust,
  encryptedBlob: fromHex(known.encryptedBlob.rust),
  toSelfDelay: known.toSelfDelay,
};

test('what a TEOS user signs is built as rust-teos builds it, byte for byte', (t) => {
  const message = appointmentMessage(content);
  t.is(message.length, 387);
  t.is(createHash('sha256').update(message).digest('hex'), known.appointmentSha256);
  const {addAppointment, getAppointment, getSubscriptionInfo} = known.userSignatures;
  t.is(user.sign(message), addAppointment);
  t.is(user.sign(appointmentQuestion(known.locator.rust)), getAppointment);
  t.is(user.sign(appointmentQuestion(known.locator.rust.toUpperCase())), getAppointment, 'in lower case');
  t.is(user.sign(subscriptionQuestion()), getSubscriptionInfo);
});

test('a small appointment has the known signature, whose twin with a high s recovers the same key', (t) => {
  const small = {locator: 'aa'.repeat(16), encryptedBlob: fromHex('bbcc'), toSelfDelay: 42};
  const message = appointmentMessage(small);
  t.is(Buffer.from(message).toString('hex'), `${'aa'.repeat(16)}bbcc0000002a`);
  const signature = user.sign(message);
  t.is(
    signature,
    'd6oxkdykx5w13wwbpb98pp9samfukzq11u8u1y939jkxhj36bjq9w1bwg37qscf9o4bkzm5hbabux9rqteqqusuphzatfgjpnwiu84nc',
  );
  const twin =
    'rnoxkdykx5w13wwbpb98pp9samfukzq11u8u1y939jkxhj36bjq9ip6m3gntju4yxf6iewrd686coytcr1993ig4zjfk4qjtq61ors8i';
  t.is(recoverKey(message, twin), user.publicKey);
  t.is(recoverKey(message, signature), user.publicKey);
});

test('the message holds all of the appointment, and nothing else', (t) => {
  const bytes = fc.uint8Array({maxLength: 200});
  fc.assert(
    fc.property(fc.uint8Array({minLength: 16, maxLength: 16}), bytes, fc.nat(0xffff_ffff), (raw, blob, delay) => {
      const locator = Buffer.from(raw).toString('hex');
      const message = Buffer.from(appointmentMessage({locator, encryptedBlob: blob, toSelfDelay: delay}));
      return (
        message.length === 20 + blob.length &&
        message.subarray(0, 16).equals(raw) &&
        message.subarray(16, -4).equals(blob) &&
        message.readUInt32BE(16 + blob.length) === delay
      );
    }),
  );
  t.throws(() => appointmentMessage({...content, toSelfDelay: 2 ** 32}), {instanceOf: RangeError});
});
