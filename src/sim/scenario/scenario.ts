import type {ErrorCode} from '../../errors/index.js';
import type {GatekeeperSettings} from '../../gatekeeper/settings.js';
import type {RequestKind} from '../../store/layout.js';
import type {RequestState} from '../../store/request-row.js';
import type {FaultStep} from '../faults/fault.js';
import type {DueKind} from '../world/next-due.js';

/** A story with expectations, checked: what `readScenario` answers. */
export interface Scenario {
  readonly name: string;
  readonly about?: string;
  /** The file of the world in which it begins, instead of a fresh one. */
  readonly from?: string;
  /** The settings that the tower starts with. */
  readonly tower: GatekeeperSettings;
  /** The seed as the file has it. */
  readonly chain: {
    readonly startHeight: number;
    readonly seed: string | number;
    /** `adapter`: the tower reads it through the adapter to bitcoind, over a made-up node. @default the chain itself */
    readonly node?: ScenarioNode;
  };
  readonly steps: readonly Step[];
}

export type ScenarioNode = 'none' | 'adapter';

/** What a user sends to the tower, or one of his devices does for him. */
export type UserRequest =
  | {readonly type: 'register'; readonly user: string}
  | {readonly type: 'renew'; readonly user: string}
  | {
      readonly type: 'appointment';
      readonly user: string;
      /** Unless told, the first device of the user. */
      readonly device?: string;
      readonly name: string;
      readonly blobBytes: number;
    };

/** What the policy of a story does when it is asked. */
export type PolicyAnswer =
  | {readonly type: 'returns'; readonly value: unknown}
  /** It returns the id of the user whom the story calls so; -1 while there is none. */
  | {readonly type: 'user'; readonly name: string}
  | {readonly type: 'throws'}
  /** It cannot be reached. */
  | {readonly type: 'unavailable'}
  /** It says nothing for so many blocks, and is then given up. */
  | {readonly type: 'hangs'; readonly blocks: number};

/** Answers in their order, the last one again and again. A stage without any is nobody's. */
export interface PolicyScript {
  readonly callback: readonly PolicyAnswer[];
  readonly check: readonly PolicyAnswer[];
}

/** What a device asks for, and what the policy makes of it. */
export interface DeviceRequest {
  readonly type: 'signup' | 'login' | 'node';
  readonly device: string;
  /** What the story calls the user to whom the device then belongs; unless told, as the device. */
  readonly as?: string;
  /** signup_info or login_info. */
  readonly info?: string;
  /** What node_info holds besides the key. */
  readonly nodeInfo?: Readonly<Record<string, unknown>>;
  /** Unless told, nobody answers but the operator. */
  readonly script?: PolicyScript;
  /** Height of the block that its proof names; unless told, the tip. */
  readonly signedAt?: number;
  /** The device with whose key it is signed; unless told, the one that asks. */
  readonly signedBy?: string;
}

/**
 * What a tower that asks for an authorization makes of a client who sends nothing but his key: a request that nobody has
 * signed, of the kind that its level asks for.
 */
export interface UnprovenRequest {
  readonly type: 'request_registration';
  readonly device: string;
  /** As of a request of a device. */
  readonly as?: string;
  readonly script?: PolicyScript;
}

/** What the tower calls the requests of a step. */
export const wireKinds: Readonly<Record<DeviceRequest['type'], RequestKind>> = {
  signup: 'user_signup',
  login: 'user_login',
  node: 'new_node',
};

/** A request by its number, or as the newest of a device. */
export type RequestName = {readonly id: number} | {readonly device: string; readonly kind?: RequestKind};

/** A user by his name in the story, or by his id. */
export type UserName = string | number;

/** What the operator does about requests, devices and users. */
export type OperatorAct =
  | {
      readonly type: 'approve';
      readonly request: RequestName;
      readonly user?: UserName;
      readonly role?: NodeRole;
    }
  | {readonly type: 'deny'; readonly request: RequestName; readonly reason: string}
  | {
      readonly type: 'authorize';
      readonly device: string;
      readonly as?: string;
      readonly user?: UserName;
      readonly role?: NodeRole;
    }
  | {readonly type: 'revoke'; readonly device: string}
  /** He adds blocks to a subscription. */
  | {readonly type: 'extend'; readonly user: UserName; readonly blocks: number}
  /** He deletes a user for good. */
  | {readonly type: 'delete'; readonly user: UserName};

