import {z} from 'zod';
import {OperationalError} from '../errors/index.js';
import type {MisbehaviourProof} from './errors.js';

const schema = z
  .object({
    tower_id: z.string(),
    url: z.string(),
    path: z.string(),
    request: z.string(),
    answer: z.string(),
    message: z.string(),
    signature: z.string(),
    signer: z.string().nullable(),
  })
  .transform(({tower_id, ...rest}) => ({towerId: tower_id, ...rest}));

/** A proof as a file holds it. */
export function formatProof({towerId, ...rest}: MisbehaviourProof): string {
  return `${JSON.stringify({tower_id: towerId, ...rest}, undefined, 2)}\n`;
}

/** @throws OperationalError TOWER_FILE_FAILED: a tower that has misbehaved is not trusted again by accident */
export function parseProof(text: string, path: string): MisbehaviourProof {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new OperationalError('TOWER_FILE_FAILED', `${path} does not hold a proof`, {
      cause,
      hint: 'Remove the file if the tower is to be used again.',
    });
  }
}
