/** Size of a locator. */
export const locatorBytes = 16;

/**
 * The name under which an appointment is deposited: the first 16 bytes of the dispute txid in internal order, as 32
 * characters of hex. Source: rust-teos (python-teos took the display order).
 *
 * @param disputeTxid display order, 64 characters of hex
 */
export const locatorOf = (disputeTxid: string): string =>
  Buffer.from(disputeTxid, 'hex').reverse().subarray(0, locatorBytes).toString('hex');
