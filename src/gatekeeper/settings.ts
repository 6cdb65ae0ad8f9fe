/** The settings that decide. They are part of the state: a change of them is an event. Heights and slots are u32. */
export interface GatekeeperSettings {
  /** Slots that a registration or renewal adds. */
  readonly subscriptionSlots: number;
  /** Blocks from a registration to its expiry. */
  readonly subscriptionDuration: number;
  /** Blocks of grace after expiry, before the user is deleted. */
  readonly expiryDelta: number;
  /** `extend`: a renewal counts from the old expiry (rust-teos). `reset`: from the tip (python-teos). */
  readonly renewal: 'extend' | 'reset';
}

export const defaultGatekeeperSettings: GatekeeperSettings = {
  subscriptionSlots: 10_000,
  subscriptionDuration: 4320,
  expiryDelta: 6,
  renewal: 'extend',
};

export const maxU32 = 0xffff_ffff;
