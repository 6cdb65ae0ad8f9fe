/** An error that bitcoind answers to a call. The numbers are those of Bitcoin Core's rpc/protocol.h. */
export class RpcError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export const errorNumbers = {
  misc: -1,
  type: -3,
  notFound: -5,
  invalidParameter: -8,
  deserialization: -22,
  warmingUp: -28,
  parse: -32_700,
  invalidRequest: -32_600,
  methodNotFound: -32_601,
} as const;
