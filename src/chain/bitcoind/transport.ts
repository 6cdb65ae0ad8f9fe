/** One call of bitcoind's JSON-RPC. */
export interface RpcCall {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What bitcoind answers to one call of a batch. */
export type RpcAnswer = {readonly result: unknown} | {readonly error: RpcFailure};

export interface RpcFailure {
  /** Such as -5, not found. Source: Bitcoin Core's rpc/protocol.h. */
  readonly code: number;
  readonly message: string;
}

/** The calls to a bitcoind. All that we make only read, so each may be made again. */
export interface BitcoindRpc {
  /**
   * The result of one call.
   * @throws OperationalError TOWER_BITCOIND_*; an error that bitcoind itself answers is TOWER_BITCOIND_RPC with its
   * number as the fact `rpcCode`.
   */
  call(method: string, params: readonly unknown[]): Promise<unknown>;
  /**
   * One answer for each call, in order.
   * @throws OperationalError TOWER_BITCOIND_* when the batch as a whole failed, also because bitcoind is warming up.
   */
  batch(calls: readonly RpcCall[]): Promise<RpcAnswer[]>;
  close(): void;
}

/** A message as bitcoind publishes it. Source: Bitcoin Core's doc/zmq.md. */
export interface Notification {
  readonly topic: string;
  readonly body: Uint8Array;
  /** Counts the messages of this topic since the node's start, from 0, modulo 2^32. */
  readonly counter: number;
}

/** A stream of notifications, which may lose, double or delay any of them, and never ends by itself. */
export interface Notifications {
  /** Where they come from, such as tcp://127.0.0.1:28332. */
  readonly endpoint: string;
  /** Begins to listen. Called once. @throws OperationalError TOWER_INVALID_SETTING for an endpoint that is none */
  listen(onMessage: (notification: Notification) => void): void;
  /** Gives the connection up and makes another. */
  reconnect(): void;
  close(): Promise<void>;
}

/** Numbers of the errors that bitcoind answers. Source: Bitcoin Core's rpc/protocol.h. */
export const rpcCodes = {
  /** Also: the block is pruned. */
  misc: -1,
  /** Unknown block or header. */
  notFound: -5,
  /** Such as a height above the tip. */
  invalidParameter: -8,
  warmingUp: -28,
} as const;
