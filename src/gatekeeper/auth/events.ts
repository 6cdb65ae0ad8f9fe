import type {RequestKind, RequestStage} from '../../store/layout.js';
import type {RequestState, Verdict} from '../../store/request-row.js';
import type {Role} from '../../store/rows.js';

/** What has become of authorization requests and devices, in the past tense. None of them holds signup or login info. */
export type AuthEvent =
  | {
      readonly type: 'request_received';
      readonly height: number;
      readonly requestId: number;
      readonly kind: RequestKind;
      readonly key: string;
      /** SHA-256 of signup_info or login_info. */
      readonly infoHash: string | null;
      readonly nodeInfo: string;
      /** Whether its device has signed it. */
      readonly proven: boolean;
      readonly proofHeight: number;
      /** The pending request that it took the place of. */
      readonly supersedes: number | null;
    }
  | {
      /** It is asked about again from `readyHeight` on: it is to be decided later (`later`), or an attempt failed. */
      readonly type: 'request_postponed';
      readonly height: number;
      readonly requestId: number;
      readonly stage: RequestStage;
      readonly attempts: number;
      readonly readyHeight: number;
      readonly reason: string;
    }
  | {
      /** Its answer waits for a block. */
      readonly type: 'answer_recorded';
      readonly height: number;
      readonly requestId: number;
      readonly verdict: Verdict;
    }
  | {
      /** An answer came after the request was closed or answered, and counts for nothing. */
      readonly type: 'answer_late';
      readonly height: number;
      readonly requestId: number;
      readonly state: RequestState;
    }
  | {
      readonly type: 'request_decided';
      readonly height: number;
      readonly requestId: number;
      readonly kind: RequestKind;
      readonly key: string;
      readonly state: Exclude<RequestState, 'pending' | 'expired'>;
      readonly decidedBy: string;
      readonly reason: string;
      readonly userId: number | null;
      readonly role: Role;
    }
  | {
      /** A device belongs to a user from now on, or has a role: by a request, or in advance (`requestId` null). */
      readonly type: 'device_authorized';
      readonly height: number;
      readonly key: string;
      /** null for a node that belongs to no user. */
      readonly userId: number | null;
      readonly role: Role;
      readonly requestId: number | null;
      /** The user is new, with these slots until this expiry. */
      readonly created: {readonly availableSlots: number; readonly subscriptionExpiry: number} | null;
    }
  | {
      readonly type: 'device_revoked';
      readonly height: number;
      readonly key: string;
      readonly userId: number | null;
      readonly role: Role;
    };
