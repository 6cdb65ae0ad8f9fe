export type {GatekeeperEvent} from './events.js';
export {Gatekeeper, type GatekeeperParts, maxBlobBytes, type RegistrationReply} from './gatekeeper.js';
export type {Lock, StoreChange} from './lock.js';
export {appointmentReceipt, registrationReceipt} from './receipt.js';
export {RegisteredUsers} from './registered-users.js';
export {
  AuthenticationFailure,
  InvalidParameter,
  MaximumExpiryReached,
  MaximumSlotsReached,
  NotEnoughSlots,
  NoTip,
  SubscriptionExpired,
} from './rejections.js';
export {defaultGatekeeperSettings, type GatekeeperSettings, maxU32} from './settings.js';
export {slotBytes, slotsOf} from './slots.js';
export {UserInfo, uuidOf} from './user-info.js';
