import {setImmediate as nextTurn} from 'node:timers/promises';
import type {SimulatedChain} from '../../chain/simulated-chain.js';
import {curve} from '../../crypto/curve.js';
import {OperationalError} from '../../errors/index.js';
import {requestKinds} from '../../gatekeeper/auth/level.js';
import type {Policy} from '../../gatekeeper/auth/policy.js';
import {NoTip} from '../../gatekeeper/rejections.js';
import {UserNotFound, type UserReference} from '../../gatekeeper/user-reference.js';
import {parseUuid, type UserInfo} from '../../gatekeeper/user-info.js';
import type {Tower} from '../../tower/tower.js';
import {type AdminTower, maxListedAppointments, type PolicyStatus, type TowerStatus} from './admin-tower.js';
import {servedAuthorization} from './served-authorization.js';
import {servedOperator} from './served-operator.js';
import {summaryOf} from './user-summary.js';

/** Blocks mined between two turns of the event loop. */
const minedPerTurn = 50;

interface Served {
  readonly tower: Tower;
  /** Set where blocks are mined on command. */
  readonly simulated?: SimulatedChain | undefined;
  readonly version: string;
  /** URL of the public API, if it is served. */
  readonly api?: string | undefined;
  readonly stop: () => void;
}

/** A tower as the admin interface sees it. */
export function servedTower({tower, simulated, version, api, stop}: Served): AdminTower {
  const {registeredUsers} = tower.gatekeeper;
  return {
    auth: servedAuthorization(tower),
    operator: servedOperator(tower),
    log: tower.log,

    status: () =>
      statusOf(tower, {version, api: api ?? null, chain: simulated === undefined ? 'bitcoind' : 'simulated'}),

    async register(key) {
      const {subscriptionSignature: signature, ...promise} = await tower.gatekeeper.addUpdateUser(key);
      return {key: key.toLowerCase(), ...promise, tipHeight: tipOf(tower).height, signature};
    },

    async users({after, limit}) {
      const users = await registeredUsers.page({after, limit});
      const tipHeight = tower.tip?.height ?? 0;
      const {expiryDelta} = tower.gatekeeper;
      return {
        tipHeight,
        total: registeredUsers.size,
        users: users.map((user) => summaryOf(user, {tipHeight, expiryDelta})),
        next: users.length < limit ? null : (users.at(-1)?.userId ?? null),
      };
    },

    async user(who) {
      const user = await find(tower, who);
      const tipHeight = tipOf(tower).height;
      const {expiryDelta} = tower.gatekeeper;
      const appointments = await user.appointments({limit: maxListedAppointments});
      return {
        ...summaryOf(user, {tipHeight, expiryDelta}),
        tipHeight,
        deletionHeight: user.subscriptionExpiry + expiryDelta,
        slotsByLocator: Object.fromEntries([...appointments].map(([uuid, slots]) => [parseUuid(uuid)!.locator, slots])),
      };
    },

    async mine(blocks) {
      if (simulated === undefined) throw new OperationalError('TOWER_NOT_SIMULATED', 'the blocks come from bitcoind');
      for (let mined = 0; mined < blocks; mined += minedPerTurn) {
        simulated.mine(Math.min(minedPerTurn, blocks - mined));
        await nextTurn();
      }
      await tower.synced();
      const {height, hash} = tipOf(tower);
      return {blocks, height, hash};
    },

    digest: () => tower.digestAtTip(),
    verify: async () => ({height: tipOf(tower).height, ...(await tower.verify())}),
    stop,
  };
}

async function statusOf(
  tower: Tower,
  {version, api, chain}: Pick<TowerStatus, 'version' | 'api' | 'chain'>,
): Promise<TowerStatus> {
  const userStates = tower.tip === undefined ? undefined : await tower.operator.userStates();
  const {name, sourceHeight, error} = tower.state;
  return {
    version,
    pid: process.pid,
    towerId: tower.id,
    network: tower.network,
    chain,
    state: name,
    problem: error === undefined ? null : {code: error.code, error: error.message, hint: error.hint},
    tip: tower.tip === undefined ? null : {height: tower.tip.height, hash: tower.tip.hash},
    api,
    sourceHeight: sourceHeight ?? null,
    users: tower.gatekeeper.registeredUsers.size,
    userStates: userStates ?? null,
    ...tower.gatekeeper.registeredUsers.holdings,
    auth: tower.gatekeeper.settings.auth,
    ready: tower.isReady,
    pendingRequests: tower.auth.pendingRequests,
    unprovenRequests: tower.auth.unprovenRequests,
    policies: tower.auth.policies.map(policyStatusOf).filter((policy) => policy.name !== 'program' || isAsked(policy)),
    signatures: curve.name,
  };
}

const policyStatusOf = (policy: Policy): PolicyStatus => ({
  name: policy.name,
  callback: requestKinds.filter((kind) => policy.handles('callback', kind) && policy.decidesLater?.(kind) !== true),
  check: requestKinds.filter((kind) => policy.handles('check', kind)),
  trouble: policy.trouble ?? null,
});

/** A program that has registered no function decides nothing. */
const isAsked = ({callback, check}: PolicyStatus): boolean => callback.length + check.length > 0;

function tipOf(tower: Tower): {height: number; hash: string} {
  if (tower.tip === undefined) throw new NoTip();
  return tower.tip;
}

async function find(tower: Tower, who: UserReference): Promise<UserInfo> {
  const {registeredUsers} = tower.gatekeeper;
  const user = 'key' in who ? await registeredUsers.get(who.key.toLowerCase()) : await registeredUsers.byId(who.userId);
  if (user === undefined) throw new UserNotFound(who);
  return user;
}
