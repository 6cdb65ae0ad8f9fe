/** Whom a fault strikes. */
export type FaultGroup = 'notifications' | 'rpc' | 'node' | 'disk' | 'clients';

interface FaultMeaning {
  readonly group: FaultGroup;
  /** What its number counts. */
  readonly counts: 'notifications' | 'milliseconds' | 'calls' | 'blocks' | 'writes' | 'requests' | 'times';
  /** The greatest number that makes sense. */
  readonly most: number;
}

/** What can be made to go wrong; `docs/reference/scenario.md` says what each does. */
export const faultKinds = {
  lose_notifications: {group: 'notifications', counts: 'notifications', most: 100},
  delay_notifications: {group: 'notifications', counts: 'milliseconds', most: 3_600_000},
  double_notifications: {group: 'notifications', counts: 'notifications', most: 100},
  reorder_notifications: {group: 'notifications', counts: 'notifications', most: 100},
  silence: {group: 'notifications', counts: 'times', most: 1},
  rpc_errors: {group: 'rpc', counts: 'calls', most: 100},
  rpc_timeouts: {group: 'rpc', counts: 'calls', most: 100},
  rpc_busy: {group: 'rpc', counts: 'calls', most: 100},
  rpc_truncated: {group: 'rpc', counts: 'calls', most: 100},
  cookie_changes: {group: 'rpc', counts: 'times', most: 1},
  node_loses: {group: 'node', counts: 'blocks', most: 100},
  node_resyncs: {group: 'node', counts: 'times', most: 1},
  node_prunes: {group: 'node', counts: 'blocks', most: 1_000_000},
  disk_fails: {group: 'disk', counts: 'writes', most: 100},
  disk_slow: {group: 'disk', counts: 'writes', most: 1_000},
  race: {group: 'clients', counts: 'requests', most: 100},
  resend: {group: 'clients', counts: 'times', most: 1},
} as const satisfies Record<string, FaultMeaning>;

export type FaultKind = keyof typeof faultKinds;
type KindOf<Group> = {[Kind in FaultKind]: (typeof faultKinds)[Kind]['group'] extends Group ? Kind : never}[FaultKind];
export type NodeFaultKind = KindOf<'notifications' | 'rpc' | 'node'>;
export type DiskFaultKind = KindOf<'disk'>;
export type ClientFaultKind = KindOf<'clients'>;

export const allFaultKinds = Object.keys(faultKinds) as FaultKind[];

/** A step that lets something go wrong, or ends all that does (`heal`). */
export interface FaultStep {
  readonly type: 'fault';
  readonly fault: FaultKind | 'heal';
  /** How often, how many or how long: see `faultKinds`. */
  readonly amount: number;
}

export const isNodeFault = (kind: FaultKind): kind is NodeFaultKind =>
  ['notifications', 'rpc', 'node'].includes(faultKinds[kind].group);
export const isDiskFault = (kind: FaultKind): kind is DiskFaultKind => faultKinds[kind].group === 'disk';
