import {z} from 'zod';
import {Rejection} from '../../errors/index.js';

/** Longer than any public key or id; what is within is the gatekeeper's to judge. */
export const maxKeyLetters = 256;
export const keyText = z.string().max(maxKeyLetters);

/** A whole number in a path or a query: digits and nothing else, so that `1e3`, ` 5` and `0x5` are none. */
export function wholeNumber(range: {readonly from: number; readonly to: number}): z.ZodType<number, string> {
  const expectation = `must be a whole number from ${range.from} to ${range.to}`;
  return z
    .string()
    .refine((text) => /^\d{1,16}$/.test(text) && Number(text) >= range.from && Number(text) <= range.to, expectation)
    .transform(Number);
}

/** @throws Rejection TOWER_INVALID_PARAMETER naming each wrong value's place. */
export function checked<Value>(schema: z.ZodType<Value>, given: unknown): Value {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({path, message}) => `${path.join('.') || 'request'}: ${message}`);
  throw new Rejection('TOWER_INVALID_PARAMETER', problems.join('; '));
}
