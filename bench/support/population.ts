import {hash} from 'node:crypto';
import type {ChainHeader} from '../../src/chain/header.js';
import {genesisOf} from '../../src/chain/network.js';
import {SimulatedChain} from '../../src/chain/simulated-chain.js';
import {defaultGatekeeperSettings} from '../../src/gatekeeper/settings.js';
import {deviceKey, dueKey, toldKey, userKey} from '../../src/store/layout.js';
import type {Change} from '../../src/store/key-value-store.js';
import {LevelStore} from '../../src/store/level-store.js';
import {encodeDevice, encodeTold, encodeUser} from '../../src/store/rows.js';
import {Store} from '../../src/store/store.js';
import {verify} from '../../src/store/verify.js';
import {beginStore} from '../../src/tower/chain-events.js';

/** Height of the chain with which a populated store begins. */
export const startHeight = 110;
const usersPerWrite = 20_000;
const {subscriptionSlots, subscriptionDuration, expiryDelta} = defaultGatekeeperSettings;

export interface Population {
  readonly location: string;
  readonly users: number;
  /** So many of them are due in one block. */
  readonly dueUsers: number;
}

/** The block that deletes the due users of a population. */
export const deletingHeight = startHeight + 300;

/** The chain that populated stores follow, up to a height. */
export function headersTo(height: number): ChainHeader[] {
  const chain = new SimulatedChain({seed: 1});
  chain.mineTo(height);
  return Array.from({length: height + 1}, (_, at) => chain.at(at)!);
}

/** Fills a new store with users, as if they had registered at its first block. Answers what `verify` finds wrong. */
export const populate = ({location, users, dueUsers}: Population): Promise<number> =>
  fill({location, users, usersPerWrite, rowsOf: (from, to) => userRows(from, to, {users, dueUsers})});

interface Filling {
  readonly location: string;
  readonly users: number;
  readonly usersPerWrite: number;
  /** Appointments of all of them, each of one slot. @default 0 */
  readonly appointments?: number;
  /** The rows of the users with the ids from..to. */
  readonly rowsOf: (from: number, to: number) => Iterable<Change>;
  /** Events in the log, the last of a longer one. @default none but the first */
  readonly log?: readonly unknown[];
}

/** Fills a new store. Answers what `verify` finds wrong. */
export async function fill({
  location,
  users,
  appointments = 0,
  usersPerWrite,
  rowsOf,
  log = [],
}: Filling): Promise<number> {
  const rows = await LevelStore.open(location);
  try {
    const store = await Store.open(rows);
    const begin = store.begin();
    const headers = headersTo(startHeight).slice(-101);
    const chain = {network: 'regtest', genesis: genesisOf.regtest} as const;
    beginStore(begin, () => undefined, chain, headers, defaultGatekeeperSettings);
    begin.update({
      counters: {
        ...begin.meta.counters,
        nextUserId: users + 1,
        nextSubscription: users + 1,
        users,
        appointments,
        takenSlots: appointments,
      },
      progress: {...begin.meta.progress, lastJoin: startHeight},
    });
    for (const event of log) begin.log(event);
    await store.commit(begin);
    for (let from = 1; from <= users; from += usersPerWrite) {
      await rows.write(rowsOf(from, Math.min(users, from + usersPerWrite - 1)));
    }
    return (await verify(rows)).problemCount;
  } finally {
    await rows.close();
  }
}

/** The due users are spread evenly over all ids, as people who registered on one day are not; so this is the hard case. */
function* userRows(from: number, to: number, {users, dueUsers}: {users: number; dueUsers: number}): Iterable<Change> {
  const every = dueUsers === 0 ? 0 : users / dueUsers;
  for (let id = from; id <= to; id++) {
    const isDue = dueUsers > 0 && Math.floor(id / every) !== Math.floor((id - 1) / every);
    // The others stay for the whole benchmark, each with one of many expiries.
    const later = startHeight + subscriptionDuration + (id % subscriptionDuration);
    const expiry = isDue ? deletingHeight - expiryDelta : later;
    yield* rowsOfUser({id, key: `02${hash('sha256', String(id), 'hex')}`, expiry, appointments: 0});
  }
}

/** A user whose appointments take a slot each; those have rows of their own. */
export function* rowsOfUser({
  id,
  key,
  expiry,
  appointments,
}: {
  readonly id: number;
  readonly key: string;
  readonly expiry: number;
  readonly appointments: number;
}): Iterable<Change> {
  const availableSlots = subscriptionSlots - appointments;
  const device = {role: null, authorizedAt: startHeight};
  yield [
    userKey(id),
    encodeUser({
      subscription: id,
      availableSlots,
      grantedSlots: subscriptionSlots,
      start: startHeight,
      expiry,
      appointments,
      devices: [{key, ...device}],
    }),
  ];
  yield [deviceKey(key), encodeDevice({userId: id, ...device})];
  yield [dueKey('e', expiry, id), new Uint8Array(0)];
  const last = {lastSlots: availableSlots, lastExpiry: expiry};
  const highest = {highestSlots: subscriptionSlots, highestExpiry: expiry};
  yield [toldKey(key), encodeTold({userId: id, subscription: id, ...last, ...highest})];
}
