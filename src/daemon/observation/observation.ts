import type {Activity, Counts} from '../../api/observation/activity.js';
import type {AnsweredRequest} from '../../api/observation/http-observer.js';
import type {Health, MetricsText, ObservedTower} from '../../api/observation/observed-tower.js';
import type {Timers} from '../../chain/timers.js';
import {InvariantError} from '../../errors/index.js';
import type {UserStates} from '../../gatekeeper/user-states.js';
import type {KeyValueStore} from '../../store/key-value-store.js';
import type {TowerEvent} from '../../tower/events.js';
import type {PolicyReport} from '../policies.js';
import type {ApiReport} from '../public-api.js';
import {ChainWatch} from './chain-watch.js';
import {Changes} from './changes.js';
import {countEvent} from './count-event.js';
import {readGauges} from './gauges.js';
import {healthOf} from './health.js';
import type {LoggedEvent} from './logged-event.js';
import {MeasuredRows} from './measured-rows.js';
import {httpMethods} from './metric-table.js';
import {Metrics} from './metrics.js';
import type {Observed} from './observed.js';
import {Rate} from './rate.js';
import {RecentEvents} from './recent-events.js';

/**
 * Sees what a tower does, from outside: it listens to events, stands between the tower and its store, and has a clock,
 * which the tower has not. It decides nothing.
 */
export class Observation implements ObservedTower {
  readonly #timers: Timers;
  readonly #now: () => Date;
  readonly #metrics = new Metrics(async () =>
    readGauges(this.#open, {chainWatch: this.#chain, userStates: await this.#countStates()}),
  );
  readonly #chain: ChainWatch;
  readonly #changes: Changes;
  readonly #recent = new RecentEvents();
  readonly #rate: Rate;
  readonly #startedAt: string;
  readonly #counts: {-readonly [Name in keyof Counts]: number} = {
    blocks: 0,
    registrations: 0,
    renewals: 0,
    deposits: 0,
    requests: 0,
    requestsRefused: 0,
  };
  #observed: Observed | undefined;
  #lastBlockAt: string | null = null;
  /** Counted when somebody asks, and again only when something has happened since. */
  #userStates: Promise<UserStates | undefined> | undefined;

  constructor(timers: Timers, now: () => Date = () => new Date()) {
    this.#timers = timers;
    this.#now = now;
    this.#chain = new ChainWatch(timers);
    this.#changes = new Changes(timers);
    this.#rate = new Rate(timers);
    this.#startedAt = now().toISOString();
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
      this.#note(report);
      if (report.type !== 'policy_ended' && report.type !== 'webhook_paused') return;
      const by = report.type === 'policy_ended' ? 'policy' : 'webhook';
      this.#metrics.count('bartizan_policy_failures_total', {by});
    },
    onApiReport: (report: ApiReport): void => this.#note(report),
    onAnswered: (answered: AnsweredRequest): void => this.#answered(answered),
  };

  /** The tower is open. */
  begin(observed: Observed): void {
    this.#observed = observed;
  }

  health(): Health {
    const {state, halted, tip} = this.#open.tower;
    return healthOf({state, halted, tip});
  }

  metrics(): Promise<MetricsText> {
    return this.#metrics.text();
  }

  async activity({after, waitMs}: {readonly after: number; readonly waitMs: number}): Promise<Activity> {
    await this.#changes.after(after, waitMs);
    const {tower, chain, version} = this.#open;
    const {name, sourceHeight, error} = tower.state;
    const problem = tower.halted ?? error;
    return {
      change: this.#changes.count,
      pid: process.pid,
      version,
      network: tower.network,
      chain,
      time: this.#now().toISOString(),
      startedAt: this.#startedAt,
      lastBlockAt: this.#lastBlockAt,
      state: tower.halted === undefined ? name : 'halted',
      problem: problem === undefined ? null : {code: problem.code, error: problem.message, hint: problem.hint},
      tip: tower.tip === undefined ? null : {height: tower.tip.height, hash: tower.tip.hash},
      sourceHeight: sourceHeight ?? null,
      users: tower.gatekeeper.registeredUsers.size,
      userStates: (await this.#countStates()) ?? null,
      ...tower.gatekeeper.registeredUsers.holdings,
      pendingRequests: tower.auth.pendingRequests,
      queued: tower.queued,
      requestsPerSecond: this.#rate.perSecond,
      sinceStart: {...this.#counts},
      events: this.#recent.newest,
    };
  }

  /** Lets those go who wait for something to happen. */
  close(): void {
    this.#changes.close();
  }

  get #open(): Observed {
    if (this.#observed === undefined) throw new InvariantError('a tower is observed before it is open');
    return this.#observed;
  }

  async #countStates(): Promise<UserStates | undefined> {
    const {tower} = this.#open;
    if (tower.tip === undefined) return undefined;
    // Of a tower whose store has failed there is still something to be seen.
    this.#userStates ??= tower.operator.userStates().catch(() => undefined);
    return this.#userStates;
  }

  #note(event: LoggedEvent): void {
    this.#recent.add(event, this.#now().getTime());
    this.#changes.add();
  }

  #heard(event: TowerEvent): void {
    this.#note(event);
    this.#userStates = undefined;
    countEvent(this.#metrics, event);
    if (this.#chain.heard(event)) this.#metrics.count('bartizan_reorgs_total');
    const {type} = event;
    if (type === 'block_connected' || type === 'block_disconnected') this.#lastBlockAt = this.#now().toISOString();
    if (type === 'block_connected') this.#counts.blocks++;
    if (type === 'user_registered') this.#counts.registrations++;
    if (type === 'subscription_renewed') this.#counts.renewals++;
    if (type === 'appointment_added' || type === 'appointment_updated') this.#counts.deposits++;
  }

  #answered({method, route = 'none', status, seconds}: AnsweredRequest): void {
    const known = httpMethods.find((one) => one === method) ?? 'other';
    this.#metrics.count('bartizan_http_requests_total', {method: known, route, status: String(status)});
    if (seconds !== undefined) this.#metrics.observe('bartizan_http_request_duration_seconds', seconds, {route});
    this.#counts.requests++;
    if (status >= 400) this.#counts.requestsRefused++;
    this.#rate.count();
    this.#changes.add();
  }
}
