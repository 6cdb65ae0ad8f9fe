import {type FileHandle, open} from 'node:fs/promises';
import {join} from 'node:path';
import {OperationalError} from '../errors/index.js';
import {writeWhole} from '../files/durable.js';
import {makeFolder} from '../files/folder.js';
import {appendLine, syncFolders} from './durable.js';
import type {MisbehaviourProof} from './errors.js';
import {formatProof, parseProof} from './proof-file.js';
import {formatReceipt, parseReceipt, type Receipt} from './receipt.js';
import type {KeptReceipts, ReceiptKeeper} from './receipt-keeper.js';

/** More than any line has, so that the last one is found without reading all. */
const tailBytes = 64 * 1024;

/** The folder of one tower and one key in a state folder. */
export const receiptFolderOf = (stateDir: string, {towerId, key}: {towerId: string; key: string}): string =>
  join(stateDir, towerId, key);

/**
 * Keeps receipts in a folder of its own: `receipts.jsonl`, one a line, and `misbehaving.json` if it comes to that. Lines
 * are only ever appended, each by one write, and are on disk before `keep` resolves; so several processes may share the
 * folder, and what a crash leaves of a line harms no other.
 */
export class ReceiptFolder implements ReceiptKeeper {
  readonly #folder: string;
  readonly #receiptsPath: string;
  readonly #proofPath: string;
  /** The names of folder and file are on disk. */
  #isThere = false;

  constructor(folder: string) {
    this.#folder = folder;
    this.#receiptsPath = join(folder, 'receipts.jsonl');
    this.#proofPath = join(folder, 'misbehaving.json');
  }

  async keep(receipt: Receipt): Promise<void> {
    await this.#write(this.#receiptsPath, (path) => appendLine(path, formatReceipt(receipt)));
  }

  async last(): Promise<Receipt | undefined> {
    const tail = await this.#read(this.#receiptsPath, async (file) => {
      const {size} = await file.stat();
      const bytes = Buffer.alloc(Math.min(size, tailBytes));
      const {bytesRead} = await file.read(bytes, 0, bytes.length, size - bytes.length);
      return bytes.toString('utf8', 0, bytesRead);
    });
    for (const line of (tail ?? '').split('\n').reverse()) {
      const receipt = parseReceipt(line);
      if (receipt !== undefined) return receipt;
    }
    return (await this.all()).receipts.at(-1);
  }

  async all(): Promise<KeptReceipts> {
    const receipts: Receipt[] = [];
    const unreadableLines: number[] = [];
    let number = 0;
    await this.#read(this.#receiptsPath, async (file) => {
      for await (const line of file.readLines({autoClose: false})) {
        number++;
        const receipt = parseReceipt(line);
        if (receipt !== undefined) receipts.push(receipt);
        else if (line.trim() !== '') unreadableLines.push(number);
      }
    });
    return {receipts, unreadableLines};
  }

  async keepProof(proof: MisbehaviourProof): Promise<string> {
    // The first one stands: it shows how it began.
    if ((await this.proof()) === undefined) {
      await this.#write(this.#proofPath, (path) => writeWhole(path, formatProof(proof)));
    }
    return this.#proofPath;
  }

  async proof(): Promise<{readonly proof: MisbehaviourProof; readonly keptAt: string} | undefined> {
    const text = await this.#read(this.#proofPath, (file) => file.readFile('utf8'));
    return text === undefined ? undefined : {proof: parseProof(text, this.#proofPath), keptAt: this.#proofPath};
  }

  async #write(path: string, write: (path: string) => Promise<void>): Promise<void> {
    try {
      if (!this.#isThere) await makeFolder(this.#folder);
      await write(path);
      if (!this.#isThere) await syncFolders(this.#folder);
      this.#isThere = path === this.#receiptsPath;
    } catch (cause) {
      throw new OperationalError('TOWER_FILE_FAILED', `${path} cannot be written`, {cause});
    }
  }

  /** @returns undefined when there is no such file */
  async #read<Result>(path: string, read: (file: FileHandle) => Promise<Result>): Promise<Result | undefined> {
    try {
      const file = await open(path);
      try {
        return await read(file);
      } finally {
        await file.close();
      }
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      if (cause instanceof OperationalError) throw cause;
      throw new OperationalError('TOWER_FILE_FAILED', `${path} cannot be read`, {cause});
    }
  }
}
