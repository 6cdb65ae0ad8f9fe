import {OperationalError} from '../errors/index.js';
import {ByteReader} from './byte-reader.js';
import {type Header, headerBytes, parseHeader, toDisplayHex} from './header.js';
import {merkleRootOf} from './merkle.js';
import {readTransaction, type Transaction} from './transaction.js';

/**
 * A block. Its header is read at once, its transactions when they are first asked for: most readers need only the
 * header, and nothing strange in a transaction may keep them from it.
 */
export class Block {
  readonly raw: Uint8Array;
  readonly header: Header;
  #transactions: readonly Transaction[] | undefined;

  constructor(raw: Uint8Array, header: Header) {
    this.raw = raw;
    this.header = header;
  }

  /**
   * In block order, coinbase first.
   * @throws OperationalError TOWER_INVALID_BLOCK when the bytes after the header are not exactly a list of transactions.
   */
  get transactions(): readonly Transaction[] {
    this.#transactions ??= this.#read(readTransactions);
    return this.#transactions;
  }

  /**
   * Checks that the header commits to these very transactions.
   * @throws OperationalError TOWER_INVALID_BLOCK
   */
  verifyMerkleRoot(): void {
    const {root, isMutated} = merkleRootOf(this.transactions.map((transaction) => transaction.txidBytes));
    if (toDisplayHex(root) !== this.header.merkleRoot) {
      throw this.#invalid(`its transactions have merkle root ${toDisplayHex(root)}, not ${this.header.merkleRoot}`);
    }
    if (isMutated) throw this.#invalid('it lists transactions twice under the merkle root of the honest list');
  }

  #read<T>(read: (raw: Uint8Array) => T): T {
    try {
      return read(this.raw);
    } catch (error) {
      throw this.#invalid(error instanceof Error ? error.message : String(error));
    }
  }

  #invalid(why: string): OperationalError {
    return new OperationalError('TOWER_INVALID_BLOCK', `block ${this.header.hash}: ${why}`);
  }
}

/**
 * Reads a block from its raw bytes, which it keeps.
 * @throws OperationalError TOWER_INVALID_BLOCK when there is not even a header.
 */
export function parseBlock(raw: Uint8Array): Block {
  return new Block(raw, parseHeader(raw));
}

function readTransactions(raw: Uint8Array): readonly Transaction[] {
  const reader = new ByteReader(raw, headerBytes);
  const transactions: Transaction[] = [];
  for (let left = reader.compactSize(); left > 0; left--) transactions.push(readTransaction(reader));
  if (transactions.length === 0) throw new OperationalError('TOWER_INVALID_BLOCK', 'it has no transactions');
  if (!reader.isAtEnd) {
    throw new OperationalError(
      'TOWER_INVALID_BLOCK',
      `${raw.length - reader.position} bytes follow its last transaction`,
    );
  }
  return transactions;
}
