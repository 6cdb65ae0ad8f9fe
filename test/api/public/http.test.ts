import test from 'ava';
import {publicKey} from '../../support/keys.js';
import {served} from './support/served.js';
import {requestBytes} from './support/wire.js';

const key = publicKey(1);
const body = JSON.stringify({user_id: key});
const register = {method: 'POST', path: '/register', body};

test('a body needs a length, or to be chunked', async (t) => {
  const {connect} = await served(t);
  const wire = await connect();
  const {status, json} = await wire.ask({...register, body: '', noLength: true});
  t.deepEqual({status, json}, {status: 411, json: {error: 'A content-length header is required', error_code: 6}});
  t.is((await wire.ask({...register, chunked: true})).status, 200);
  t.is((await wire.ask({...register, body: '', chunked: true})).status, 400);
});

test('JSON is taken with any charset or with no type at all, and nothing else is', async (t) => {
  const {connect} = await served(t);
  const wire = await connect();
  const types = {
    'application/json': 200,
    'Application/JSON ; charset=utf-8': 200,
    'application/json;v=1': 200,
    'application/jsonx': 415,
    'application/problem+json': 415,
    'text/plain': 415,
    json: 415,
    '': 415,
  };
  for (const [type, expected] of Object.entries(types)) {
    t.is((await wire.ask({...register, headers: [['Content-Type', type]]})).status, expected, type);
  }
  t.is((await wire.ask({...register, headers: []})).status, 200);
});

test('a body that is too long is refused before it is read, and the connection goes on', async (t) => {
  const {connect} = await served(t, {maxBlobBytes: 1024});
  const wire = await connect();
  const long = {...register, body: body + ' '.repeat(4096)};
  t.is((await wire.ask(long)).status, 413);
  t.is((await wire.ask({...long, chunked: true})).status, 413);
  t.is((await wire.ask({...register, body: body + ' '.repeat(4096 - body.length)})).status, 200);
  t.is((await wire.ask({...long, path: '/add_appointment', body: 'x'.repeat(2 * 1024 + 4097)})).status, 413);
  t.is((await wire.ask({...long, path: '/add_appointment', body: 'x'.repeat(2 * 1024 + 4096)})).status, 400);
});

test('who is told that a body is too long can still say all of it', async (t) => {
  const {connect} = await served(t);
  for (const chunked of [false, true]) {
    const wire = await connect();
    const {status} = await wire.ask({...register, body: 'x'.repeat(4 * 1024 * 1024), chunked});
    t.is(status, 413);
    t.is((await wire.ask(register)).status, 200);
  }
});

test('a length alone is answered, without waiting for what it announces', async (t) => {
  const {connect} = await served(t);
  const wire = await connect();
  wire.write('POST /register HTTP/1.1\r\nContent-Length: 1000000000000\r\n\r\n');
  t.is((await wire.refusal()).status, 413);
  const other = await connect();
  other.write('POST /nope HTTP/1.1\r\nContent-Length: 100\r\n\r\n');
  t.is((await other.refusal()).status, 404);
});

const notHttp: Readonly<Record<string, string>> = {
  'no HTTP': 'hello\r\n\r\n',
  'another version': 'GET /ping HTTP/3.0\r\n\r\n',
  'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'an unknown method': 'BREW /ping HTTP/1.1\r\n\r\n',
  'a length that is no number': 'POST /register HTTP/1.1\r\nContent-Length: x\r\n\r\n',
  'two lengths': 'POST /register HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
  'a length and chunks': 'POST /register HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
  'a chunk that is none': 'POST /register HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n',
  'a header without a name': 'GET /ping HTTP/1.1\r\n: x\r\n\r\n',
  'a space in the path': 'GET /pi ng HTTP/1.1\r\n\r\n',
  'the beginning of TLS': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
};
for (const [what, bytes] of Object.entries(notHttp)) {
  test(`${what} is refused in JSON, and the connection ends`, async (t) => {
    const {connect} = await served(t);
    const wire = await connect();
    wire.write(Buffer.from(bytes, 'latin1'));
    const {status, json, headers} = await wire.refusal();
    t.deepEqual({status, json}, {status: 400, json: {error: 'The request is not HTTP', error_code: 6}});
    t.is(headers['connection'], 'close');
    await wire.ended;
    t.is(wire.rest, '');
  });
}

test('headers that are too long are refused, and so is what cannot be expected', async (t) => {
  const {connect} = await served(t);
  const refusals = [
    [431, `GET /ping HTTP/1.1\r\nX: ${'x'.repeat(200_000)}\r\n\r\n`],
    [431, `GET /${'x'.repeat(9_000)} HTTP/1.1\r\n\r\n`],
    [417, 'POST /register HTTP/1.1\r\nExpect: a miracle\r\nContent-Length: 5\r\n\r\n'],
    [405, 'CONNECT example.com:443 HTTP/1.1\r\n\r\n'],
  ] as const;
  for (const [status, bytes] of refusals) {
    const wire = await connect();
    wire.write(bytes);
    t.is((await wire.refusal()).status, status);
    await wire.ended;
  }
});

test('a client that waits for leave to send its body gets it', async (t) => {
  const {connect} = await served(t);
  const wire = await connect();
  wire.write(
    requestBytes({...register, body: '', headers: [['Expect', '100-continue']]})
      .toString()
      .replace('h: 0', `h: ${body.length}`),
  );
  t.is((await wire.answer('HEAD')).status, 100);
  wire.write(body);
  t.is((await wire.answerTo(register)).status, 200);
});

test('a request may lack a host, be of HTTP/1.0, or ask for another protocol', async (t) => {
  const {connect} = await served(t);
  const wire = await connect();
  wire.write('GET /ping HTTP/1.1\r\n\r\n');
  t.is((await wire.answer('GET')).status, 200);
  wire.write('GET /ping HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  t.is((await wire.answer('GET')).status, 200);
  const old = await connect();
  old.write('GET /ping HTTP/1.0\r\n\r\n');
  t.is((await old.answer('GET')).status, 200);
  await old.ended;
});

test('who takes too long over a request is told so, and cut off', async (t) => {
  const {connect} = await served(t, {times: {headMs: 100, requestMs: 300}});
  const slow = [
    '',
    'P',
    'GET /ping HTTP/1.1\r\nX: ',
    `POST /register HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n{`,
  ];
  await Promise.all(
    slow.map(async (bytes) => {
      const wire = await connect();
      if (bytes !== '') wire.write(bytes);
      const {status, json} = await wire.refusal();
      t.is(status, 408);
      t.like(json, {error_code: 32});
      await wire.ended;
    }),
  );
});

test('a thousand slow connections do not keep anybody else waiting', async (t) => {
  const {connect} = await served(t, {maxConnections: 200});
  const slow = [];
  for (let n = 0; n < 1_000; n++) {
    const wire = await connect();
    // The first are slow in the head, the others in the body.
    slow.push(wire.write(`POST /register HTTP/1.1\r\nContent-Length: 80\r\nX: ${n < 500 ? '' : '\r\n\r\n{'}`));
  }
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  t.is((await (await connect()).ask(register)).status, 200);
  await Promise.all(slow.slice(0, 700).map(({ended}) => ended));
});
