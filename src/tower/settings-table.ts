import {z} from 'zod';
import {defaultGatekeeperSettings, maxU32} from '../gatekeeper/settings.js';
import {defaultLogBlocks, finality} from './chain-events.js';

/** Sections of the configuration file and its page, in their order. */
export type SettingGroup = 'Tower' | 'Subscriptions' | 'Authorization' | 'bitcoind' | 'Simulated chain';

/** One setting: what it accepts, what it is when nobody sets it, and what it is for. */
export interface SettingDefinition<Value extends string | number = string | number> {
  readonly schema: z.ZodType<Value>;
  readonly kind: 'text' | 'integer' | 'choice';
  /** The accepted values in words; completes "must be ...". */
  readonly expected: string;
  readonly fallback: Value;
  readonly group: SettingGroup;
  /** One line, no full stop. */
  readonly meaning: string;
  /** Never shown. */
  readonly secret?: true;
  /** A path: `~` and relative paths are resolved. */
  readonly path?: true;
}

interface About<Value> {
  readonly fallback: Value;
  readonly group: SettingGroup;
  readonly meaning: string;
  readonly secret?: true;
  readonly path?: true;
}

const integer = (range: {from: number; to: number}, about: About<number>): SettingDefinition<number> => ({
  schema: z.int().min(range.from).max(range.to),
  kind: 'integer',
  expected: `a whole number from ${range.from} to ${range.to}`,
  ...about,
});

const text = (about: About<string>): SettingDefinition<string> => ({
  schema: z.string(),
  kind: 'text',
  expected: 'text',
  ...about,
});

const host = (about: About<string>): SettingDefinition<string> => ({
  ...text(about),
  schema: z.string().regex(/^(?:[\w.-]+|\[?[\da-f:.]+(?:%\w+)?\]?)$/i),
  expected: 'a host name or an IP address',
});

const choice = <const Value extends string>(
  values: readonly Value[],
  about: About<NoInfer<Value>>,
  aliases: Readonly<Record<string, Value>> = {},
): SettingDefinition<Value> => ({
  schema: z.preprocess((value) => (typeof value === 'string' ? (aliases[value] ?? value) : value), z.enum(values)),
  kind: 'choice',
  expected: `one of ${values.join(', ')}`,
  ...about,
});

const maxPort = 65_535;
const secondsOfDay = 86_400;
/** About two years of blocks: mined in seconds, and the file of the chain stays one that can be read at once. */
const maxStartHeight = 100_000;

/**
 * Every setting, once. Wire names are derived from these names by `settingNames`; `docs/reference/configuration.md`
 * lists the same table, held by a test. Names follow teos.toml and teos.conf where those have the setting.
 */
