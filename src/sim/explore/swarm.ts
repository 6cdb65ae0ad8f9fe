import type {GatekeeperSettings} from '../../gatekeeper/settings.js';
import {defaultGatekeeperSettings} from '../../gatekeeper/settings.js';
import type {Random} from '../random.js';

/** What may go wrong; a run has a random subset of what is allowed. */
export const faultNames = [
  'notifications',
  'rpc',
  'node',
  'skips',
  'kills',
  'disk',
  'policies',
  'lies',
  'clients',
  'settings',
] as const;
export type FaultName = (typeof faultNames)[number];

/** What may happen besides; each run leaves some of it out, for what is left then meets more often. */
const featureNames = [
  'registrations',
  'appointments',
  'requests',
  'nodes',
  'operator',
  'deletions',
  'reorgs',
  'branches',
  'deep',
] as const;
export type FeatureName = (typeof featureNames)[number];

/** Which part of everything one run consists of. */
export interface Swarm {
  readonly features: ReadonlySet<FeatureName>;
  readonly faults: ReadonlySet<FaultName>;
  readonly settings: GatekeeperSettings;
  readonly startHeight: number;
  /** Whether the tower reads its chain through the adapter. */
  readonly adapter: boolean;
}

export function drawSwarm(random: Random, allowed: readonly FaultName[], hasAdapter: boolean): Swarm {
  const features = new Set<FeatureName>(random.stream('features').subset(featureNames));
  // A world in which nobody does anything shows nothing.
  if (!features.has('requests')) features.add('registrations');
  const faults = new Set<FaultName>(random.stream('faults').subset(allowed));
  const adapter = hasAdapter && random.stream('adapter').chance(0.5);
  // A node makes up its own mind which branch is best.
  if (adapter) features.delete('branches');
  const settings = drawSettings(random.stream('settings'), features);
  const startHeight = random.stream('start').pick([0, 3, 12, 101]);
  return {features, faults, settings, startHeight, adapter};
}

/** Short, so that everything falls due soon. */
export function drawSettings(random: Random, features: ReadonlySet<FeatureName>): GatekeeperSettings {
  const levels = features.has('requests') ? (['user', 'user', 'node'] as const) : (['none'] as const);
  return {
    ...defaultGatekeeperSettings,
    subscriptionSlots: random.between(1, 8),
    subscriptionDuration: random.between(1, 14),
    expiryDelta: random.between(0, 6),
    renewal: random.pick(['extend', 'reset'] as const),
    auth: features.has('registrations') && random.chance(0.3) ? 'none' : random.pick(levels),
    authBudget: random.pick([1, 2, 3, 3]),
    requestTtl: random.between(1, 12),
    requestAttempts: random.between(1, 4),
    maxPendingRequests: random.pick([5, 100, 100]),
    deniedCooldown: random.between(1, 5),
    proofWindow: random.between(1, 8),
    maxUnprovenRequests: random.pick([0, 1, 2, 1_000]),
  };
}
