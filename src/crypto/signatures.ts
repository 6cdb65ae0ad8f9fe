/** The work on the curve that requests cause, wherever it is done. */
export interface Signatures {
  /** Signs with the tower's key; see `SigningKey.sign`. */
  sign(message: Uint8Array): Promise<string>;
  /** See `recoverKey`. */
  recoverKey(message: Uint8Array, signature: string): Promise<string | undefined>;
}
