import {OperationalError} from '../../errors/index.js';
import {systemTimers} from '../timers.js';
import {BitcoindChain} from './bitcoind-chain.js';
import {type Credentials, splitRpcUrl} from './credentials.js';
import {ZmqNotifications} from './notifications.js';
import {HttpRpc} from './rpc.js';

export interface BitcoindConnection {
  /** Such as http://127.0.0.1:18443; it may name user and password. */
  readonly rpcUrl: string;
  /** Goes before those that the URL names. */
  readonly credentials?: Credentials;
  /** Such as tcp://127.0.0.1:28332; without it blocks are noticed only by polling. */
  readonly zmqEndpoint?: string;
  readonly pollMs?: number;
  readonly graceMs?: number;
  readonly warn?: (warning: string) => void;
}

/**
 * The chain of a real bitcoind, with sockets. Nothing is asked before it is used.
 * @throws OperationalError TOWER_INVALID_SETTING when the URL is none or nothing names credentials
 */
export function connectBitcoind({
  rpcUrl,
  credentials: given,
  zmqEndpoint,
  ...options
}: BitcoindConnection): BitcoindChain {
  const {url, credentials: named} = splitRpcUrl(rpcUrl);
  const credentials = given ?? named;
  if (credentials === undefined) {
    throw new OperationalError('TOWER_INVALID_SETTING', `no cookie, and no user and password, for bitcoind at ${url}`, {
      hint: 'Set btc_rpc_cookie, or btc_rpc_user and btc_rpc_password.',
    });
  }
  return new BitcoindChain({
    rpc: new HttpRpc({url, credentials}),
    ...(zmqEndpoint !== undefined && {notifications: new ZmqNotifications(zmqEndpoint)}),
    timers: systemTimers,
    ...options,
  });
}
