import type {SimulatedChain} from '../../chain/index.js';
import {assert, Rejection, unreachable} from '../../errors/index.js';
import type {Authorization} from '../../gatekeeper/auth/authorization.js';
import type {GatekeeperSettings} from '../../gatekeeper/settings.js';
import {proofMessage} from '../../crypto/proof.js';
import type {Submission} from '../../gatekeeper/auth/views.js';
import type {Tower} from '../../tower/tower.js';
import type {Cast} from './cast.js';
import {userText} from '../timeline/request-text.js';
import type {Roster} from './roster.js';
import {
  type DeviceRequest,
  type OperatorAct,
  type Refusable,
  type RequestName,
  type UnprovenRequest,
  wireKinds,
} from '../scenario/scenario.js';
import type {ScriptedPolicy} from './scripted-policy.js';

export interface SenderParts {
  readonly cast: Cast;
  readonly roster: Roster;
  readonly policy: ScriptedPolicy;
  readonly chain: SimulatedChain;
  /** Who needs an authorization now. */
  readonly level: () => GatekeeperSettings['auth'];
}

/** Makes of a step what a client or an operator would send to the tower. */
export class Sender {
  readonly #parts: SenderParts;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /** Gets ready what is sent, once; what it answers may be sent again and again. */
  prepare(request: Refusable): (tower: Tower) => Promise<unknown> {
    const {cast, roster} = this.#parts;
    switch (request.type) {
      case 'register':
        roster.introduce(request.user, request.user);
        return ({gatekeeper}) => gatekeeper.addUpdateUser(cast.keyOf(request.user));
      case 'renew':
        return ({gatekeeper}) => gatekeeper.addUpdateUser(cast.keyOf(roster.deviceOf(request.user)));
      case 'appointment': {
        const device = request.device ?? roster.deviceOf(request.user);
        const deposit = cast.depositOf(device, request);
        return ({gatekeeper}) => gatekeeper.addUpdateAppointment(cast.keyOf(device), deposit);
      }
      case 'signup':
      case 'login':
      case 'node':
        return this.#submit(request);
      case 'request_registration':
        return this.#ask(request);
      case 'approve':
      case 'deny':
      case 'authorize':
      case 'revoke':
      case 'extend':
      case 'delete':
        return (tower) => this.#act(request, tower);
      default:
        return unreachable(request);
    }
  }

  #submit(request: DeviceRequest): (tower: Tower) => Promise<unknown> {
    const {cast, roster, policy, chain} = this.#parts;
    const {device, as = device, nodeInfo, script} = request;
    const kind = wireKinds[request.type];
    const key = cast.keyOf(device);
    const block = chain.at(request.signedAt ?? chain.tip.height);
    assert(block, `the chain has a block at ${request.signedAt}`);
    const fields = {
      kind,
      blockHash: block.hash,
      info: kind === 'new_node' ? '' : (request.info ?? as),
      nodeInfo: JSON.stringify({public_key: key, ...nodeInfo}),
    };
    const signature = cast
      .signerOf(request.signedBy ?? device)
      .sign(proofMessage({towerId: cast.towerKey().publicKey, ...fields}));
    const submission: Submission = {
      ...fields,
      info: kind === 'new_node' ? undefined : fields.info,
      blockHeight: block.height,
      signature,
    };
    roster.introduce(device, as);
    policy.follow({...fields, key, proven: true}, script);
    return ({auth}) => auth.submit(submission);
  }

  #ask({device, as = device, script}: UnprovenRequest): (tower: Tower) => Promise<unknown> {
    const {cast, roster, policy, level} = this.#parts;
    const key = cast.keyOf(device);
    roster.introduce(device, as);
    const kind = level() === 'user' ? 'user_signup' : 'new_node';
    const content = {key, kind, proven: false, info: null, nodeInfo: JSON.stringify({public_key: key})} as const;
    if (level() !== 'none') policy.follow(content, script);
    return ({auth}) => auth.requestRegistration(key);
  }

  async #act(act: OperatorAct, {auth, operator}: Tower): Promise<unknown> {
    const {cast, roster} = this.#parts;
    const actor = 'operator';
    switch (act.type) {
      case 'approve': {
        const userId = act.user === undefined ? undefined : this.#idOf(act.user);
        return auth.approve(await this.#requestId(act.request, auth), {userId, role: act.role, actor});
      }
      case 'deny':
        return auth.deny(await this.#requestId(act.request, auth), {reason: act.reason, actor});
      case 'authorize': {
        if (act.as !== undefined) roster.introduce(act.device, act.as);
        const key = cast.keyOf(act.device);
        return act.role === undefined
          ? auth.authorizeUser(key, this.#idOf(act.user ?? 0), actor)
          : auth.authorizeNode(key, act.role, actor);
      }
      case 'revoke':
        return auth.revoke(cast.keyOf(act.device), actor);
      case 'extend':
        return operator.extend({userId: this.#idOf(act.user)}, act.blocks, actor);
      case 'delete':
        return operator.delete({userId: this.#idOf(act.user)}, actor);
      default:
        return unreachable(act);
    }
  }

  #idOf(user: string | number): number {
    const id = this.#parts.roster.idOf(user);
    if (id === undefined) throw new Rejection('TOWER_USER_NOT_FOUND', `${userText(user)} has not been a user yet`);
    return id;
  }

  async #requestId(name: RequestName, auth: Authorization): Promise<number> {
    const found = 'id' in name ? name.id : (await findRequest(name, auth, this.#parts.cast))?.requestId;
    if (found === undefined) throw new Rejection('TOWER_REQUEST_NOT_FOUND', 'the device has sent none of this kind');
    return found;
  }
}

/** The request that is meant: of a device, the pending one that came last, or else the one that came last. */
export async function findRequest(name: RequestName, auth: Authorization, cast: Cast) {
  if ('id' in name) {
    try {
      return await auth.request(name.id);
    } catch (error) {
      if (error instanceof Rejection && error.code === 'TOWER_REQUEST_NOT_FOUND') return undefined;
      throw error;
    }
  }
  const {requests} = await auth.status(cast.keyOf(name.device));
  const fitting = requests
    .filter(({kind}) => name.kind === undefined || kind === name.kind)
    .toSorted((a, b) => b.requestId - a.requestId);
  return fitting.find(({state}) => state === 'pending') ?? fitting[0];
}
