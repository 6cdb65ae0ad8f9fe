import {type ErrorCode, errorCodes} from '../errors/index.js';

const smallerBlob = 'Send a smaller blob: this tower takes no larger ones.';

/** What to do about a refusal, by the number of the protocol. Source of the numbers: rust-teos. */
const hints: Readonly<Record<number, string>> = {
  7: 'Register: for the first time, again after the subscription has expired, or for more slots. Then send the same again. If it was promised for longer, `bartizan client verify` shows what is lost.',
  32: "The tower's words say what it waits for; send the same again later.",
  34: smallerBlob,
  35: 'Nothing is left to do: the tower has answered this breach already.',
  36: 'Deposit the appointment (again), if it should be there.',
  65: 'Use the slots that the subscription has; it cannot have more.',
  255: "Tell the tower's operator.",
};

/** What a tower of another kind may not understand. */
const lastMalformedCode = 6;

interface Refused {
  readonly errorCode: number;
  readonly httpStatus: number;
  readonly text: string;
  readonly towerCode?: string | undefined;
}

export function hintFor({errorCode, httpStatus, text, towerCode}: Refused): string {
  if (towerCode !== undefined && Object.hasOwn(errorCodes, towerCode)) return errorCodes[towerCode as ErrorCode].hint;
  if (httpStatus === 429) return 'Wait, and send less at once.';
  if (httpStatus === 413) return smallerBlob;
  if (errorCode === 7 && /\bexpired\b/i.test(text)) {
    return 'Register again: in the grace period a renewal keeps every appointment.';
  }
  if (errorCode >= 1 && errorCode <= lastMalformedCode) {
    return 'The tower reads this request otherwise than other towers do: it may speak another version of the protocol.';
  }
  return hints[errorCode] ?? "See the tower's words.";
}
