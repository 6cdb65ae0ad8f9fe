import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {publicKey} from '../../support/keys.js';
import {addRequest, getRequest, infoRequest, registerRequest} from './support/requests.js';
import {type Served, served} from './support/served.js';
import {requestBytes, Wire, type WireRequest} from './support/wire.js';

const full = process.env['CI'] !== undefined;
const runs = full ? 100_000 : 5_000;
const posted = ['/register', '/add_appointment', '/get_appointment', '/get_subscription_info'];
const paths = [...posted, ...posted, ...posted, '/ping', '/openapi.json'];
/** What may stay in memory of all requests together: those that were well-formed are in the store. */
const maxKeptBytes = 24 * 1024 * 1024;

/** A good body with something changed, and bodies that were never good. */
const bodies: fc.Arbitrary<Buffer> = fc.oneof(
  {weight: 4, arbitrary: fc.tuple(goodBody(), fc.nat(), fc.nat({max: 255}), fc.nat({max: 3})).map(changed)},
  {weight: 2, arbitrary: fc.json({maxDepth: 4}).map((json) => Buffer.from(json))},
  {weight: 2, arbitrary: fc.uint8Array({maxLength: 300}).map((bytes) => Buffer.from(bytes))},
  {weight: 1, arbitrary: fc.record(fields(), {requiredKeys: []}).map((body) => Buffer.from(JSON.stringify(body)))},
);

const requests: fc.Arbitrary<WireRequest> = fc.record({
  method: fc.oneof(
    {weight: 9, arbitrary: fc.constant('POST')},
    {weight: 1, arbitrary: fc.constantFrom('GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS')},
  ),
  path: fc
    .oneof({weight: 9, arbitrary: fc.constantFrom(...paths)}, {weight: 1, arbitrary: fc.webPath()})
    .map((path) => path || '/'),
  body: bodies,
  chunked: fc.boolean(),
  headers: fc.constantFrom(
    ...([undefined, undefined, undefined, [], [['Content-Type', 'text/plain']], [['Content-Type', '']]] as const),
  ),
});

test(`${runs} requests of garbage are answered, every one, as the API describes`, async (t) => {
  t.timeout(600_000);
  const server = await served(t, {maxBlobBytes: 1024});
  const wires = await Promise.all(Array.from({length: 8}, server.connect));
  await wires[0]!.ask(registerRequest(1));
  const samples = fc.sample(requests, {numRuns: runs, seed: seedOf(t)});
  let next = 0;
  let before = 0;
  const statuses = new Map<number, number>();
  await Promise.all(
    wires.map(async (wire) => {
      for (let request = samples[next++]; request !== undefined; request = samples[next++]) {
        const {status} = await wire.ask(request);
        if (next === samples.length / 5) before = usedBytes();
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    }),
  );
  t.log(Object.fromEntries([...statuses].sort()));
  t.true([400, 401, 404, 405, 415].every((status) => statuses.has(status)));
  t.false(statuses.has(500));
  const kept = usedBytes() - before;
  t.log(`${kept} bytes are kept`);
  t.true(before > 0 && kept < maxKeptBytes, `${kept} bytes are kept`);
  await isWhole(t, server);
});

test(`${runs / 20} connections of garbage end, and no other does`, async (t) => {
  t.timeout(600_000);
  const server = await served(t, {maxConnections: 64});
  const kept = await server.connect();
  await kept.ask(registerRequest(1));
  const samples = fc.sample(fc.tuple(requests, fc.uint8Array({maxLength: 100}), fc.nat(), fc.nat({max: 2})), {
    numRuns: runs / 20,
    seed: seedOf(t),
  });
  let next = 0;
  await Promise.all(
    Array.from({length: 16}, async () => {
      for (let sample = samples[next++]; sample !== undefined; sample = samples[next++]) {
        const [request, noise, at, end] = sample;
        const bytes = requestBytes(request);
        const cut = at % (bytes.length + 1);
        const wire = await Wire.open({port: server.port});
        wire.write(Buffer.concat([bytes.subarray(0, cut), noise, bytes.subarray(cut)]));
        if (end === 0) wire.socket.resetAndDestroy();
        else {
          wire.finish();
          // A request that lacks its end is waited for no longer than the client's side is open.
          await wire.ended;
          wire.close();
        }
      }
    }),
  );
  await isWhole(t, server);
});

/** The tower still does all that it is there for. */
async function isWhole(t: ExecutionContext, {connect, world}: Served): Promise<void> {
  const wire = await connect();
  for (const request of [registerRequest(2), addRequest({n: 2}), getRequest(2), infoRequest(2)]) {
    t.is((await wire.ask(request)).status, 200, request.path);
  }
  t.deepEqual(await world.problems(), []);
  t.is(world.tower.halted, undefined);
}

/** Bytes that are still in use when all that is not has been collected. */
function usedBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

function seedOf(t: ExecutionContext): number {
  const seed = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.log(`FUZZ_SEED=${seed}`);
  return seed;
}

function goodBody(): fc.Arbitrary<Buffer> {
  const good = [
    registerRequest(1),
    registerRequest(9),
    addRequest({n: 1}),
    getRequest(1),
    infoRequest(1),
    addRequest({n: 8}),
  ];
  return fc.constantFrom(...good.map(({body}) => Buffer.from(body!)));
}

/** One byte is replaced, left out or doubled, or all that follows is. */
function changed([body, place, byte, how]: readonly [Buffer, number, number, number]): Buffer {
  const at = place % body.length;
  const [before, after] = [body.subarray(0, at), body.subarray(at + 1)];
  return Buffer.concat([[before, Buffer.from([byte]), after], [before, after], [body, body], [before]][how]!);
}

function fields() {
  const value = fc.oneof(
    fc.constantFrom<unknown>(
      publicKey(1),
      '00'.repeat(16),
      'y'.repeat(104),
      'd'.repeat(104),
      'zz',
      42,
      -1,
      2 ** 32,
      null,
    ),
    fc.jsonValue({maxDepth: 2}),
    fc.stringMatching(/^[0-9a-f]{0,70}$/),
    fc.stringMatching(/^[dr][ybndrfg8ejkmcpqxot1uwisza345h769]{103}$/),
  );
  const appointment = fc.record({locator: value, encrypted_blob: value, to_self_delay: value}, {requiredKeys: []});
  return {user_id: value, locator: value, signature: value, appointment: fc.oneof(appointment, value)};
}
