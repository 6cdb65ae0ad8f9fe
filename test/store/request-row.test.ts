import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import {OperationalError} from '../../src/errors/index.js';
import {decodeIds, decodeRequest, encodeIds, encodeRequest, layout, type RequestRow} from '../../src/store/index.js';

const u32 = fc.oneof(fc.nat({max: 0xffff_ffff}), fc.constantFrom(0, 0xffff_ffff));
const id = fc.oneof(fc.nat({max: layout.maxU48}), fc.constantFrom(1, 0xffff_ffff, 0x1_0000_0000, layout.maxU48));
const hexOf = (bytes: number) =>
  fc.uint8Array({minLength: bytes, maxLength: bytes}).map((raw) => Buffer.from(raw).toString('hex'));
const hash = hexOf(32);
// Whatever a device, a policy or an operator may write, half a pair of surrogates included.
const text = fc.string({unit: fc.oneof(fc.constantFrom('"', '\\', '\n', '\0', '\ud800', '\u2028'), fc.string())});
const actor = fc.constantFrom('policy', 'operator', 'webhook');
const role = fc.constantFrom('primary' as const, 'secondary' as const);
const plain = {noNullPrototype: true} as const;

const verdict = fc.oneof(
  fc.record({type: fc.constant('approve_user' as const), userId: u32}, plain),
  fc.record({type: fc.constant('approve_node' as const), role}, plain),
  fc.record({type: fc.constant('deny' as const), reason: text}, plain),
);
const request: fc.Arbitrary<RequestRow> = fc.record(
  {
    kind: fc.constantFrom('user_signup' as const, 'user_login' as const, 'new_node' as const),
    key: hexOf(33),
    infoHash: fc.option(hash),
    nodeInfo: text,
    receivedHeight: u32,
    receivedHash: hash,
    proven: fc.boolean(),
    proofHeight: u32,
    revision: fc.nat(10),
    previous: fc.option(id),
    signedBefore: fc.option(id),
    state: fc.constantFrom('pending' as const, 'approved' as const, 'expired' as const),
    stage: fc.constantFrom('callback' as const, 'check' as const),
    attempts: fc.nat(100),
    readyHeight: u32,
    answer: fc.option(fc.record({verdict, actor, height: u32, hash}, plain)),
    closing: fc.option(
      fc.record({height: u32, hash, actor, reason: text, userId: fc.option(u32), role: fc.option(role)}, plain),
    ),
  },
  plain,
);

/** The same value with the fields of every object in another order. */
function shuffled(value: unknown, order: (names: string[]) => string[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as Record<string, unknown>;
  return Object.fromEntries(order(Object.keys(fields)).map((name) => [name, shuffled(fields[name], order)]));
}

test('a request can be read back as it was written, also from the middle of a larger buffer', (t) => {
  fc.assert(
    fc.property(request, (request) => {
      const row = encodeRequest(request);
      assert.deepEqual(decodeRequest(row), request);
      const larger = Buffer.concat([Buffer.from('before'), row, Buffer.from('behind')]);
      assert.deepEqual(decodeRequest(larger.subarray(6, 6 + row.length)), request);
    }),
  );
  t.pass();
});

test('equal requests are equal bytes, whatever the order of their fields', (t) => {
  fc.assert(
    fc.property(request, fc.infiniteStream(fc.nat()), (request, numbers) => {
      const order = (names: string[]) => {
        const left = [...names];
        return names.map(() => left.splice(numbers.next().value! % left.length, 1)[0]!);
      };
      const other = shuffled(request, order) as RequestRow;
      assert.deepEqual(other, request);
      assert.deepEqual(encodeRequest(other), encodeRequest(request));
    }),
  );
  t.pass();
});

test('what a request does not have is not written, whoever hands it over', (t) => {
  fc.assert(
    fc.property(request, (request) => {
      const more = {...request, secret: 'token', closing: request.closing && {...request.closing, secret: 'token'}};
      assert.deepEqual(encodeRequest(more), encodeRequest(request));
    }),
  );
  t.pass();
});

test('ids can be read back as they were written, six bytes each', (t) => {
  fc.assert(
    fc.property(fc.array(id, {maxLength: 20}), (ids) => {
      assert.equal(encodeIds(ids).length, 6 * ids.length);
      assert.deepEqual(decodeIds(encodeIds(ids)), ids);
      assert.deepEqual(decodeIds(Buffer.concat([Buffer.from('before'), encodeIds(ids)]).subarray(6)), ids);
    }),
  );
  t.pass();
});

test('a request row or a row of ids that is cut short is damage, not a value', (t) => {
  const bad = {instanceOf: OperationalError, code: 'TOWER_STORE_CORRUPT'};
  const [row] = fc.sample(request, {seed: 1, numRuns: 1}).map(encodeRequest);
  for (const length of [0, 1, 9, row!.length - 1]) t.throws(() => decodeRequest(row!.subarray(0, length)), bad);
  t.throws(() => decodeRequest(Buffer.from('{"kind":"user_signup",}')), bad);
  t.throws(() => decodeRequest(Buffer.from('["user_signup"]')), bad);
  for (const length of [1, 5, 7]) t.throws(() => decodeIds(new Uint8Array(length)), bad);
});
