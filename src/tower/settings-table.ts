import {defaultGatekeeperSettings, maxU32} from '../gatekeeper/settings.js';
import {defaultLogBlocks, finality} from './chain-events.js';
import {apiSettings} from './api-settings.js';
import {observationSettings} from './observation-settings.js';
import {choice, host, integer, maxPort, type SettingDefinition, text, url} from './setting-definition.js';

/** Ten minutes: whoever needs longer answers that he will decide later. */
const longestLimitMs = 600_000;
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
  ...apiSettings,
  ...observationSettings,
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
      meaning: 'Pending requests at most, of all devices together, those that nobody has signed not counted',
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
  maxUnprovenRequests: integer(
    {from: 0, to: 100_000_000},
    {
      fallback: defaultGatekeeperSettings.maxUnprovenRequests,
      group: 'Authorization',
      meaning: 'Pending requests at most that nobody has signed: those of unknown keys that register',
    },
  ),
  authPolicy: text({
    fallback: '',
    group: 'Authorization',
    meaning: 'Policy file: an ES module whose functions decide requests, in a process of their own',
    path: true,
  }),
  authPolicyTimeLimit: integer(
    {from: 1, to: longestLimitMs},
    {
      fallback: 1_000,
      group: 'Authorization',
      meaning: 'Milliseconds that a function of the policy file may take',
    },
  ),
  authPolicyMemory: integer(
    {from: 16, to: 65_536},
    {
      fallback: 128,
      group: 'Authorization',
      meaning: 'MiB that the policy file may use, besides what Node.js itself takes',
    },
  ),
  authWebhook: url({
    fallback: '',
    group: 'Authorization',
    meaning: 'URL of an outside service that decides requests which no function and no policy file decides',
  }),
  authWebhookSecretFile: text({
    fallback: '',
    group: 'Authorization',
    meaning: 'File, readable by its owner only, with the secret that signs what is sent to auth_webhook',
    path: true,
  }),
  authWebhookTimeLimit: integer(
    {from: 1, to: longestLimitMs},
    {
      fallback: 5_000,
      group: 'Authorization',
      meaning: 'Milliseconds within which auth_webhook has to answer',
    },
  ),
  btcNetwork: choice(
    ['bitcoin', 'testnet', 'testnet4', 'signet', 'regtest'],
    {
      fallback: 'regtest',
      group: 'bitcoind',
      meaning: 'Network that bitcoind is on; bitcoin (or mainnet) is refused until breaches are watched for',
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
  btcRpcUrl: url({
    fallback: '',
    group: 'bitcoind',
    meaning: 'URL of the RPC server, instead of btc_rpc_connect and btc_rpc_port',
  }),
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
