/** What a user deposits, as far as his signature covers it: all of it. */
export interface AppointmentContent {
  /** 16 bytes in hex. */
  readonly locator: string;
  readonly encryptedBlob: Uint8Array;
  /** u32. */
  readonly toSelfDelay: number;
}

/*
 * What users sign for a tower, so that it knows who asks. Source: rust-teos.
 */

/** For a deposit: locator, blob, to_self_delay as four bytes, big-endian. */
export function appointmentMessage({locator, encryptedBlob, toSelfDelay}: AppointmentContent): Uint8Array {
  const delay = Buffer.alloc(4);
  delay.writeUInt32BE(toSelfDelay);
  return Buffer.concat([Buffer.from(locator, 'hex'), encryptedBlob, delay]);
}

/** To be shown an appointment. @param locator 16 bytes in hex; its letters are signed in lower case */
export const appointmentQuestion = (locator: string): Uint8Array =>
  Buffer.from(`get appointment ${locator.toLowerCase()}`);

/** To be shown the subscription. */
export const subscriptionQuestion = (): Uint8Array => Buffer.from('get subscription info');
