import {OperationalError} from '../errors/index.js';
import type {Change, Changes, KeyValueReader, KeyValueStore} from './key-value-store.js';
import {localKey, schemaVersion, tableRange} from './layout.js';
import {migrations} from './migrations.js';

/** The first schema whose appointments have their blobs. */
const firstWithBlobs = 3;

/**
 * The schema version of a store; 0 for an empty database.
 * @throws OperationalError TOWER_STORE_TOO_NEW, TOWER_STORE_CORRUPT.
 */
export async function schemaOf(rows: KeyValueReader): Promise<number> {
  const raw = await rows.get(localKey('schema'));
  if (!raw) {
    const [foreign] = await rows.range({from: '\0', to: '\xff'.repeat(32), limit: 1});
    if (foreign)
      throw new OperationalError('TOWER_STORE_CORRUPT', 'the database is not empty, and not a store of Bartizan');
    return 0;
  }
  const text = Buffer.from(raw).toString();
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new OperationalError('TOWER_STORE_CORRUPT', 'the schema version of the store cannot be read');
  }
  const version = Number(text);
  if (version > schemaVersion) {
    throw new OperationalError(
      'TOWER_STORE_TOO_NEW',
      `the store has schema ${version}, this Bartizan knows ${schemaVersion}`,
      {
        facts: {version, known: schemaVersion},
      },
    );
  }
  return version;
}

/**
 * Brings an intact store to this version, one atomic step a version.
 * @throws OperationalError TOWER_STORE_OUTDATED, TOWER_STORE_CORRUPT.
 */
export async function migrate(rows: KeyValueStore, version: number): Promise<void> {
  if (version === 0) {
    await rows.write([schemaRow(schemaVersion)]);
    return;
  }
  if (version < firstWithBlobs) await requireNoAppointments(rows);
  for (let from = version; from < schemaVersion; from++) {
    const migration = migrations[from];
    if (!migration) {
      throw new OperationalError('TOWER_STORE_CORRUPT', `no Bartizan has written stores with schema ${from}`);
    }
    await rows.write(step(migration(rows), from + 1));
  }
}

/** Before the first step, so that what is refused stays as it was. */
async function requireNoAppointments(rows: KeyValueReader): Promise<void> {
  const [appointment] = await rows.keys({...tableRange('appointment'), limit: 1});
  if (appointment === undefined) return;
  throw new OperationalError(
    'TOWER_STORE_OUTDATED',
    'the store holds appointments from before their blobs were kept, which cannot be read',
  );
}

/** One step as one batch, put together while it is read: a store of a million users has a million told rows. */
async function* step(changes: Changes, version: number): AsyncIterable<Change> {
  yield* changes;
  yield schemaRow(version);
}

const schemaRow = (version: number): Change => [localKey('schema'), Buffer.from(String(version))];
