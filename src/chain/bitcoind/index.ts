export type {AnnouncementStats} from './announcements.js';
export {BitcoindChain, type BitcoindChainOptions} from './bitcoind-chain.js';
export {type BitcoindConnection, connectBitcoind} from './connect.js';
export {type Recording, type RecordingOptions, recordChain} from './recorder.js';
export {cookieCredentials, type Credentials, passwordCredentials, splitRpcUrl} from './credentials.js';
export {ZmqNotifications} from './notifications.js';
export {HttpRpc, type HttpRpcOptions} from './rpc.js';
export {submitBlocks} from './submit-blocks.js';
export type {BitcoindRpc, Notification, Notifications, RpcAnswer, RpcCall, RpcFailure} from './transport.js';