export const settingsTable = {
  dataDir: text({
    fallback: '~/.bartizan',
    group: 'Tower',
    meaning: 'Directory of the store, the key file and the admin socket',
    path: true,
  }),
  chain: choice(['simulated', 'bitcoind'], {
    fallback: 'simulated',
    group: 'Tower',
    meaning: 'Where blocks come from',
  }),
  finality: integer(
    {from: 1, to: finality},
    {
      fallback: finality,
      group: 'Tower',
      meaning: 'Deepest reorg, in blocks, that is undone; a deeper one halts the tower',
    },
  ),
  logBlocks: integer(
    {from: 1, to: maxU32},
    {
      fallback: defaultLogBlocks,
      group: 'Tower',
      meaning: 'Blocks that the log of committed events is kept',
    },
  ),
  subscriptionSlots: integer(
    {from: 1, to: maxU32},
    {
      fallback: defaultGatekeeperSettings.subscriptionSlots,
      group: 'Subscriptions',
      meaning: 'Slots that a registration or renewal adds',
    },
  ),
  subscriptionDuration: integer(
    {from: 1, to: maxU32},
    {
      fallback: defaultGatekeeperSettings.subscriptionDuration,
      group: 'Subscriptions',
      meaning: 'Blocks from a registration to its expiry',
    },
  ),
  expiryDelta: integer(
    {from: 0, to: maxU32},
    {
      fallback: defaultGatekeeperSettings.expiryDelta,
      group: 'Subscriptions',
      meaning: 'Blocks of grace after expiry, before the user is deleted',
    },
  ),
  renewal: choice(['extend', 'reset'], {
    fallback: defaultGatekeeperSettings.renewal,
    group: 'Subscriptions',
    meaning: 'A renewal counts from the old expiry (extend) or from the tip (reset)',
  }),
  auth: choice(['none', 'node', 'user'], {
    fallback: defaultGatekeeperSettings.auth,
    group: 'Authorization',
    meaning: 'Who needs an authorization: primaries only (none), every node (node), or every device of a person (user)',
  }),
  authBudget: integer(
    {from: 1, to: 1_000_000},
    {
      fallback: defaultGatekeeperSettings.authBudget,
      group: 'Authorization',
      meaning: 'Requests that one block decides at most',
    },
  ),
  requestTtl: integer(
    {from: 1, to: maxU32},
    {
      fallback: defaultGatekeeperSettings.requestTtl,
      group: 'Authorization',
      meaning: 'Blocks after which a pending request expires',
    },
  ),
  requestAttempts: integer(
    {from: 1, to: 100},
    {
      fallback: defaultGatekeeperSettings.requestAttempts,
      group: 'Authorization',
      meaning: 'Attempts to have a request answered, after which it fails',
    },
  ),
  maxPendingRequests: integer(
    {from: 1, to: 100_000_000},
    {
      fallback: defaultGatekeeperSettings.maxPendingRequests,
      group: 'Authorization',
      meaning: 'Pending requests at most, of all devices together',
    },
  ),
  deniedCooldown: integer(
    {from: 1, to: maxU32},
    {
      fallback: defaultGatekeeperSettings.deniedCooldown,
      group: 'Authorization',
      meaning: 'Blocks that a denied device waits before it may ask again',
    },
  ),
  proofWindow: integer(
    {from: 1, to: finality},
    {
      fallback: defaultGatekeeperSettings.proofWindow,
      group: 'Authorization',
      meaning: 'Blocks for which the proof of a request counts',
    },
  ),
  btcNetwork: choice(
    ['bitcoin', 'testnet', 'testnet4', 'signet', 'regtest'],
    {
      fallback: 'regtest',
      group: 'bitcoind',
      meaning: 'Network that bitcoind is on; mainnet is accepted for bitcoin',
    },
    {mainnet: 'bitcoin'},
  ),
  btcRpcConnect: host({
    fallback: '127.0.0.1',
    group: 'bitcoind',
    meaning: 'Host of the RPC server',
  }),
  btcRpcPort: integer(
    {from: 0, to: maxPort},
    {
      fallback: 0,
      group: 'bitcoind',
      meaning: "Port of the RPC server; 0 is the network's default",
    },
  ),
  btcRpcUser: text({
    fallback: '',
    group: 'bitcoind',
    meaning: 'RPC user, together with btc_rpc_password',
  }),
  btcRpcPassword: text({
    fallback: '',
    group: 'bitcoind',
    meaning: 'RPC password, together with btc_rpc_user',
    secret: true,
  }),
  btcRpcCookie: text({
    fallback: '',
    group: 'bitcoind',
    meaning: "Cookie file; without it, and without user and password, the network's in ~/.bitcoin",
    path: true,
  }),
  btcRpcUrl: {
    ...text({
      fallback: '',
      group: 'bitcoind',
      meaning: 'URL of the RPC server, instead of btc_rpc_connect and btc_rpc_port',
    }),
    schema: z.string().refine(isRpcUrl),
    expected: 'an http:// or https:// URL',
  },
  btcFeedProtocol: choice(['tcp'], {
    fallback: 'tcp',
    group: 'bitcoind',
    meaning: 'Transport of the ZMQ feed',
  }),
  btcFeedConnect: host({
    fallback: '127.0.0.1',
    group: 'bitcoind',
    meaning: 'Host of the ZMQ feed (zmqpubhashblock)',
  }),
  btcFeedPort: integer({from: 1, to: maxPort}, {fallback: 28_332, group: 'bitcoind', meaning: 'Port of the ZMQ feed'}),
  pollingDelta: integer(
    {from: 1, to: secondsOfDay},
    {
      fallback: 30,
      group: 'bitcoind',
      meaning: 'Seconds between two polls of bitcoind, in case the ZMQ feed is silent',
    },
  ),
  simSeed: text({
    fallback: 'bartizan',
    group: 'Simulated chain',
    meaning: 'Seed of the simulated chain: the same seed mines the same blocks',
  }),
  simStartHeight: integer(
    {from: 0, to: maxStartHeight},
    {
      fallback: 120,
      group: 'Simulated chain',
      meaning: 'Blocks that are mined before the tower starts',
    },
  ),
  simBlockInterval: integer(
    {from: 0, to: secondsOfDay},
    {
      fallback: 0,
      group: 'Simulated chain',
      meaning: 'Seconds between two mined blocks; 0 mines only on command',
    },
  ),
} as const satisfies Record<string, SettingDefinition>;

type SettingsTable = typeof settingsTable;
export type SettingKey = keyof SettingsTable;

/** All settings in force, checked. Paths are absolute, an empty text is "not set". */
export type TowerSettings = {
  readonly [Key in SettingKey]: SettingsTable[Key]['fallback'];
};

export const settingKeys = Object.keys(settingsTable) as SettingKey[];

export function definitionOf(key: SettingKey): SettingDefinition {
  return settingsTable[key];
}

/** How a setting is called on each way in. */
export interface SettingNames {
  /** In bartizan.toml and in error messages. */
  readonly name: string;
  readonly variable: string;
  readonly flag: string;
}

export function settingNames(key: SettingKey): SettingNames {
  const name = key.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
  return {
    name,
    variable: `BARTIZAN_${name.toUpperCase()}`,
    flag: `--${name.replaceAll('_', '-')}`,
  };
}

function isRpcUrl(value: string): boolean {
  return value === '' || (URL.canParse(value) && ['http:', 'https:'].includes(new URL(value).protocol));
}
