export * from './chain/index.js';
export {generateSecretKey, isPublicKey, recoverKey, SigningKey} from './crypto/index.js';
export {
  type EmbeddedTower,
  type EmbeddedTowerEvents,
  open,
  type OpenOptions,
  type RequestDecided,
  type RequestReceived,
} from './embedded/embedded-tower.js';
export * from './errors/index.js';
export * from './gatekeeper/index.js';
export {
  type Change,
  digestOf,
  type KeyValueReader,
  type KeyValueStore,
  LevelStore,
  MemoryStore,
  type Range,
  type Row,
  type Snapshot,
  type Verification,
} from './store/index.js';
export type {TowerEvent} from './tower/events.js';
export type {NodeView, PragmaAnswer, SyncStatus} from './tower/pragma.js';
export type {Situation} from './tower/recovery.js';
export type {TowerParts} from './tower/tower-parts.js';
export {Tower} from './tower/tower.js';
