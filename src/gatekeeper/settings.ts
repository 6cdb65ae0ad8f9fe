import type {DecisionSettings} from '../store/meta.js';

/** The settings that decide; they are kept in the store. */
export type GatekeeperSettings = DecisionSettings;

export const defaultGatekeeperSettings: GatekeeperSettings = {
  subscriptionSlots: 10_000,
  subscriptionDuration: 4320,
  expiryDelta: 6,
  renewal: 'extend',
};

export const maxU32 = 0xffff_ffff;
