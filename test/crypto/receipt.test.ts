import {createHash} from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import {curve} from '../../src/crypto/curve.js';
import {recoverKeyOn} from '../../src/crypto/message-signature.js';
import {noble} from '../../src/crypto/noble.js';
import {SigningKey} from '../../src/crypto/signing-key.js';
import {InvariantError} from '../../src/errors/index.js';
import {appointmentReceipt, registrationReceipt} from '../../src/crypto/receipt.js';
import {maxU32} from '../../src/gatekeeper/settings.js';
import {teosProtocol as known} from '../support/teos-protocol.js';
import {fromHex} from '../support/vectors.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const addAppointment = Buffer.concat([
  fromHex(known.locator.rust),
  fromHex(known.encryptedBlob.rust),
  fromHex('0000002a'),
]);

/** What computes here, and the reference. */
for (const on of new Set([curve, noble])) {
  const tower = new SigningKey(fromHex(known.towerSecretKey), on);
  const user = new SigningKey(fromHex(known.userSecretKey), on);

  test(`user and tower have the known keys (${on.name})`, (t) => {
    t.is(user.publicKey, known.userKey);
    t.is(tower.publicKey, known.towerKey);
  });

  test(`the three requests of a TEOS user have the known signatures, which recover the user (${on.name})`, (t) => {
    t.is(sha256(addAppointment), known.appointmentSha256);
    const requests = [
      [addAppointment, known.userSignatures.addAppointment],
      [Buffer.from(`get appointment ${known.locator.rust}`), known.userSignatures.getAppointment],
      [Buffer.from('get subscription info'), known.userSignatures.getSubscriptionInfo],
    ] as const;
    for (const [message, signature] of requests) {
      t.is(user.sign(message), signature);
      t.is(recoverKeyOn(on, message, signature), known.userKey);
    }
  });

  test(`a registration receipt has the bytes and the signature of rust-teos (${on.name})`, (t) => {
    const {availableSlots, subscriptionStart, subscriptionExpiry, rust, python} = known.registrationReceipt;
    const receipt = registrationReceipt({
      userKey: known.userKey,
      availableSlots,
      subscriptionStart,
      subscriptionExpiry,
    });
    t.is(receipt.length, 45);
    t.is(hex(receipt), rust.hex!);
    t.is(tower.sign(receipt), rust.signature);
    t.is(recoverKeyOn(on, receipt, rust.signature), known.towerKey);
    t.is(recoverKeyOn(on, fromHex(python.hex), python.signature), known.towerKey);
  });

  test(`an appointment receipt has the bytes and the signature of rust-teos (${on.name})`, (t) => {
    const {startBlock, rust, python} = known.appointmentReceipt;
    const receipt = appointmentReceipt({userSignature: known.userSignatures.addAppointment, startBlock});
    t.is(receipt.length, 108);
    t.is(sha256(receipt), rust.sha256!);
    t.is(tower.sign(receipt), rust.signature);
    t.is(recoverKeyOn(on, receipt, rust.signature), known.towerKey);
    t.is(recoverKeyOn(on, fromHex(python.hex), python.signature), known.towerKey);
  });
}

test('numbers of a receipt are u32 in big-endian, the largest included', (t) => {
  fc.assert(
    fc.property(fc.nat({max: maxU32}), fc.nat({max: maxU32}), fc.nat({max: maxU32}), (slots, start, expiry) => {
      const receipt = Buffer.from(
        registrationReceipt({
          userKey: known.userKey,
          availableSlots: slots,
          subscriptionStart: start,
          subscriptionExpiry: expiry,
        }),
      );
      t.deepEqual(
        [receipt.readUInt32BE(33), receipt.readUInt32BE(37), receipt.readUInt32BE(41)],
        [slots, start, expiry],
      );
    }),
    {examples: [[maxU32, maxU32, maxU32]]},
  );
});

test('a number that is no u32, or a key or signature of another form, never becomes a receipt', (t) => {
  const good = {userKey: known.userKey, availableSlots: 1, subscriptionStart: 1, subscriptionExpiry: 1};
  const userSignature = known.userSignatures.addAppointment;
  for (const bad of [-1, 0.5, maxU32 + 1, Number.NaN, Number.POSITIVE_INFINITY]) {
    for (const field of ['availableSlots', 'subscriptionStart', 'subscriptionExpiry']) {
      t.throws(() => registrationReceipt({...good, [field]: bad}), {instanceOf: InvariantError});
    }
    t.throws(() => appointmentReceipt({userSignature, startBlock: bad}), {instanceOf: InvariantError});
  }
  for (const userKey of ['', known.userKey.slice(2), `${known.userKey}00`, `04${known.userKey.slice(2)}`]) {
    t.throws(() => registrationReceipt({...good, userKey}), {instanceOf: InvariantError});
  }
  for (const bad of ['', `${userSignature} `, 'é']) {
    t.throws(() => appointmentReceipt({userSignature: bad, startBlock: 1}), {instanceOf: InvariantError});
  }
});
