import {vectors} from './vectors.js';

interface ReceiptVector {
  rust: {hex?: string; sha256?: string; signature: string};
  python: {hex: string; signature: string};
}

/** One user's conversation with a TEOS tower, byte for byte. */
export const teosProtocol = vectors<{
  userSecretKey: string;
  towerSecretKey: string;
  userKey: string;
  towerKey: string;
  disputeTxid: string;
  locator: {rust: string; python: string};
  uuid: {rust: string; python: string};
  penaltyTx: string;
  encryptedBlob: {rust: string};
  toSelfDelay: number;
  appointmentSha256: string;
  userSignatures: {addAppointment: string; getAppointment: string; getSubscriptionInfo: string};
  registrationReceipt: ReceiptVector & {availableSlots: number; subscriptionStart: number; subscriptionExpiry: number};
  appointmentReceipt: ReceiptVector & {startBlock: number};
}>('teos-protocol');
