import {z} from 'zod';
import {maxU32} from '../../gatekeeper/settings.js';
import {section} from './schema-parts.js';

/** Keys of an `expect`; nobody can be called so. */
export const expectKeys = [
  'user',
  'device',
  'request',
  'state',
  'slots',
  'start',
  'expiry',
  'appointments',
  'devices',
  'role',
  'pending',
  'tip',
  'users',
] as const;
export type ExpectKey = (typeof expectKeys)[number];

/** Words that stand for something else where the name of a user may stand. */
export const answerWords = ['primary', 'secondary', 'throw', 'unavailable'] as const;
export const nobody = 'none';
const reserved: readonly string[] = [...expectKeys, ...answerWords, nobody];

const nameOf = (what: string) => {
  const error = `expected the name of a ${what}: a letter, then up to 31 letters, digits, "-" or "_"`;
  return z
    .string({error})
    .regex(/^[a-z][a-z0-9_-]{0,31}$/i, {error})
    .refine((name) => !reserved.includes(name), {
      error: `expected the name of a ${what}, which cannot be one of ${reserved.join(', ')}`,
    });
};

export const userName = nameOf('user');
export const deviceName = nameOf('device');

/** Of a branch of the chain, or of a snapshot. */
const labelOf = (what: string) => {
  const error = `expected the name of a ${what}: a letter, then up to 63 letters, digits, "-", "_" or "."`;
  return z.string({error}).regex(/^[a-z][a-z0-9._-]{0,63}$/i, {error});
};

export const branchName = labelOf('branch');
export const snapshotName = labelOf('snapshot');

/** A map, or the name that stands for a map with nothing else in it. */
export function short<Shape extends z.ZodRawShape>(key: keyof Shape & string, shape: Shape, what: string) {
  return z.preprocess((value) => (typeof value === 'string' ? {[key]: value} : value), section(shape, what));
}

/** A user as whoever decides names him: 0 is a new one. */
export const userOrId = z.union([userName, z.int().min(0).max(maxU32)], {
  error: 'expected the name or the id of a user, or 0 for a new one',
});

/** A user who is there. */
export const userOfId = z.union([userName, z.int().min(1).max(maxU32)], {
  error: 'expected the name or the id of a user',
});

const userError = `expected the name or the id of a user, or ${nobody}`;
/** A user who is there, or nobody. */
export const userOrNobody = z.union([z.literal(nobody), userName, z.int().min(1).max(maxU32)], {error: userError});
