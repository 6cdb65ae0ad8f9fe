import {type Facts, OperationalError, printable, Rejection} from '../errors/index.js';
import {hintFor} from './refusal-hints.js';

/** Error codes of the protocol that a client acts on. Source: rust-teos. */
export const towerErrorCodes = {
  authenticationOrSubscription: 7,
  serviceUnavailable: 32,
  blobTooLong: 34,
  alreadyTriggered: 35,
  appointmentNotFound: 36,
  resourceExhausted: 65,
} as const;

/** As much of a stranger's text as an error repeats. */
const quotedCharacters = 300;

export interface Refusal {
  /** The number of the protocol; null for what has none. */
  readonly errorCode: number;
  /** In the tower's words. */
  readonly text: string;
  readonly httpStatus: number;
  /** How long the tower asks to be left alone. */
  readonly retryAfterSeconds?: number | undefined;
  /** The tower's own code, such as TOWER_DENIED_COOLDOWN, where it gives one. */
  readonly towerCode?: string | undefined;
  /** What goes with that code, by the names of the wire. */
  readonly towerFacts?: Facts | undefined;
}

/** The tower understood and said no; nothing has changed. `hint` says what to do. */
export class TowerRefusal extends Rejection implements Refusal {
  readonly errorCode: number;
  readonly text: string;
  readonly httpStatus: number;
  readonly retryAfterSeconds: number | undefined;
  readonly towerCode: string | undefined;
  readonly towerFacts: Facts;
  /** Whether the same may be granted later, without anybody doing anything. */
  readonly retryable: boolean;

  constructor(refusal: Refusal) {
    const {errorCode, httpStatus, retryAfterSeconds, towerCode, towerFacts} = refusal;
    const text = quoted(refusal.text);
    super('TOWER_REFUSED', `the tower refuses: ${text} (${towerCode ?? `code ${errorCode}`})`, {
      facts: {
        errorCode,
        httpStatus,
        text,
        ...(retryAfterSeconds === undefined ? {} : {retryAfterSeconds}),
        ...(towerCode === undefined ? {} : {towerCode}),
      },
      hint: hintFor(refusal),
    });
    this.errorCode = errorCode;
    this.text = refusal.text;
    this.httpStatus = httpStatus;
    this.retryAfterSeconds = retryAfterSeconds;
    this.towerCode = towerCode;
    this.towerFacts = towerFacts ?? {};
    this.retryable = httpStatus === 503 || httpStatus === 429;
  }
}

/** Nobody was there, or no whole answer came in time. What was asked for may have been done. */
export class TowerUnreachable extends OperationalError {
  constructor(url: string, cause: unknown) {
    super('TOWER_UNREACHABLE', `the tower at ${url} cannot be reached`, {retryable: true, facts: {url}, cause});
  }
}

/** Somebody answered, but not as a tower does: another service, or something on the way to the tower. */
export class NotATower extends OperationalError {
  constructor(message: string, {facts = {}, cause, retryable = false}: NotATowerOptions = {}) {
    super('TOWER_NOT_A_TOWER', message, {retryable, facts, cause});
  }
}

interface NotATowerOptions {
  readonly facts?: Facts;
  readonly cause?: unknown;
  readonly retryable?: boolean;
}

/** All that it takes to show somebody else that the answer of a tower was not signed by it. */
export interface MisbehaviourProof {
  readonly towerId: string;
  readonly url: string;
  readonly path: string;
  /** The bodies, as they went over the wire. */
  readonly request: string;
  readonly answer: string;
  /** What should have been signed, hex. */
  readonly message: string;
  readonly signature: string;
  /** The key that did sign; null when the signature is none. */
  readonly signer: string | null;
}

/** A receipt came that the tower has not signed. Nothing more is sent to it from the same folder of receipts. */
export class TowerMisbehaving extends OperationalError {
  readonly proof: MisbehaviourProof;

  constructor(proof: MisbehaviourProof, {keptAt}: {readonly keptAt?: string} = {}) {
    const {towerId, signer} = proof;
    const how = signer === null ? 'has not signed' : `has signed with the key ${signer}`;
    const kept = keptAt === undefined ? '' : ` It stands in ${keptAt}; remove the file to use the tower again.`;
    super('TOWER_MISBEHAVING', `the tower ${towerId} ${how} what it answered`, {
      facts: {towerId, signer, url: proof.url},
      hint: `Compare the id with the one that the operator gives; if it is right, do not trust this tower, and keep the proof.${kept}`,
    });
    this.proof = proof;
  }
}

/** What a registration receipt must exceed. */
export interface Balance {
  readonly availableSlots: number;
  readonly subscriptionExpiry: number;
}

/** A registration receipt that promises no more slots, or no later expiry, than the tower has said before. */
export class LowerReceipt extends OperationalError {
  constructor(promised: Balance, told: Balance) {
    const [slots, expiry] = [promised.availableSlots, promised.subscriptionExpiry];
    super(
      'TOWER_LOWER_RECEIPT',
      `the receipt promises ${slots} slots until ${expiry}, but ${told.availableSlots} until ${told.subscriptionExpiry} were told before`,
      {
        facts: {
          availableSlots: slots,
          subscriptionExpiry: expiry,
          toldSlots: told.availableSlots,
          toldExpiry: told.subscriptionExpiry,
        },
      },
    );
  }
}

/** A stranger's text, fit for one line. */
export const quoted = (text: string): string =>
  printable(text.length > quotedCharacters ? `${text.slice(0, quotedCharacters)}…` : text);
