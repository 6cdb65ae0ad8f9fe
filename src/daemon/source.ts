import {homedir} from 'node:os';
import {join} from 'node:path';
import type {Credentials} from '../chain/bitcoind/credentials.js';
import type {ChainSource} from '../chain/chain-source.js';
import type {Network} from '../chain/network.js';
import type {SimulatedChain} from '../chain/simulated-chain.js';
import type {TowerSettings} from '../tower/settings.js';
import {simulatedChainPathOf} from './data-dir.js';
import {openSimulatedChain} from './simulated-chain-file.js';

/** Blocks for a tower, as its settings ask for them. */
export interface OpenedSource {
  readonly source: ChainSource;
  readonly network: Network;
  /** Set where blocks are mined on command. */
  readonly simulated?: SimulatedChain;
}

/** Ports of bitcoind's RPC server unless it is told another. Source: Bitcoin Core's chainparamsbase.cpp. */
const rpcPorts: Readonly<Record<Network, number>> = {
  bitcoin: 8332,
  testnet: 18_332,
  testnet4: 48_332,
  signet: 38_332,
  regtest: 18_443,
};

/** Where a network's cookie lies in bitcoind's data directory. Source: Bitcoin Core's doc/files.md. */
const cookieFolders: Readonly<Record<Network, string>> = {
  bitcoin: '',
  testnet: 'testnet3',
  testnet4: 'testnet4',
  signet: 'signet',
  regtest: 'regtest',
};

/** @throws OperationalError TOWER_FILE_FAILED, TOWER_INVALID_FIXTURE, TOWER_INVALID_SETTING */
export async function openSource(settings: TowerSettings, warn: (warning: string) => void): Promise<OpenedSource> {
  if (settings.chain === 'bitcoind') {
    return {source: await openBitcoind(settings, warn), network: settings.btcNetwork};
  }
  const simulated = await openSimulatedChain({
    path: simulatedChainPathOf(settings.dataDir),
    seed: settings.simSeed,
    startHeight: settings.simStartHeight,
  });
  return {source: simulated, network: 'regtest', simulated};
}

async function openBitcoind(settings: TowerSettings, warn: (warning: string) => void): Promise<ChainSource> {
  const {connectBitcoind} = await import('../chain/bitcoind/index.js');
  const {url, credentials} = await bitcoindAccess(settings);
  return connectBitcoind({
    rpcUrl: url,
    credentials,
    zmqEndpoint: `${settings.btcFeedProtocol}://${bracketed(settings.btcFeedConnect)}:${settings.btcFeedPort}`,
    pollMs: settings.pollingDelta * 1000,
    warn,
  });
}

/** Where bitcoind's RPC is, and who we are to it. */
export async function bitcoindAccess(settings: TowerSettings): Promise<{url: string; credentials: Credentials}> {
  const {cookieCredentials, passwordCredentials, splitRpcUrl} = await import('../chain/bitcoind/credentials.js');
  const {url, credentials} = splitRpcUrl(rpcUrlOf(settings));
  if (settings.btcRpcUser !== '') {
    return {url, credentials: passwordCredentials(settings.btcRpcUser, settings.btcRpcPassword)};
  }
  return {url, credentials: credentials ?? cookieCredentials(cookiePathOf(settings))};
}

function rpcUrlOf({btcRpcUrl, btcRpcConnect, btcRpcPort, btcNetwork}: TowerSettings): string {
  if (btcRpcUrl !== '') return btcRpcUrl;
  return `http://${bracketed(btcRpcConnect)}:${btcRpcPort === 0 ? rpcPorts[btcNetwork] : btcRpcPort}`;
}

/** The cookie that is set, or the one of a bitcoind with default folders. */
function cookiePathOf({btcRpcCookie, btcNetwork}: TowerSettings): string {
  return btcRpcCookie === '' ? join(homedir(), '.bitcoin', cookieFolders[btcNetwork], '.cookie') : btcRpcCookie;
}

/** An IPv6 address stands in brackets before a port. */
function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}
