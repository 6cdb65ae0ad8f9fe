/** One time series, or one for each set of label values. */
export interface MetricDefinition {
  readonly type: 'gauge' | 'counter' | 'histogram';
  /** One line, no full stop. */
  readonly help: string;
  /** The values of each label: all that there are, or what they are in words. Nobody outside adds to them. */
  readonly labels?: Readonly<Record<string, readonly string[] | string>>;
  /** Upper bounds, in the unit of the name. */
  readonly buckets?: readonly number[];
}

const gauge = (help: string, labels?: MetricDefinition['labels']) =>
  ({type: 'gauge', help, ...labelled(labels)}) as const;
const counter = (help: string, labels?: MetricDefinition['labels']) =>
  ({type: 'counter', help, ...labelled(labels)}) as const;
const histogram = (help: string, buckets: readonly number[], labels?: MetricDefinition['labels']) =>
  ({type: 'histogram', help, buckets, ...labelled(labels)}) as const;

const labelled = (labels: MetricDefinition['labels']) => (labels === undefined ? {} : {labels});

export const sourceStates = [
  'starting',
  'waiting_for_node',
  'warming_up',
  'ibd',
  'catching_up',
  'synced',
  'stalled',
  'halted',
] as const;

/** HTTP methods that are told apart; any other is `other`. */
export const httpMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'other'] as const;

/** Who closes requests: a device by a newer one, the tower and the chain by what makes one needless. */
export const deciders = ['program', 'policy', 'webhook', 'operator', 'device', 'tower', 'chain', 'other'] as const;

/** A request that waits for the disk takes milliseconds; 60 ms is what 99 of 100 deposits should stay below. */
const requestSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.06, 0.1, 0.25, 0.5, 1, 2.5, 10];
/** A synced write takes 0.1 ms on a good disk and 20 ms on a turning one; a block that deletes 100,000 users seconds. */
const commitSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

/**
 * Every metric of a tower, once. `docs/reference/metrics.md` lists the same table, held by a test. None of them is read
 * from the rows of all users: a scrape costs the same with a million users as with one.
 */
export const metricTable = {
  bartizan_info: gauge('What runs, always 1', {
    version: 'of Bartizan',
    network: 'of the chain',
    chain: ['simulated', 'bitcoind'],
    signatures: ['libsecp256k1', 'noble'],
  }),
  bartizan_ready: gauge(
    '1 while the tower is in step with its source and takes events, 0 otherwise: /health in a number',
  ),
  bartizan_source_state: gauge('1 for the state in which the tower is with its source, 0 for the others', {
    state: sourceStates,
  }),
  bartizan_tip_height: gauge('Height of the last processed block; absent before the first'),
  bartizan_source_height: gauge("Height of the source's own tip; absent until it has told"),
  bartizan_last_block_age_seconds: gauge(
    'Time since the last block was processed; before the first since the start, since that start',
  ),
  bartizan_blocks_connected_total: counter('Blocks that were connected'),
  bartizan_blocks_disconnected_total: counter('Blocks that were disconnected by reorgs'),
  bartizan_reorgs_total: counter('Reorgs: runs of disconnected blocks'),
  bartizan_last_reorg_depth_blocks: gauge(
    'Blocks that the last reorg has disconnected; 0 before the first since the start',
  ),

  bartizan_users: gauge('Users, whatever their state'),
  bartizan_users_by_state: gauge(
    'Users who may deposit, are in their grace period, or past it and deleted by the next block; absent while more than 100,000 have expired',
    {state: ['active', 'expired', 'outdated']},
  ),
  bartizan_appointments: gauge('Appointments of all users'),
  bartizan_slots_taken: gauge('Slots that the appointments of all users take'),
  bartizan_registrations_total: counter(
    'Registrations: of new users, of users who renew, of those let in by a decision who ask for their first receipt, and extensions by the operator',
    {kind: ['new', 'renewal', 'receipt', 'extension']},
  ),
  bartizan_users_deleted_total: counter('Users deleted, because their grace period ended or by the operator', {
    by: ['expiry', 'operator'],
  }),
  bartizan_users_restored_total: counter('Users restored because the block that deleted them has left the chain'),
  bartizan_deposits_total: counter('Appointments taken in and on disk', {kind: ['added', 'updated']}),
  bartizan_deposited_bytes_total: counter('Bytes of the encrypted blobs of those appointments'),
  bartizan_appointments_deleted_total: counter('Appointments deleted one by one, and not with their user'),

  bartizan_pending_requests: gauge('Authorization requests that wait for a decision'),
  bartizan_unproven_requests: gauge('Those of them that nobody has signed: registrations of unknown keys'),
  bartizan_requests_total: counter('Authorization requests received', {
    kind: ['user_signup', 'user_login', 'new_node'],
  }),
  bartizan_requests_closed_total: counter('Authorization requests closed in time, by what became of them and by whom', {
    state: ['approved', 'denied', 'failed', 'superseded'],
    by: deciders,
  }),
  bartizan_requests_expired_total: counter(
    'Authorization requests that timed out, those that a reorg brought back included',
  ),
  bartizan_policy_answers_total: counter('Answers of policies that did not close a request at once', {
    outcome: ['approve', 'deny', 'later', 'error', 'late'],
  }),
  bartizan_policy_failures_total: counter('Times that whoever decides could not be asked any more', {
    by: ['program', 'policy', 'webhook'],
  }),
  bartizan_devices_authorized_total: counter(
    'Devices that were given a user or a role by a decision, by whether the user was new',
    {user: ['new', 'known', 'none']},
  ),
  bartizan_devices_revoked_total: counter('Devices whose authorization was taken back'),

  bartizan_writer_queue_length: gauge('Changes that wait for the single writer'),
  bartizan_commit_duration_seconds: histogram(
    'Duration of commits to the store, their sync to disk included',
    commitSeconds,
  ),
  bartizan_committed_rows_total: counter('Rows that commits have written or deleted'),

  bartizan_http_requests_total: counter(
    'Requests that the public interface has answered, those that could not be read included',
    {
      method: httpMethods,
      route: 'path of the route as documented; `none` for any other path',
      status: 'status code',
    },
  ),
  bartizan_http_request_duration_seconds: histogram(
    'Time from the first byte of a request to the last of its answer',
    requestSeconds,
    {route: 'as above'},
  ),
} as const satisfies Readonly<Record<`bartizan_${string}`, MetricDefinition>>;

export type MetricName = keyof typeof metricTable;
