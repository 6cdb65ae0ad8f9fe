/** The client of TEOS towers: `import {TowerClient} from 'bartizan/client'`. */
export {decryptPenalty, encryptPenalty} from '../crypto/penalty.js';
export {generateSecretKey, isPublicKey, recoverKey, SigningKey} from '../crypto/index.js';
export {locatorOf} from '../crypto/locator.js';
export {BartizanError, type ErrorCode, OperationalError, Rejection} from '../errors/index.js';
export type {Appointment, Subscription} from './answers.js';
export type {AnsweredRequest, AuthInfo, DeviceRequest, DeviceStatus} from './auth-answers.js';
export type {NodeDescription, UserDescription} from './authorization.js';
export {defaultToSelfDelay, type Deposit} from './checked-input.js';
export {type CallOptions, defaultTimeoutMs} from './connection.js';
export {
  type Balance,
  LowerReceipt,
  type MisbehaviourProof,
  NotATower,
  type Refusal,
  towerErrorCodes,
  TowerMisbehaving,
  TowerRefusal,
  TowerUnreachable,
} from './errors.js';
export {brokenAt, type PromisedSubscription, promisedSubscriptions} from './promised-subscriptions.js';
export {type AppointmentReceipt, isSigned, type Receipt, type RegistrationReceipt, signedBytes} from './receipt.js';
export {brokenFindings, type Finding, type ReceiptCheck, type VerifyOptions} from './receipt-checks.js';
export type {KeptReceipts} from './receipt-keeper.js';
export {defaultTowerPort, parseTowerAddress, type TowerAddress} from './tower-address.js';
export {type RegisterOptions, TowerClient, type TowerClientOptions} from './tower-client.js';
