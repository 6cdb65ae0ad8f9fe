import test from 'ava';
import {endpointWarnings} from '../../../src/chain/bitcoind/endpoint.js';
import {FakeRpc} from './fake-bitcoind.js';

const publishing = (...addresses: string[]): FakeRpc =>
  new FakeRpc({
    getzmqnotifications: () => [
      {type: 'pubrawtx', address: 'tcp://127.0.0.1:9', hwm: 1000},
      ...addresses.map((address) => ({type: 'pubhashblock', address, hwm: 1000})),
    ],
  });

for (const [address, endpoint] of [
  ['tcp://127.0.0.1:28332', 'tcp://127.0.0.1:28332'],
  ['tcp://0.0.0.0:28332', 'tcp://127.0.0.1:28332'],
  ['tcp://127.0.0.1:28332', 'tcp://localhost:28332'],
  ['tcp://[::1]:28332', 'tcp://[::1]:28332'],
  ['tcp://*:28332', 'tcp://localhost:28332'],
  ['ipc:///run/bitcoind.sock', 'ipc:///run/bitcoind.sock'],
] as const) {
  test(`a node that publishes at ${address} serves ${endpoint}`, async (t) => {
    t.deepEqual(await endpointWarnings(publishing(address), endpoint), []);
  });
}

test('another port is warned of, with the address that the node has', async (t) => {
  const [warning, ...rest] = await endpointWarnings(publishing('tcp://127.0.0.1:1'), 'tcp://127.0.0.1:2');
  t.regex(warning!, /no blocks at tcp:\/\/127\.0\.0\.1:2: it announces them at tcp:\/\/127\.0\.0\.1:1/);
  t.deepEqual(rest, []);
});

test('a node that publishes other things only is warned of', async (t) => {
  const [warning] = await endpointWarnings(publishing(), 'tcp://127.0.0.1:9');
  t.regex(warning!, /it announces none/);
});

test('an endpoint on another machine is warned of', async (t) => {
  const [warning, ...rest] = await endpointWarnings(publishing('tcp://0.0.0.0:28332'), 'tcp://10.0.0.7:28332');
  t.regex(warning!, /not on this machine/);
  t.deepEqual(rest, []);
});

test('a node that may not be asked, or answers nonsense, is warned of and not an error', async (t) => {
  for (const script of [{}, {getzmqnotifications: () => 'nonsense'}]) {
    const [warning] = await endpointWarnings(new FakeRpc(script), 'tcp://127.0.0.1:28332');
    t.regex(warning!, /unchecked/);
  }
});
