import {hash} from 'node:crypto';
import {genesisOf} from '../../src/chain/network.js';
import {infoHashOf} from '../../src/crypto/proof.js';
import {defaultGatekeeperSettings, type GatekeeperSettings} from '../../src/gatekeeper/settings.js';
import type {Change} from '../../src/store/key-value-store.js';
import {answeredKey, infoKey, readyKey, requestDueKey, requestKey, requestOfKey} from '../../src/store/layout.js';
import {LevelStore} from '../../src/store/level-store.js';
import {encodeIds, encodeRequest, type RequestRow} from '../../src/store/request-row.js';
import {Store} from '../../src/store/store.js';
import {verify} from '../../src/store/verify.js';
import {beginStore} from '../../src/tower/chain-events.js';
import {headersTo, startHeight} from './population.js';

const requestsPerWrite = 20_000;
const kind = 'user_signup';
const info = 'invite 7';

export interface Requests {
  readonly location: string;
  readonly pending: number;
  /** Whether each has an answer that waits for a block; otherwise it waits for its check. */
  readonly answered: boolean;
  readonly authBudget: number;
}

export const requestSettings = (authBudget: number): GatekeeperSettings => ({
  ...defaultGatekeeperSettings,
  auth: 'user',
  authBudget,
  // Nothing times out while it is measured.
  requestTtl: 100_000,
  maxPendingRequests: 100_000_000,
});

/** Fills a new store with pending signups. Answers what `verify` finds wrong. */
export async function populateRequests({location, pending, answered, authBudget}: Requests): Promise<number> {
  const rows = await LevelStore.open(location);
  try {
    const store = await Store.open(rows);
    const begin = store.begin();
    const headers = headersTo(startHeight).slice(-101);
    const chain = {network: 'regtest', genesis: genesisOf.regtest} as const;
    beginStore(begin, () => undefined, chain, headers, requestSettings(authBudget));
    begin.update({
      counters: {...begin.meta.counters, nextRequestId: pending + 1, pendingRequests: pending},
      progress: {...begin.meta.progress, ...(answered ? {firstAnswered: 1} : {})},
    });
    await store.commit(begin);
    const {hash: tipHash} = headers[headers.length - 1]!;
    for (let from = 1; from <= pending; from += requestsPerWrite) {
      await rows.write(requestRows(from, Math.min(pending, from + requestsPerWrite - 1), {answered, tipHash}));
    }
    return (await verify(rows)).problemCount;
  } finally {
    await rows.close();
  }
}

const nothing = new Uint8Array(0);

function* requestRows(
  from: number,
  to: number,
  {answered, tipHash}: {answered: boolean; tipHash: string},
): Iterable<Change> {
  for (let id = from; id <= to; id++) {
    const key = `02${hash('sha256', String(id), 'hex')}`;
    const row: RequestRow = {
      kind,
      key,
      infoHash: infoHashOf(info),
      nodeInfo: JSON.stringify({public_key: key, name: `phone ${id}`}),
      receivedHeight: startHeight,
      receivedHash: tipHash,
      proven: true,
      proofHeight: startHeight,
      revision: 1,
      previous: null,
      signedBefore: null,
      state: 'pending',
      stage: 'check',
      attempts: 0,
      readyHeight: startHeight,
      answer: answered
        ? {verdict: {type: 'approve_user', userId: 0}, actor: 'policy', height: startHeight, hash: tipHash}
        : null,
      closing: null,
    };
    yield [requestKey(id), encodeRequest(row)];
    yield [requestDueKey('t', startHeight, id), nothing];
    yield [answered ? answeredKey(id) : readyKey('check', kind, startHeight, id), nothing];
    yield [requestOfKey(key, kind), encodeIds([id])];
    yield [infoKey(id), Buffer.from(info)];
  }
}
