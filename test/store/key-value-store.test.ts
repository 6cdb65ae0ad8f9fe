import {LevelStore, MemoryStore} from '../../src/store/index.js';
import {tempDir} from '../support/temp-dir.js';
import {keyValueStoreTests} from './conformance.js';

keyValueStoreTests('in memory', async () => new MemoryStore());
keyValueStoreTests('on disk', (t) => LevelStore.open(tempDir(t)));
