import type {DevicePage, DeviceView, RequestDetails, RequestPage, Submission} from '../../gatekeeper/auth/views.js';
import type {RequestState} from '../../store/request-row.js';
import type {Role} from '../../store/rows.js';
import type {PragmaAnswer} from '../../tower/pragma.js';

/** What the admin interface lets an operator, or a device at his side, do about authorization. */
export interface AdminAuthorization {
  /** What a device does. Answers once the request is on disk, and a fast callback that is there has answered. */
  submit(submission: Submission): Promise<RequestAtTip>;
  /** Requests by ascending id. */
  requests(query: RequestQuery): Promise<RequestPageAtTip>;
  /** @throws Rejection TOWER_REQUEST_NOT_FOUND */
  request(id: number): Promise<RequestAtTip>;
  approve(id: number, as: Approval): Promise<RequestAtTip>;
  deny(id: number, reason: string): Promise<RequestAtTip>;
  /** @param userId 0 is a new user */
  authorizeUser(key: string, userId: number): Promise<DeviceAtTip>;
  authorizeNode(key: string, role: NodeRole): Promise<DeviceAtTip>;
  /** Devices by ascending key. */
  devices(query: DeviceQuery): Promise<DevicePageAtTip>;
  /** Answers what the device was. */
  revoke(key: string): Promise<DeviceAtTip>;
  /** One of OctoDB's lines. @throws Rejection TOWER_INVALID_PRAGMA */
  pragma(line: string): Promise<PragmaAnswer>;
}

export type NodeRole = NonNullable<Role>;

/** What a device gets; what is left out is as the request's kind has it. */
export interface Approval {
  /** 0 is a new user. */
  readonly userId?: number | undefined;
  readonly role?: NodeRole | undefined;
}

/** Heights say little without the tip at which they are read. */
interface AtTip {
  readonly tipHeight: number;
}

export interface RequestAtTip extends RequestDetails, AtTip {}
export interface RequestPageAtTip extends RequestPage, AtTip {}
export interface DeviceAtTip extends DeviceView, AtTip {}
export interface DevicePageAtTip extends DevicePage, AtTip {}

export interface RequestQuery {
  /** All if it is left out. */
  readonly state?: RequestState | undefined;
  /** Only ids above this; 0 from the start. */
  readonly after: number;
  /** 1 to `maxPageRequests`; of requests of one state, a page may have fewer and not be the last. */
  readonly limit: number;
}

export interface DeviceQuery {
  /** Only keys above this. */
  readonly after?: string | undefined;
  /** 1 to `maxPageDevices`. */
  readonly limit: number;
}

export const requestStates = [
  'pending',
  'approved',
  'denied',
  'expired',
  'failed',
  'superseded',
] as const satisfies readonly RequestState[];
export const nodeRoles = ['primary', 'secondary'] as const satisfies readonly NodeRole[];

/** A page is built in memory and sent in one answer; with each request comes what its device says of itself. */
export const maxPageRequests = 1000;
export const maxPageDevices = 1000;
