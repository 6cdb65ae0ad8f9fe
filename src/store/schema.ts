import {OperationalError} from '../errors/index.js';
import type {Change, KeyValueStore} from './key-value-store.js';
import {localKey, schemaVersion} from './layout.js';
import {migrations} from './migrations.js';

const encode = (version: number): Buffer => Buffer.from(String(version));

/**
 * Brings a store to this version, one atomic step a version, or refuses it.
 * @throws OperationalError TOWER_STORE_TOO_NEW, TOWER_STORE_CORRUPT.
 */
export async function migrate(rows: KeyValueStore): Promise<void> {
  const raw = await rows.get(localKey('schema'));
  if (!raw) {
    const [foreign] = await rows.range({from: '\0', to: '\xff'.repeat(32), limit: 1});
    if (foreign)
      throw new OperationalError('TOWER_STORE_CORRUPT', 'the database is not empty, and not a store of Bartizan');
    await rows.write([[localKey('schema'), encode(schemaVersion)]]);
    return;
  }
  const text = Buffer.from(raw).toString();
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new OperationalError('TOWER_STORE_CORRUPT', 'the schema version of the store cannot be read');
  }
  let version = Number(text);
  if (version > schemaVersion) {
    throw new OperationalError(
      'TOWER_STORE_TOO_NEW',
      `the store has schema ${version}, this Bartizan knows ${schemaVersion}`,
      {
        facts: {version, known: schemaVersion},
      },
    );
  }
  for (; version < schemaVersion; version++) {
    const migration = migrations[version];
    if (!migration) {
      throw new OperationalError('TOWER_STORE_CORRUPT', `no Bartizan has written stores with schema ${version}`);
    }
    const changes: Change[] = [];
    for await (const change of migration(rows)) changes.push(change);
    await rows.write([...changes, [localKey('schema'), encode(version + 1)]]);
  }
}
