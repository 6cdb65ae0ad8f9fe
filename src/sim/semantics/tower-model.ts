import type {GatekeeperSettings} from '../../gatekeeper/settings.js';

/** What a tower knows of a user, as far as towers can be compared. */
export interface ModelUser {
  readonly slots: number;
  readonly expiry: number;
}

/** The settings that every tower has. */
export type ModelSettings = Pick<GatekeeperSettings, 'subscriptionSlots' | 'subscriptionDuration' | 'expiryDelta'>;

/** Who may use a tower, by the rules of one kind of tower: no network, no store, nothing but what decides. */
export interface TowerModel {
  readonly users: ReadonlyMap<string, ModelUser>;
  /** A registration or a renewal, which are one message. Answers why it is refused, if it is. */
  register(user: string): string | undefined;
  /** An appointment, new or again. Answers why it is refused, if it is. */
  deposit(user: string, appointment: {readonly name: string; readonly blobBytes: number}): string | undefined;
  /** The node has a block more, or the last one less; `isLast` of those that come together. Answers what is worth a note. */
  connected(height: number, isLast: boolean): string | undefined;
  disconnected(height: number): void;
  restart(): void;
  set(settings: ModelSettings): void;
}

/** Of an encrypted blob. Source: both generations of TEOS. */
const slotBytes = 2048;
export const maxU32 = 0xffff_ffff;

export const slotsOf = (blobBytes: number): number => Math.max(1, Math.ceil(blobBytes / slotBytes));

/** Slots that are left once an appointment takes these instead of those before; a sentence when they are not enough. */
export function charge(available: number, before: number, after: number): number | string {
  const left = available + before - after;
  return left < 0 ? 'not enough slots' : left;
}
