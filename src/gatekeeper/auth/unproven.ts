import {deviceKey, requestOfKey, type RequestKind} from '../../store/layout.js';
import type {DecisionSettings} from '../../store/meta.js';
import type {Transaction} from '../../store/transaction.js';
import {NoTip} from '../rejections.js';
import {readDevice} from './devices.js';
import type {AuthEvent} from './events.js';
import {hasWhat, requestKinds} from './level.js';
import {type Admission, fileRequest, type Received, requestBytes} from './new-request.js';
import {infoHashOf} from '../../crypto/proof.js';
import {requireCooledDown} from './reception.js';
import {alreadyAuthorized, tooManyUnproven, wrongLevel} from './rejections.js';
import {newestRequest} from './request-rows.js';

/*
 * TEOS clients send nothing but their key when they register, so a tower that asks for an authorization files the
 * request for them. Anybody can send any key, so such a request is unproven: it takes nothing from those that are
 * signed, neither their place, nor their turn, nor their room.
 */

/** Rows that are read first. */
export const unprovenReads = (key: string): string[] => [
  deviceKey(key),
  ...requestKinds.map((kind) => requestOfKey(key, kind)),
];

/**
 * Takes in the request of a key that asks to register. One that is pending already is that request, the device's own
 * before all.
 * @throws Rejection, before anything has changed
 */
export async function receiveUnproven(
  transaction: Transaction,
  publish: (event: AuthEvent) => void,
  key: string,
  admit?: Admission,
): Promise<Received> {
  if (!transaction.begun) throw new NoTip();
  const {settings, tip, counters} = transaction.meta;
  const kind = kindAt(settings.auth);
  const device = await readDevice(transaction, key);
  if (device && hasWhat(kind, device)) throw alreadyAuthorized(device);

  const newest = await newestRequest(transaction, key, kind);
  const login = kind === 'user_signup' ? await newestRequest(transaction, key, 'user_login') : undefined;
  const pending = [newest, login].filter((one) => one?.row.state === 'pending');
  const found = pending.find((one) => one?.row.proven) ?? pending[0];
  if (found) return found;
  for (const {row} of [newest, login].filter((one) => one !== undefined)) {
    requireCooledDown(row, transaction.meta, {saying: !row.proven});
  }
  const {unprovenRequests} = counters;
  if (unprovenRequests >= settings.maxUnprovenRequests) throw tooManyUnproven(unprovenRequests);
  const nodeInfo = JSON.stringify({public_key: key});
  const info = kind === 'user_signup' ? '' : null;
  admit?.({bytes: requestBytes({info, nodeInfo}), tipHeight: tip.height});

  return fileRequest(transaction, publish, {
    kind,
    key,
    info,
    infoHash: info === null ? null : infoHashOf(info),
    nodeInfo,
    proven: false,
    // So that what the device signed before it cannot be sent once more behind it.
    proofHeight: newest?.row.proofHeight ?? 0,
    revision: 1,
    signedBefore: newest === undefined ? null : newest.row.proven ? newest.id : newest.row.signedBefore,
    supersedes: undefined,
  });
}

function kindAt(level: DecisionSettings['auth']): RequestKind {
  if (level === 'none') throw wrongLevel('a key registers by itself', level);
  return level === 'user' ? 'user_signup' : 'new_node';
}
