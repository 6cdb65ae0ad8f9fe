import {type ChainHeader, extend, parseHeader} from '../../chain/header.js';
import type {Network} from '../../chain/network.js';
import {workOf} from '../../chain/work.js';
import {assert, unreachable} from '../../errors/index.js';
import {takeBack, takeDeposit} from '../../gatekeeper/appointment.js';
import {type Answer, takeAnswer} from '../../gatekeeper/auth/answers.js';
import {authorizeKey, decide, requirePending} from '../../gatekeeper/auth/decision.js';
import {revokeDevice} from '../../gatekeeper/auth/devices.js';
import {receive} from '../../gatekeeper/auth/reception.js';
import type {CheckedSubmission} from '../../gatekeeper/auth/submission.js';
import {receiveUnproven} from '../../gatekeeper/auth/unproven.js';
import {deleteUser} from '../../gatekeeper/deletion.js';
import {extend as extendSubscription} from '../../gatekeeper/extension.js';
import {register} from '../../gatekeeper/registration.js';
import type {GatekeeperSettings} from '../../gatekeeper/settings.js';
import {slotsOf} from '../../gatekeeper/slots.js';
import {requireUser} from '../../gatekeeper/user-reference.js';
import type {Verdict} from '../../store/request-row.js';
import type {Transaction} from '../../store/transaction.js';
import {
  acceptChain,
  beginStore,
  changeSettings,
  connectBlock,
  defaultLogBlocks,
  disconnectBlock,
} from '../../tower/chain-events.js';
import type {History, TowerEvent} from '../../tower/events.js';
import {Rejection} from '../../errors/index.js';

/** Appointments of one user, by a key of his: subscription and locator of each. */
export interface PlacesOfKey {
  readonly key: string;
  readonly places: readonly {readonly subscription: number; readonly locator: string}[];
}

/** What came to a tower from outside, as far as its log tells: what its decisions follow from. */
export type Input =
  | {
      readonly type: 'begin';
      readonly chain: {readonly network: Network; readonly genesis: string};
      readonly history: History;
      readonly height: number;
      readonly settings: GatekeeperSettings;
    }
  | {readonly type: 'connect'; readonly header: string}
  | {readonly type: 'disconnect'}
  | {readonly type: 'accept_chain'; readonly history: History; readonly height: number; readonly depth: number | null}
  | {readonly type: 'settings'; readonly settings: GatekeeperSettings}
  | {readonly type: 'register'; readonly key: string}
  | {
      readonly type: 'deposit';
      readonly key: string;
      readonly locator: string;
      readonly blobBytes: number;
      readonly blobHash: string;
      readonly toSelfDelay: number;
      readonly signature: string;
    }
  | {readonly type: 'delete_appointments'; readonly refund: boolean; readonly of: readonly PlacesOfKey[]}
  | {readonly type: 'extend'; readonly userId: number; readonly blocks: number}
  | {readonly type: 'delete_user'; readonly userId: number}
  | {readonly type: 'submit'; readonly submission: CheckedSubmission}
  | {readonly type: 'ask'; readonly key: string}
  | {readonly type: 'answer'; readonly answer: Answer}
  | {readonly type: 'decide'; readonly requestId: number; readonly verdict: Verdict; readonly actor: string}
  | {
      readonly type: 'authorize';
      readonly key: string;
      readonly verdict: Exclude<Verdict, {type: 'deny'}>;
      readonly actor: string;
    }
  | {readonly type: 'revoke'; readonly key: string};

type Publish = (event: TowerEvent) => void;

/** The blobs themselves are on no tape, and nothing is decided by them. */
const noBlob = new Uint8Array(0);

/**
 * Has the tower's own code decide about an input.
 * @throws Rejection, before anything has changed; OperationalError TOWER_INVALID_BLOCK, InvariantError
 */
export async function applyInput(transaction: Transaction, publish: Publish, input: Input): Promise<void> {
  switch (input.type) {
    case 'begin': {
      const headers = headersOf(input.history, input.height);
      beginStore(transaction, publish, input.chain, headers, input.settings);
      return;
    }
    case 'connect': {
      const header = extend(transaction.meta.tip, parseHeader(Buffer.from(input.header, 'hex')));
      return connectBlock(transaction, publish, header, defaultLogBlocks);
    }
    case 'disconnect':
      return disconnectBlock(transaction, publish, transaction.meta.tip);
    case 'accept_chain':
      return acceptChain(transaction, publish, headersOf(input.history, input.height), input.depth);
    case 'settings':
      return changeSettings(transaction, publish, input.settings);
    case 'register':
      return void (await register(transaction, publish, input.key));
    case 'deposit': {
      const {key, locator, blobBytes, blobHash, toSelfDelay, signature} = input;
      const row = {slots: slotsOf(blobBytes), toSelfDelay, blobBytes, blobHash, signature};
      return void (await takeDeposit(transaction, publish, key, {locator, encryptedBlob: noBlob, row}));
    }
    case 'delete_appointments': {
      const placesByKey = new Map(input.of.map(({key, places}) => [key, places]));
      return void (await takeBack(transaction, publish, placesByKey, {refund: input.refund}));
    }
    case 'extend':
      return void extendSubscription(transaction, publish, await requireUser(transaction, input), input.blocks);
    case 'delete_user':
      return deleteUser(transaction, publish, await requireUser(transaction, input));
    case 'submit':
      return void (await receive(transaction, publish, input.submission));
    case 'ask':
      return void (await receiveUnproven(transaction, publish, input.key));
    case 'answer':
      return takeAnswer(transaction, publish, input.answer);
    case 'decide': {
      const {requestId: id, verdict, actor} = input;
      const row = await requirePending(transaction, id);
      const decided = await decide(transaction, publish, {id, row}, verdict, actor);
      if (decided instanceof Rejection) throw decided;
      return;
    }
    case 'authorize':
      return void (await authorizeKey(transaction, publish, input.key, input.verdict, input.actor));
    case 'revoke':
      return void (await revokeDevice(transaction, publish, input.key));
    default:
      return unreachable(input);
  }
}

/** Headers that end at this height, with the work behind each. */
function headersOf({headers, chainwork}: History, height: number): ChainHeader[] {
  let work = BigInt(`0x${chainwork}`);
  const found: ChainHeader[] = [];
  for (const [below, hex] of headers.toReversed().entries()) {
    const header = parseHeader(Buffer.from(hex, 'hex'));
    const above = found[0];
    assert(!above || above.previous === header.hash, `header ${header.hash} is not below ${above?.hash}`);
    found.unshift({...header, height: height - below, chainwork: work});
    work -= workOf(header.bits);
  }
  return found;
}
