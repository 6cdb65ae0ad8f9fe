import type {Authorization, Decider} from '../gatekeeper/auth/authorization.js';
import {parsePragma} from '../gatekeeper/auth/pragma.js';
import type {DeviceView} from '../gatekeeper/auth/views.js';
import type {SourceStateName} from '../chain/source-state.js';
import type {Role} from '../store/rows.js';

/** Nodes of each sort that one answer lists at most. */
export const maxListedNodes = 1_000;

export interface SyncStatus {
  /** The tower has reached its source's tip, and has requests decided. */
  readonly dbIsReady: boolean;
  /** Always 1: a tower is the only primary of its store. OctoDB's 0 would be "not authorized". */
  readonly nodeId: number;
  readonly state: SourceStateName;
  /** null before the first block. */
  readonly height: number | null;
  readonly pendingRequests: number;
}

/** A device that is authorized, or one that has asked to be. */
export interface NodeView {
  readonly publicKey: string;
  readonly state: 'authorized' | 'pending';
  readonly userId: number | null;
  readonly role: Role;
  /** The pending request. */
  readonly requestId: number | null;
}

export type PragmaAnswer =
  | {readonly type: 'authorize_user' | 'authorize_node'; readonly device: DeviceView}
  | {readonly type: 'sync_status'; readonly status: SyncStatus}
  /** The first thousand of each sort; `more` if there are others. */
  | {readonly type: 'nodes'; readonly nodes: readonly NodeView[]; readonly more: boolean};

/** What a line needs of a tower. */
interface PragmaTower {
  readonly auth: Authorization;
  readonly isReady: boolean;
  readonly state: {readonly name: SourceStateName};
  readonly tip: {readonly height: number} | undefined;
}

/** @throws Rejection TOWER_INVALID_PRAGMA, and whatever the command throws */
export async function runPragma(tower: PragmaTower, line: string, actor: Decider): Promise<PragmaAnswer> {
  const {auth} = tower;
  const command = parsePragma(line);
  switch (command.type) {
    case 'authorize_user':
      return {type: command.type, device: await auth.authorizeUser(command.key, command.userId, actor)};
    case 'authorize_node':
      return {type: command.type, device: await auth.authorizeNode(command.key, command.role, actor)};
    case 'sync_status':
      return {type: command.type, status: statusOf(tower)};
    case 'nodes':
      return {type: command.type, ...(await nodesOf(auth))};
  }
}

const statusOf = ({auth, isReady, state, tip}: PragmaTower): SyncStatus => ({
  dbIsReady: isReady,
  nodeId: 1,
  state: state.name,
  height: tip?.height ?? null,
  pendingRequests: auth.pendingRequests,
});

async function nodesOf(auth: Authorization): Promise<{nodes: NodeView[]; more: boolean}> {
  const authorized = await auth.devices({limit: maxListedNodes});
  // Before the first block there are neither devices nor requests.
  const pending =
    auth.pendingRequests === 0 ? undefined : await auth.requests({state: 'pending', limit: maxListedNodes});
  const nodes: NodeView[] = [
    ...authorized.devices.map(
      ({key, userId, role}) => ({publicKey: key, state: 'authorized', userId, role, requestId: null}) as const,
    ),
    ...(pending?.requests ?? []).map(
      ({key, requestId}) => ({publicKey: key, state: 'pending', userId: null, role: null, requestId}) as const,
    ),
  ];
  return {nodes, more: authorized.next !== null || (pending?.next ?? null) !== null};
}
