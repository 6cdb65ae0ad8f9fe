export {doubleSha256} from './double-sha256.js';
export {messageDigest, messageSignatureBytes, recoverKey} from './message-signature.js';
export {isPublicKey} from './public-key.js';
export {appointmentReceipt, registrationReceipt} from './receipt.js';
export {generateSecretKey, SigningKey} from './signing-key.js';
export {
  type AppointmentContent,
  appointmentMessage,
  appointmentQuestion,
  subscriptionQuestion,
} from './user-message.js';
export {decodeZbase32, encodeZbase32} from './zbase32.js';
