import type {CopyProgress, StoreCopy} from '../../tower/store-copy.js';
import type {Forecast} from '../../gatekeeper/forecast.js';
import type {
  AppointmentPage,
  AppointmentsQuery,
  DeletedUser,
  DueUserPage,
  DueUsersQuery,
  ExtendedUser,
  ForecastQuery,
} from './admin-operator.js';
import {type AdminConnection, longMs} from './connection.js';
import {queryText} from './query-text.js';

/** The part of the admin client that is about what an operator does with users. */
export class OperatorClient {
  readonly #connection: AdminConnection;

  constructor(connection: AdminConnection) {
    this.#connection = connection;
  }

  /** @param who a public key in hex or a user id */
  extend(who: string, blocks: number): Promise<ExtendedUser> {
    return this.#connection.post(`/users/${encodeURIComponent(who)}/extend`, {blocks});
  }

  /** @param who a public key in hex or a user id */
  delete(who: string): Promise<DeletedUser> {
    return this.#connection.post(`/users/${encodeURIComponent(who)}/delete`, {});
  }

  forecast(query: ForecastQuery): Promise<Forecast> {
    return this.#connection.get(`/forecast?${queryText(query)}`, longMs);
  }

  dueUsers(query: DueUsersQuery): Promise<DueUserPage> {
    return this.#connection.get(`/forecast/users?${queryText(query)}`, longMs);
  }

  appointments(query: AppointmentsQuery): Promise<AppointmentPage> {
    return this.#connection.get(`/appointments?${queryText(query)}`);
  }

  /** @param path absolute: the tower may stand in another folder */
  copyStore(path: string, tell: (progress: CopyProgress) => void): Promise<StoreCopy> {
    return this.#connection.follow('/copy', {path}, tell);
  }
}
