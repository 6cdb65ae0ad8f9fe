import type {AnsweredRequest} from '../../api/observation/http-observer.js';
import type {Health, MetricsText, ObservedTower} from '../../api/observation/observed-tower.js';
import type {Timers} from '../../chain/timers.js';
import {curve} from '../../crypto/curve.js';
import type {KeyValueStore} from '../../store/key-value-store.js';
import type {TowerEvent} from '../../tower/events.js';
import type {Tower} from '../../tower/tower.js';
import type {PolicyReport} from '../policies.js';
import {countEvent} from './count-event.js';
import {healthOf} from './health.js';
import {MeasuredRows} from './measured-rows.js';
import {httpMethods, sourceStates} from './metric-table.js';
import {type GaugeName, Metrics, type Reading} from './metrics.js';

/** Users in grace that are counted at most: a scrape must not read an index of any length. */
export const maxCountedUsers = 10_000;

interface Observed {
  readonly tower: Tower;
  readonly chain: 'simulated' | 'bitcoind';
  readonly version: string;
}

/**
 * Sees what a tower does, from outside: it listens to events, stands between the tower and its store, and has a clock,
 * which the tower has not. It decides nothing.
 */
export class Observation implements ObservedTower {
  readonly #timers: Timers;
  readonly #metrics = new Metrics(() => this.#gauges());
  #observed: Observed | undefined;
  #lastBlockMs: number;
  #disconnecting = false;
  #reorgDepth = 0;

  constructor(timers: Timers) {
    this.#timers = timers;
    this.#lastBlockMs = timers.nowMs();
  }

  /** What the tower is to be opened with. */
  readonly parts = {
    measure: (rows: KeyValueStore): KeyValueStore =>
      new MeasuredRows(rows, this.#timers, ({seconds, rows}) => {
        this.#metrics.observe('bartizan_commit_duration_seconds', seconds);
        this.#metrics.count('bartizan_committed_rows_total', {}, rows);
      }),
    onEvent: (event: TowerEvent): void => this.#heard(event),
    onPolicyReport: (report: PolicyReport): void => {
      if (report.type !== 'policy_ended' && report.type !== 'webhook_paused') return;
      this.#metrics.count('bartizan_policy_failures_total', {
        by: report.type === 'policy_ended' ? 'policy' : 'webhook',
      });
    },
  };

  /** The tower is open. */
  begin(observed: Observed): void {
    this.#observed = observed;
  }

  /** A request of the public interface was answered. */
  answered({method, route = 'none', status, seconds}: AnsweredRequest): void {
    const known = httpMethods.find((one) => one === method) ?? 'other';
    this.#metrics.count('bartizan_http_requests_total', {method: known, route, status: String(status)});
    this.#metrics.observe('bartizan_http_request_duration_seconds', seconds, {route});
  }

  health(): Health {
    const {state, halted, tip} = this.#tower;
    return healthOf({state, halted, tip});
  }

  metrics(): Promise<MetricsText> {
    return this.#metrics.text();
  }

  get #tower(): Tower {
    return this.#open.tower;
  }

  get #open(): Observed {
    if (this.#observed === undefined) throw new Error('the tower is not open yet');
    return this.#observed;
  }

  #heard(event: TowerEvent): void {
    countEvent(this.#metrics, event);
    if (event.type === 'block_connected' || event.type === 'block_disconnected')
      this.#lastBlockMs = this.#timers.nowMs();
    if (event.type === 'block_connected') this.#disconnecting = false;
    if (event.type !== 'block_disconnected') return;
    if (!this.#disconnecting) {
      this.#metrics.count('bartizan_reorgs_total');
      this.#reorgDepth = 0;
    }
    this.#disconnecting = true;
    this.#reorgDepth++;
  }

  async #gauges(): Promise<Readonly<Record<GaugeName, Reading>>> {
    const {tower, chain, version} = this.#open;
    const {state, tip} = tower;
    return {
      bartizan_info: [[{version, network: tower.network, chain, signatures: curve.name}, 1]],
      bartizan_ready: tower.isReady ? 1 : 0,
      bartizan_source_state: sourceStates.map((name) => [{state: name}, name === state.name ? 1 : 0]),
      bartizan_tip_height: tip?.height,
      bartizan_source_height: state.sourceHeight,
      bartizan_last_block_age_seconds: (this.#timers.nowMs() - this.#lastBlockMs) / 1000,
      bartizan_last_reorg_depth_blocks: this.#reorgDepth,
      bartizan_users: tower.gatekeeper.registeredUsers.size,
      bartizan_users_expired: await tower.gatekeeper.registeredUsers.expired(maxCountedUsers),
      bartizan_pending_requests: tower.auth.pendingRequests,
      bartizan_writer_queue_length: tower.queued,
    };
  }
}