export type NodeRole = 'primary' | 'secondary';

/** What the tower may refuse. */
export type Refusable = UserRequest | DeviceRequest | UnprovenRequest | OperatorAct;

const refusableTypes = {
  register: true,
  renew: true,
  appointment: true,
  signup: true,
  login: true,
  node: true,
  request_registration: true,
  approve: true,
  deny: true,
  authorize: true,
  revoke: true,
  extend: true,
  delete: true,
} as const satisfies Record<Refusable['type'], true>;

export const isRefusable = <It extends Action>(action: It): action is It & Refusable => action.type in refusableTypes;

/**
 * How the tower goes down. `kill_before_commit` and `kill_after_commit` arm its next commit: the batch is lost just
 * before, or the process dies just after, it is on disk.
 */
export type RestartKind = 'clean' | 'kill_before_commit' | 'kill_after_commit';

export type UserState = 'active' | 'expired' | 'unknown';

/** One thing that must hold. Of a user, device or request, only the fields that are there are compared. */
export type Expectation =
  | {
      readonly type: 'user';
      readonly user: UserName;
      readonly state?: UserState;
      readonly slots?: number;
      readonly start?: number;
      readonly expiry?: number;
      readonly appointments?: number;
      readonly devices?: number;
    }
  | {
      readonly type: 'device';
      readonly device: string;
      readonly state?: 'authorized' | 'unknown';
      /** null: nobody. */
      readonly user?: UserName | null;
      /** null: none. */
      readonly role?: NodeRole | null;
    }
  | {
      readonly type: 'request';
      readonly request: RequestName;
      readonly state?: RequestState;
      /** Whether its device has signed it. */
      readonly proven?: boolean;
      readonly reason?: string;
      readonly user?: UserName | null;
      readonly role?: NodeRole | null;
      readonly attempts?: number;
      /** Height at which it was closed. */
      readonly closed?: number;
      /** Who closed it. */
      readonly by?: string;
    }
  /** Pending requests. */
  | {readonly type: 'pending'; readonly count: number}
  | {readonly type: 'tip'; readonly height: number}
  | {readonly type: 'users'; readonly count: number};

export type Action =
  | Refusable
  | {readonly type: 'mine'; readonly blocks: number}
  | {readonly type: 'mine_to'; readonly height: number}
  /** To the next block in which something falls due. */
  | {readonly type: 'mine_to_next'; readonly due: DueKind}
  /** Block by block, until all of it holds. */
  | {readonly type: 'mine_until'; readonly expectations: readonly Expectation[]; readonly within: number}
  | {readonly type: 'reorg'; readonly depth: number; readonly blocks: number}
  | {readonly type: 'step_back'; readonly blocks: number}
  | {readonly type: 'branch'; readonly name: string; readonly at?: number; readonly blocks: number}
  | {readonly type: 'switch_to'; readonly branch: string}
  | {readonly type: 'snapshot'; readonly name: string}
  | {readonly type: 'restore'; readonly name: string}
  /** To the last time at which the chain had this height. */
  | {readonly type: 'roll_back'; readonly height: number}
  /** `path`: where the file is that the step calls so; unless told, in the working directory. */
  | {readonly type: 'export'; readonly file: string; readonly path?: string}
  | {readonly type: 'restart'; readonly kind: RestartKind}
  | {readonly type: 'set'; readonly settings: Partial<GatekeeperSettings>}
  | {readonly type: 'expect'; readonly expectations: readonly Expectation[]}
  | {
      readonly type: 'refuse';
      readonly request: Refusable;
      readonly code: ErrorCode;
    }
  | FaultStep
  | {readonly type: 'note'};

/** What somebody does, and what its author says to it. */
export type NotedAction = Action & {readonly note?: string | undefined};

/** An action with the line of its file (from 1) and what the author says to it. */
export type Step = Action & {readonly line: number; readonly note?: string};

/** What the branch is called on which a story begins. */
export const mainBranch = 'main';

// Limits: a scenario is a story that somebody reads and a machine finishes; each of these is far beyond one.
export const maxScenarioBytes = 1024 * 1024;
export const maxSteps = 100_000;
/** Of one file, all its steps together. The simulated chain mines them in a few minutes. */
export const maxMinedBlocks = 1_000_000;
