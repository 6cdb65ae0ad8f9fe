import {createHash} from 'node:crypto';
import {z} from 'zod';
import {fromWire, toWire} from '../../api/wire-names.js';
import {genesisOf, type Network} from '../../chain/network.js';
import {OperationalError} from '../../errors/index.js';
import {schemaVersion} from '../../store/layout.js';
import {manifestPathOf} from '../data-dir.js';
import {readIfThere, writeWhole} from './files.js';

/** Raise it when a backup is laid out otherwise. */
const format = 1;
/** No manifest comes near this; something else may. */
const maxManifestBytes = 64 * 1024;

const networks = Object.keys(genesisOf) as Network[];
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);
const fileName = z.enum(['simulated-chain.hex', 'bartizan.toml']);

const manifest = z.object({
  format: z.literal(format),
  complete: z.literal(true),
  /** Version of Bartizan that has made it. */
  version: z.string(),
  /** When, by the clock of the machine, ISO 8601. */
  madeAt: z.string(),
  schema: z.int().min(1),
  network: z.enum(networks),
  genesis: hash,
  /** Where the tower had its blocks from. */
  chain: z.enum(['simulated', 'bitcoind']),
  /** The tower's public key. */
  towerId: z.string().regex(/^0[23][0-9a-f]{64}$/),
  tip: z.object({height: count, hash}),
  /** Digest of the state. */
  digest: hash,
  /** All rows of the store, their bytes, and SHA-256 over them. */
  rows: count,
  bytes: count,
  hash,
  /** Other files of the data directory that are in the backup. */
  files: z.array(fileName),
  /** What they hold; `undefined` in a backup of a version that did not note it. */
  sums: z.array(z.object({name: fileName, bytes: count, sha256: hash})).optional(),
});

/** What a file of the backup holds. */
export type FileSum = NonNullable<Manifest['sums']>[number];

export const sumOf = (name: FileSum['name'], data: Uint8Array): FileSum => ({
  name,
  bytes: data.length,
  sha256: createHash('sha256').update(data).digest('hex'),
});

/** @throws OperationalError TOWER_INVALID_BACKUP when a file in the backup is not the one that was copied */
export function requireSum(data: Uint8Array, said: FileSum): void {
  const found = sumOf(said.name, data);
  if (found.sha256 === said.sha256 && found.bytes === said.bytes) return;
  throw invalidBackup(
    `${said.name} in the backup is not the file that was copied: it holds ${found.bytes === said.bytes ? 'other bytes' : `${found.bytes} bytes, not ${said.bytes}`}`,
    {bytesFound: found.bytes, bytesCopied: said.bytes},
  );
}

/** What a backup says of itself. */
export type Manifest = z.output<typeof manifest>;

/** Marks a folder as a backup that is being made: whoever finds it so knows that it was cut off. */
export const markUnfinished = (folder: string): Promise<void> => write(folder, {format, complete: false});

/** Says that a backup is whole. Comes last. */
export const writeManifest = (folder: string, said: Omit<Manifest, 'format' | 'complete'>): Promise<void> =>
  write(folder, {format, complete: true, ...said});

const write = (folder: string, said: object): Promise<void> =>
  writeWhole(manifestPathOf(folder), `${JSON.stringify(toWire(said), null, 2)}\n`, 0o600);

/** @throws OperationalError TOWER_INVALID_BACKUP, TOWER_STORE_TOO_NEW, TOWER_FILE_FAILED */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = manifestPathOf(folder);
  const bytes = await readIfThere(path);
  if (bytes === undefined) throw invalidBackup(`there is no backup in ${folder}`);
  const said = bytes.length > maxManifestBytes ? undefined : fromWire(parsed(bytes.toString('utf8')));
  const known = z.looseObject({format: z.int(), complete: z.boolean()}).safeParse(said);
  if (!known.success) throw invalidBackup(`${path} is not what a backup says of itself`);
  if (known.data.format > format) throw tooNew(`the backup in ${folder} was made by a newer Bartizan`);
  if (!known.data.complete) {
    throw invalidBackup(`the backup in ${folder} was cut off before it was whole`);
  }
  const whole = manifest.safeParse(said);
  if (!whole.success) {
    const [issue] = whole.error.issues;
    throw invalidBackup(`${path} cannot be understood: ${issue?.path.join('.')}`);
  }
  const {files, sums} = whole.data;
  if (sums !== undefined && files.some((file) => !sums.some(({name}) => name === file))) {
    throw invalidBackup(`${path} cannot be understood: sums`);
  }
  if (whole.data.schema > schemaVersion) {
    throw tooNew(`the store in the backup has schema ${whole.data.schema}, this Bartizan knows ${schemaVersion}`);
  }
  return whole.data;
}

export const invalidBackup = (what: string, facts: Record<string, string | number> = {}): OperationalError =>
  new OperationalError('TOWER_INVALID_BACKUP', what, {facts});

const tooNew = (what: string): OperationalError => new OperationalError('TOWER_STORE_TOO_NEW', what);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
