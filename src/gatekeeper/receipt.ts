export {appointmentReceipt, registrationReceipt} from '../crypto/receipt.js';
