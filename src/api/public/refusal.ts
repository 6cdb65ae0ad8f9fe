/** Error codes of the TEOS wire, as clients know them. Source: the public API of rust-teos. */
export const wireCodes = {
  missingField: 1,
  emptyField: 2,
  wrongFieldType: 3,
  wrongFieldSize: 4,
  wrongFieldFormat: 5,
  invalidRequestFormat: 6,
  invalidSignatureOrSubscription: 7,
  serviceUnavailable: 32,
  appointmentFieldTooBig: 34,
  appointmentNotFound: 36,
  registrationResourceExhausted: 65,
  unexpectedError: 255,
} as const;

export type WireCode = (typeof wireCodes)[keyof typeof wireCodes];

/** What a client is answered instead of what it asked for. Every error on this wire has this one form. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: WireCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: WireCode, text: string, headers: Readonly<Record<string, string>> = {}) {
    super(text);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }

  /** JSON, as it goes over the wire. */
  get body(): Buffer {
    return Buffer.from(JSON.stringify({error: this.message, error_code: this.code}));
  }
}

/** The tower cannot promise anything now. */
export const unavailable = (retryAfterSeconds: number): Refusal =>
  new Refusal(503, wireCodes.serviceUnavailable, 'Service currently unavailable', {
    'retry-after': String(retryAfterSeconds),
  });

export const badRequest = (code: WireCode, text: string): Refusal => new Refusal(400, code, text);

export const notAuthenticated = (text: string): Refusal =>
  new Refusal(401, wireCodes.invalidSignatureOrSubscription, text);

/** What HTTP itself asks for was not kept. */
export const misformed = (
  status: 400 | 404 | 405 | 411 | 413 | 415 | 417 | 431,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Refusal => new Refusal(status, wireCodes.invalidRequestFormat, text, headers);
