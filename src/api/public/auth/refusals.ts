import {BartizanError, type ErrorCode} from '../../../errors/index.js';
import {toWire} from '../../wire-names.js';
import {Refusal, type WireCode, wireCodes} from '../refusal.js';
import {toRefusal} from '../refusals.js';

interface Naming {
  /** Tower's own code, which is exact where those of the TEOS wire are few. */
  readonly code: ErrorCode;
  readonly facts?: unknown;
}

/** A refusal that says by its own code what is wrong. */
class AuthRefusal extends Refusal {
  readonly #naming: Naming;

  constructor({status, code, message, headers}: Refusal, naming: Naming) {
    super(status, code, message, headers);
    this.#naming = naming;
  }

  override get body(): Buffer {
    return Buffer.from(JSON.stringify({error: this.message, error_code: this.code, ...this.#naming}));
  }
}

const wrong = {status: 400, code: wireCodes.wrongFieldFormat};
const notProven = {status: 401, code: wireCodes.invalidSignatureOrSubscription};
const {invalidRequestFormat, serviceUnavailable} = wireCodes;

/** How errors of devices are answered; the others as everywhere on this interface. */
export const authAnswers: Partial<Record<ErrorCode, {readonly status: number; readonly code: WireCode}>> = {
  TOWER_INVALID_INFO: wrong,
  TOWER_INVALID_NODE_INFO: wrong,
  TOWER_INVALID_PARAMETER: wrong,
  TOWER_INVALID_PROOF: notProven,
  TOWER_STALE_PROOF: notProven,
  TOWER_REPLAYED_PROOF: notProven,
  TOWER_WRONG_AUTH_LEVEL: {status: 403, code: invalidRequestFormat},
  TOWER_DENIED_COOLDOWN: {status: 403, code: serviceUnavailable},
  TOWER_ALREADY_AUTHORIZED: {status: 409, code: invalidRequestFormat},
  TOWER_TOO_MANY_REVISIONS: {status: 429, code: serviceUnavailable},
  TOWER_TOO_MANY_REQUESTS: {status: 503, code: serviceUnavailable},
};

/** What a device is told of an error; the error itself, if it is a defect. */
export function authRefusalOf(error: unknown): unknown {
  if (error instanceof Refusal) {
    return error.status === 400 ? new AuthRefusal(error, {code: 'TOWER_INVALID_PARAMETER'}) : error;
  }
  if (!(error instanceof BartizanError)) return error;
  const {code, message, facts} = error;
  const answer = authAnswers[code];
  if (answer) return new AuthRefusal(new Refusal(answer.status, answer.code, message), {code, facts: toWire(facts)});
  const general = toRefusal(error);
  return general ? new AuthRefusal(general, {code}) : error;
}
