import {createServer} from 'node:net';
import type {AddressInfo} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {serveMetrics} from '../../../src/api/observation/metrics-server.js';
import type {ObservedTower} from '../../../src/api/observation/observed-tower.js';
import {OperationalError} from '../../../src/errors/index.js';
import {get} from '../../support/daemon.js';

const observed = (overrides: Partial<ObservedTower> = {}): ObservedTower => ({
  health: () => ({status: 'ok'}),
  metrics: () => Promise.resolve({contentType: 'text/plain; version=0.0.4', text: 'bartizan_users 1\n'}),
  activity: () => Promise.reject(new Error("asked for what is the operator's alone")),
  ...overrides,
});

async function serve(t: ExecutionContext, overrides: Partial<ObservedTower> = {}, bind = '127.0.0.1') {
  const defects: unknown[] = [];
  const server = await serveMetrics(observed(overrides), {bind, port: 0, onDefect: (error) => defects.push(error)});
  t.teardown(() => server.close());
  return {...server, defects};
}

test('it serves /metrics and /health, and nothing else', async (t) => {
  const {address, defects} = await serve(t);
  t.deepEqual(await get(address, '/metrics'), {
    status: 200,
    type: 'text/plain; version=0.0.4',
    text: 'bartizan_users 1\n',
  });
  t.like(await get(address, '/health'), {status: 200, text: '{"status":"ok"}'});
  for (const path of ['/', '/status', '/users', '/stop', '/activity', '/metrics/', '/metrics/%2e%2e/status', '/%']) {
    t.true([400, 404].includes((await get(address, path)).status), path);
  }
  for (const method of ['POST', 'PUT', 'DELETE']) t.is((await get(address, '/metrics', method)).status, 404, method);
  t.deepEqual(defects, []);
});

test('what is wrong is told with 503, the reason and what next', async (t) => {
  const health = {
    status: 'waiting',
    state: 'waiting_for_node',
    reason: 'bitcoind does not answer',
    next: 'Start bitcoind.',
    code: 'TOWER_BITCOIND_UNREACHABLE',
  } as const;
  const {address} = await serve(t, {health: () => health});
  const {status, text} = await get(address, '/health');
  t.is(status, 503);
  t.deepEqual(JSON.parse(text), health);
});

test('a defect is told inside, and outside only that there is one', async (t) => {
  const {address, defects} = await serve(t, {metrics: () => Promise.reject(new Error('at /home/me/secret'))});
  t.like(await get(address, '/metrics'), {status: 500, text: '{"error":"the tower could not answer"}'});
  t.is(defects.length, 1);
});

test('an address that asks for a lot is not told back', async (t) => {
  const {address} = await serve(t);
  const {text} = await get(address, '/%3Cscript%3Ealert(1)%3C/script%3E');
  t.is(text, '{"error":"there are /metrics and /health"}');
});

test('an address that is taken, or none of this machine, is refused with what to do', async (t) => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.teardown(() => other.close());
  const {port} = other.address() as AddressInfo;
  for (const taken of [
    {bind: '127.0.0.1', port},
    {bind: '192.0.2.1', port: 0},
  ]) {
    const error = await t.throwsAsync(
      serveMetrics(observed(), {...taken, onDefect: (error) => t.fail(String(error))}),
      {
        instanceOf: OperationalError,
        code: 'TOWER_ADDRESS_IN_USE',
      },
    );
    t.regex(error.hint, /metrics_bind and metrics_port/);
  }
});

test('closing does not wait for a collector that keeps its connection', async (t) => {
  const {address, close} = await serve(t);
  const response = await fetch(`${address}/metrics`, {keepalive: true});
  t.is(response.status, 200);
  await close();
  await t.throwsAsync(get(address, '/metrics'), {code: 'ECONNREFUSED'});
});
