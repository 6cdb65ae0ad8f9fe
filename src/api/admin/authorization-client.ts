import type {Submission} from '../../gatekeeper/auth/views.js';
import type {PragmaAnswer} from '../../tower/pragma.js';
import type {
  AdminAuthorization,
  Approval,
  DeviceAtTip,
  DevicePageAtTip,
  DeviceQuery,
  NodeRole,
  RequestAtTip,
  RequestPageAtTip,
  RequestQuery,
} from './admin-authorization.js';
import {type AdminConnection, longMs} from './connection.js';
import {queryText} from './query-text.js';

/** The part of the admin client that is about authorization. */
export class AuthorizationClient implements AdminAuthorization {
  readonly #connection: AdminConnection;

  constructor(connection: AdminConnection) {
    this.#connection = connection;
  }

  submit(submission: Submission): Promise<RequestAtTip> {
    return this.#connection.post('/requests', submission, longMs);
  }

  requests(query: RequestQuery): Promise<RequestPageAtTip> {
    return this.#connection.get(`/requests?${queryText(query)}`);
  }

  request(id: number): Promise<RequestAtTip> {
    return this.#connection.get(`/requests/${id}`);
  }

  approve(id: number, as: Approval): Promise<RequestAtTip> {
    return this.#connection.post(`/requests/${id}/approve`, as);
  }

  deny(id: number, reason: string): Promise<RequestAtTip> {
    return this.#connection.post(`/requests/${id}/deny`, {reason});
  }

  authorizeUser(key: string, userId: number): Promise<DeviceAtTip> {
    return this.#connection.post('/authorize-user', {key, userId});
  }

  authorizeNode(key: string, role: NodeRole): Promise<DeviceAtTip> {
    return this.#connection.post('/authorize-node', {key, role});
  }

  devices(query: DeviceQuery): Promise<DevicePageAtTip> {
    return this.#connection.get(`/devices?${queryText(query)}`);
  }

  revoke(key: string): Promise<DeviceAtTip> {
    return this.#connection.post(`/devices/${encodeURIComponent(key)}/revoke`, {});
  }

  pragma(line: string): Promise<PragmaAnswer> {
    return this.#connection.post('/pragma', {line});
  }
}
