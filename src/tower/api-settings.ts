import {host, integer, maxPort, type SettingDefinition} from './setting-definition.js';

/** Each has one request under way, and the writer's queue has room for all of them. */
const maxApiConnections = 10_000;

/** The settings of the public API. */
export const apiSettings = {
  apiBind: host({
    fallback: '127.0.0.1',
    group: 'API',
    meaning: 'Address that the public API listens on; 0.0.0.0 or :: is every address of the machine',
  }),
  apiPort: integer(
    {from: 0, to: maxPort},
    {
      fallback: 9814,
      group: 'API',
      meaning: 'Port of the public API; 0 lets the system choose, and `bartizan status` tells',
    },
  ),
  apiMaxConnections: integer(
    {from: 1, to: maxApiConnections},
    {
      fallback: 1024,
      group: 'API',
      meaning: 'Connections to the public API at a time, fewer where blobs are long; beyond them, idle ones give way',
    },
  ),
  apiRateLimit: integer(
    {from: 0, to: 1_000_000},
    {
      fallback: 0,
      group: 'API',
      meaning:
        'Requests a second that one address may make, ten seconds of them at once; 0 is 100, and no limit for 127.0.0.1 and ::1',
    },
  ),
  maxBlobBytes: integer(
    {from: 1024, to: 1024 * 1024},
    {
      fallback: 65_536,
      group: 'API',
      meaning: 'Longest encrypted blob, in bytes, that is accepted',
    },
  ),
} as const satisfies Record<string, SettingDefinition>;
