import {type DecisionSettings, decisionSettingNames} from '../store/meta.js';

/** The settings that decide; they are kept in the store. */
export type GatekeeperSettings = DecisionSettings;

export const defaultGatekeeperSettings: GatekeeperSettings = {
  subscriptionSlots: 10_000,
  subscriptionDuration: 4320,
  expiryDelta: 6,
  renewal: 'extend',
  auth: 'none',
  authBudget: 100,
  requestTtl: 144,
  requestAttempts: 8,
  maxPendingRequests: 100_000,
  deniedCooldown: 6,
  proofWindow: 6,
  maxUnprovenRequests: 1_000,
};

/** The settings that decide, out of more. */
export const pickSettings = (settings: GatekeeperSettings): GatekeeperSettings =>
  Object.fromEntries(decisionSettingNames.map((name) => [name, settings[name]])) as unknown as GatekeeperSettings;

export const sameSettings = (a: GatekeeperSettings, b: GatekeeperSettings): boolean =>
  decisionSettingNames.every((name) => a[name] === b[name]);

export const maxU32 = 0xffff_ffff;
