import type {
  Mined,
  PageRequest,
  Registration,
  StateDigest,
  TowerStatus,
  UserDetails,
  UserPage,
  VerifiedStore,
} from './admin-tower.js';
import type {AdminAuthorization} from './admin-authorization.js';
import {AuthorizationClient} from './authorization-client.js';
import {AdminConnection, longMs} from './connection.js';
import {OperatorClient} from './operator-client.js';
import type {Log} from '../../tower/log.js';

/**
 * Talks to the tower of a data directory. Its errors arrive as they were thrown there; without a tower they are
 * OperationalError TOWER_NOT_RUNNING.
 */
export class AdminClient {
  readonly auth: AdminAuthorization;
  readonly operator: OperatorClient;
  readonly #connection: AdminConnection;

  constructor(dataDir: string) {
    this.#connection = new AdminConnection(dataDir);
    this.auth = new AuthorizationClient(this.#connection);
    this.operator = new OperatorClient(this.#connection);
  }

  get log(): Log {
    return {
      end: () => this.#connection.get('/log/end', longMs),
      page: ({from, limit}) => this.#connection.get(`/log?from=${from}&limit=${limit}`),
    };
  }

  status(): Promise<TowerStatus> {
    return this.#connection.get('/status');
  }

  register(key: string): Promise<Registration> {
    return this.#connection.post('/register', {key});
  }

  users({after, limit}: PageRequest): Promise<UserPage> {
    return this.#connection.get(`/users?after=${after}&limit=${limit}`);
  }

  /** @param who a public key in hex or a user id */
  user(who: string): Promise<UserDetails> {
    return this.#connection.get(`/users/${encodeURIComponent(who)}`);
  }

  mine(blocks: number): Promise<Mined> {
    return this.#connection.post('/mine', {blocks}, longMs);
  }

  digest(): Promise<StateDigest> {
    return this.#connection.get('/digest', longMs);
  }

  verify(): Promise<VerifiedStore> {
    return this.#connection.get('/verify', longMs);
  }

  async stop(): Promise<void> {
    await this.#connection.post('/stop', {});
  }
}
