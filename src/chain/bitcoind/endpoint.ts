import {OperationalError} from '../../errors/index.js';
import {hashblockTopic} from './announcements.js';
import {addressesOf} from './answers.js';
import type {BitcoindRpc} from './transport.js';

interface Endpoint {
  readonly host: string;
  readonly port: string;
}

/** Reads `tcp://host:port`; undefined for any other kind of endpoint. */
function tcpEndpoint(text: string): Endpoint | undefined {
  const match = /^tcp:\/\/(\[[^\]]+\]|[^:/]+):(\d+)$/.exec(text);
  return match === null ? undefined : {host: match[1]!, port: match[2]!};
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '[::1]' || /^127\./.test(host);
const isWildcard = (host: string): boolean => host === '*' || host === '0.0.0.0' || host === '[::]';

/** Whether the node's own address may be the endpoint we listen to: a wildcard serves every host name. */
function serves(address: string, endpoint: string): boolean {
  if (address === endpoint) return true;
  const [served, wanted] = [tcpEndpoint(address), tcpEndpoint(endpoint)];
  if (served === undefined || wanted === undefined || served.port !== wanted.port) return false;
  // A name or another address of the node's machine cannot be compared; only a loopback address serves nobody else.
  return isWildcard(served.host) || isLoopback(served.host) === isLoopback(wanted.host);
}

/**
 * What is amiss with the endpoint that announces blocks, one sentence each; empty when all is well. Nothing here is
 * fatal: the node is asked anyway.
 */
export async function endpointWarnings(rpc: BitcoindRpc, endpoint: string): Promise<string[]> {
  const warnings: string[] = [];
  const tcp = tcpEndpoint(endpoint);
  if (tcp !== undefined && !isLoopback(tcp.host)) {
    warnings.push(
      `${endpoint} is not on this machine: ZMQ is neither encrypted nor authenticated, so others may see and forge wake-ups (never data)`,
    );
  }
  const served = await publishedAddresses(rpc);
  if (served instanceof OperationalError) {
    warnings.push(`bitcoind does not tell where it announces blocks (${served.message}), so ${endpoint} is unchecked`);
  } else if (!served.some((address) => serves(address, endpoint))) {
    const instead = served.length === 0 ? 'it announces none' : `it announces them at ${served.join(', ')}`;
    warnings.push(`bitcoind announces no blocks at ${endpoint}: ${instead}; blocks will be noticed only by polling`);
  }
  return warnings;
}

async function publishedAddresses(rpc: BitcoindRpc): Promise<string[] | OperationalError> {
  try {
    return addressesOf(await rpc.call('getzmqnotifications', []), hashblockTopic);
  } catch (error) {
    if (error instanceof OperationalError && error.code === 'TOWER_BITCOIND_RPC') return error;
    throw error;
  }
}
