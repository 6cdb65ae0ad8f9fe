export {infoHashOf, type ProofFields, proofMessage} from '../../crypto/proof.js';
