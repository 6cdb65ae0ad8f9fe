import {deviceKey, infoKey, requestKey, type RequestStage, toldKey} from '../../store/layout.js';
import {decodeRequest} from '../../store/request-row.js';
import {decodeDevice, decodeTold} from '../../store/rows.js';
import type {Store} from '../../store/store.js';
import type {Question} from './policy.js';

/** What a policy is asked about a request; undefined if there is nothing to ask any more. */
export async function questionOf(store: Store, id: number, stage: RequestStage): Promise<Question | undefined> {
  const [raw, info] = await store.rows.getMany([requestKey(id), infoKey(id)]);
  const row = raw && decodeRequest(raw);
  const {height} = store.meta!.tip;
  if (row?.state !== 'pending' || row.stage !== stage || row.answer || row.readyHeight > height) return undefined;
  const {kind, key, proven, nodeInfo, receivedHeight, attempts} = row;
  const [told, device] = await store.rows.getMany([toldKey(key), deviceKey(key)]);
  const belongs = device !== undefined && decodeDevice(device).userId > 0;
  const former = told && !belongs ? decodeTold(told).userId : 0;
  return {
    stage,
    kind,
    info: info ? Buffer.from(info).toString() : null,
    nodeInfo,
    context: {
      requestId: id,
      key,
      proven,
      height,
      receivedHeight,
      attempts,
      formerUserId: former === 0 ? null : former,
    },
  };
}
