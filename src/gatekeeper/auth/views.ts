import type {RequestKind, RequestStage} from '../../store/layout.js';
import type {Closing, RecordedAnswer, RequestState} from '../../store/request-row.js';
import type {Role} from '../../store/rows.js';

/** What a device sends. */
export interface Submission {
  /** `user_signup`, `user_login` or `new_node`; anything else is refused. */
  readonly kind: string;
  /** signup_info or login_info: any text. Left out for a node. */
  readonly info?: string | undefined;
  /** JSON object with `public_key`, the device's key in hex. */
  readonly nodeInfo: string;
  /** A block that the proof is bound to: one of the last `proof_window`. */
  readonly blockHeight: number;
  readonly blockHash: string;
  /** The device's signature over `proofMessage`, zbase32 or hex. */
  readonly signature: string;
}

/** What a device sends that asks where it stands. */
export interface StatusQuestion {
  /** Its public key, hex. */
  readonly key: string;
  /** As of a submission. */
  readonly blockHeight: number;
  readonly blockHash: string;
  /** Over `proofMessage` of the kind `request_status`, with neither info nor node_info. */
  readonly signature: string;
}

/** Where a request stands, as whoever sent it is told. */
export interface RequestView {
  readonly requestId: number;
  readonly kind: RequestKind;
  readonly key: string;
  readonly state: RequestState;
  /** Whether its device has signed it. */
  readonly proven: boolean;
  readonly nodeInfo: string;
  /** SHA-256 of signup_info or login_info. */
  readonly infoHash: string | null;
  readonly receivedHeight: number;
  readonly receivedHash: string;
  /** Height at which it expires if nobody decides it. */
  readonly expiresAt: number;
  readonly stage: RequestStage;
  readonly attempts: number;
  readonly readyHeight: number;
  readonly answer: RecordedAnswer | null;
  readonly closing: Closing | null;
  /** 1 for the first, one more for each that took the place of a pending one. */
  readonly revision: number;
  readonly supersedes: number | null;
  /** Height from which on a denied device may ask again. */
  readonly retryHeight: number | null;
}

/** A request with what its sender alone and the operator may see. */
export interface RequestDetails extends RequestView {
  /** signup_info or login_info; null once it is gone, and for a node. */
  readonly info: string | null;
}

/** What whoever registers a key is told of its request: nothing that the device alone may know. */
export interface RegistrationRequest {
  readonly requestId: number;
  readonly kind: RequestKind;
  readonly state: RequestState;
  readonly proven: boolean;
  /** First height at which something may become of it; null once it is closed. */
  readonly nextLookHeight: number | null;
  /** Height from which on a denied device may ask again. */
  readonly retryHeight: number | null;
  /** Why it was closed; null while it is pending, and if the device has signed it. */
  readonly reason: string | null;
}

export interface RequestPage {
  readonly requests: readonly RequestView[];
  /** What to ask for as `after` next; null at the end. */
  readonly next: number | null;
}

/** What a key is to the tower, and its newest request of each kind. */
export interface KeyStatus {
  readonly key: string;
  /** null unless it is authorized. */
  readonly device: DeviceView | null;
  readonly requests: readonly RequestView[];
}

export interface DeviceView {
  readonly key: string;
  /** null for a node that belongs to no user. */
  readonly userId: number | null;
  readonly role: Role;
  readonly authorizedAt: number;
}

export interface DevicePage {
  readonly devices: readonly DeviceView[];
  readonly next: string | null;
}
