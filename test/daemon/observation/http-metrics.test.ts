import {connect} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import type {Daemon} from '../../../src/daemon/daemon.js';
import {httpMethods} from '../../../src/daemon/observation/metric-table.js';
import {aDaemon, get} from '../../support/daemon.js';
import {publicKey} from '../../support/keys.js';
import {type Family, parseScrape} from '../../support/prometheus.js';
import {until} from '../../support/until.js';

const aServingDaemon = (t: ExecutionContext) => aDaemon(t, {'--api-rate-limit': '0'}, {api: true});

async function scrape(daemon: Daemon): Promise<Map<string, Family>> {
  return parseScrape((await get(daemon.adminSocket, '/metrics')).text);
}

const requests = async (daemon: Daemon): Promise<ReadonlyMap<string, number>> =>
  (await scrape(daemon)).get('bartizan_http_requests_total')!.samples;

test('a request is counted by method, route and status, and its time is in the histogram of the route', async (t) => {
  const daemon = await aServingDaemon(t);
  const {url} = daemon.api!;
  t.is((await get(url, '/ping')).status, 200);
  await fetch(`${url}/register`, {method: 'POST', body: JSON.stringify({user_id: publicKey(1)}), headers: json});
  await fetch(`${url}/register`, {method: 'POST', body: '{}', headers: json});
  await until(() => true);
  const samples = await requests(daemon);
  const counted = (method: string, route: string, status: number) =>
    samples.get(`bartizan_http_requests_total{method="${method}",route="${route}",status="${status}"}`);
  t.is(counted('GET', '/ping', 200), 1);
  t.is(counted('POST', '/register', 200), 1);
  t.is(counted('POST', '/register', 400), 1);
  const times = (await scrape(daemon)).get('bartizan_http_request_duration_seconds')!.samples;
  t.is(times.get('bartizan_http_request_duration_seconds_count{route="/register"}'), 2);
});

test('what cannot be read as a request is counted once, by its status, and has no time', async (t) => {
  const daemon = await aServingDaemon(t);
  const {host, port} = daemon.api!;
  await raw(host, port, 'nonsense\r\n\r\n');
  await raw(host, port, `GET / HTTP/1.1\r\nhost: ${'x'.repeat(20_000)}\r\n\r\n`);
  await raw(host, port, 'CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n');
  await raw(host, port, 'POST /register HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nnonsense\r\n');
  await raw(host, port, 'GET /ping HTTP/1.1\r\nhost: x\r\n\r\n');
  const samples = await requests(daemon);
  const counted = Object.fromEntries([...samples].filter(([, count]) => count > 0));
  t.deepEqual(counted, {
    'bartizan_http_requests_total{method="other",route="none",status="400"}': 2,
    'bartizan_http_requests_total{method="other",route="none",status="431"}': 1,
    'bartizan_http_requests_total{method="other",route="none",status="405"}': 1,
    'bartizan_http_requests_total{method="GET",route="/ping",status="200"}': 1,
  });
});

const json = {'content-type': 'application/json'};

test('whatever strangers ask for, the labels stay the same few', async (t) => {
  const daemon = await aServingDaemon(t);
  const {host, port} = daemon.api!;
  const path = fc.oneof(
    fc.webPath(),
    fc.string().map((text) => `/${encodeURIComponent(text)}`),
    fc.constantFrom(
      '/%',
      '//',
      '/register/',
      '/REGISTER',
      '/ping?a=1',
      '/ping#b',
      '/metrics',
      '/{__proto__}',
      '/"x"',
      '*',
    ),
  );
  const method = fc.oneof(
    fc.constantFrom('GET', 'PUT', 'PROPFIND', 'QUERY', 'TRACE'),
    fc.stringMatching(/^[A-Z]{1,9}$/),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(method, path), {minLength: 5, maxLength: 10}), async (asked) => {
      for (const [method, path] of asked)
        await raw(host, port, `${method} ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
      for (const series of (await requests(daemon)).keys()) {
        const {method, route, status} = labelsOf(series);
        t.true((httpMethods as readonly string[]).includes(method!), series);
        t.true(['/ping', '/register', 'none'].includes(route!), series);
        t.regex(status!, /^[1-5]\d\d$/, series);
      }
    }),
    {numRuns: 20},
  );
});

const labelsOf = (series: string): Record<string, string> =>
  Object.fromEntries([...series.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name!, value!]));

/** Sends these bytes and waits for the end, whatever it is. */
function raw(host: string, port: number, text: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => socket.end(text));
    socket
      .on('error', () => undefined)
      .on('close', () => resolve())
      .resume();
  });
}
