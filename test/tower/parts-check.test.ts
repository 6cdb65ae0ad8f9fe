import test from 'ava';
import {FixtureChain, formatFixture, SimulatedChain} from '../../src/chain/index.js';
import {regtestGenesisBlock} from '../../src/chain/genesis.js';
import {Rejection} from '../../src/errors/index.js';
import {defaultGatekeeperSettings} from '../../src/gatekeeper/settings.js';
import {MemoryStore} from '../../src/store/index.js';
import {Tower} from '../../src/tower/tower.js';
import type {TowerParts} from '../../src/tower/tower-parts.js';
import {quickKey} from '../support/keys.js';

const parts = () =>
  ({rows: new MemoryStore(), source: new SimulatedChain(), network: 'regtest', key: quickKey}) as const;
const open = (given?: unknown) => Tower.open(given as TowerParts);

test('a tower is opened on no network but those that it may be on', async (t) => {
  for (const network of ['bitcoin', 'mainnet'])
    await t.throwsAsync(open({...parts(), network}), {code: 'TOWER_MAINNET_REFUSED'}, network);
  for (const network of ['narnia', 'toString', undefined, 5]) {
    await t.throwsAsync(open({...parts(), network}), {
      code: 'TOWER_INVALID_PARAMETER',
      message: 'network must be one of testnet, testnet4, signet, regtest',
    });
  }
});

test('recorded blocks of mainnet are replayed all the same', async (t) => {
  const raw = Buffer.from(regtestGenesisBlock().raw);
  // Time, difficulty and nonce are all that sets it apart.
  raw.write('29ab5f49ffff001d1dac2b7c', 68, 'hex');
  const source = new FixtureChain(formatFixture({network: 'bitcoin', startHeight: 0, blocks: [raw]}));
  const tower = await open({...parts(), source, network: 'bitcoin'});
  tower.start();
  await tower.synced();
  t.is(tower.tip?.height, 0);
  await tower.close();
});

test('what no tower can be made of is refused by name, before anything is opened', async (t) => {
  const all = parts();
  const wrong: [given: unknown, message: string | RegExp][] = [
    [undefined, 'what a tower is opened with must be a map: {rows, source, network, key}'],
    [{}, 'rows must be a store: new MemoryStore(), or await LevelStore.open(folder)'],
    [{...all, source: 'chain'}, /^source must be where blocks come from: new SimulatedChain\(\), or /],
    [{...all, key: 'abc'}, 'key must be what signs: new SigningKey(generateSecretKey())'],
    [{...all, setings: {}}, 'there is no setings; did you mean settings?'],
    [
      {...all, settings: {subscriptionDuration: 10}},
      /^settings\.subscriptionSlots must be .* \.\.\.defaultGatekeeperSettings/,
    ],
    [
      {...all, settings: {subscriptionDuratoin: 10}},
      'there is no settings.subscriptionDuratoin; did you mean subscriptionDuration?',
    ],
    [
      {...all, settings: {...defaultGatekeeperSettings, auth: 'maybe'}},
      'settings.auth must be one of none, node, user',
    ],
    [
      {...all, settings: {...defaultGatekeeperSettings, expiryDelta: 'x'}},
      /^settings\.expiryDelta must be a whole number/,
    ],
    [{...all, finality: '3'}, 'finality must be a whole number from 1 to 100'],
    [{...all, listeners: ['x']}, 'listeners must be a list of functions'],
  ];
  for (const [given, message] of wrong)
    await t.throwsAsync(open(given), {code: 'TOWER_INVALID_PARAMETER', instanceOf: Rejection, message});

  const tower = await open(all);
  const on = tower.on.bind(tower) as (...given: unknown[]) => void;
  const message = /^listener must be a function, the only argument/;
  t.throws(() => on('event', () => undefined), {code: 'TOWER_INVALID_PARAMETER', message});
  await t.throwsAsync(tower.pragma(undefined as unknown as string), {code: 'TOWER_INVALID_PARAMETER'});
  tower.start();
  await tower.synced();
  t.is(tower.tip?.height, 0);
  await tower.close();
});
