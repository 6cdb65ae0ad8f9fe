export type {GatekeeperEvent} from './events.js';
export {type Approval, Authorization, type Decider} from './auth/authorization.js';
export type {AuthEvent} from './auth/events.js';
export type {Policy, Question, QuestionContext, Reply} from './auth/policy.js';
export {proofMessage, type ProofFields} from '../crypto/proof.js';
export type {
  DevicePage,
  DeviceView,
  KeyStatus,
  RegistrationRequest,
  RequestDetails,
  RequestPage,
  RequestView,
  StatusQuestion,
  Submission,
} from './auth/views.js';
export {type Deposit, maxBlobBytes} from './deposit.js';
export {type AppointmentReply, Gatekeeper, type GatekeeperParts, type RegistrationReply} from './gatekeeper.js';
export type {Appointment, FoundAppointment, SubscriptionInfo} from './held-appointments.js';
export type {Lock, StoreChange} from './lock.js';
export type {AppointmentPage, AppointmentQuery} from './appointment-list.js';
export type {DuePlace, Forecast, ForecastHeight, Holdings, NamedHoldings} from './forecast.js';
export {type DueUserPage, Operator} from './operator.js';
export {appointmentReceipt, registrationReceipt} from '../crypto/receipt.js';
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
export {UserNotFound, type UserReference} from './user-reference.js';
