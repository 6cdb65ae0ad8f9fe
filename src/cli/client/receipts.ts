import type {Receipt} from '../../client/index.js';
import {countInWords, plural} from '../../sim/timeline/heights.js';
import {warningTo} from '../io.js';
import type {Subcommand} from '../subcommand.js';
import {columns} from '../table.js';
import {clientOf, defineKey, defineTower} from './client-options.js';

interface ReceiptsOutput {
  readonly towerId: string;
  readonly key: string;
  readonly receipts: readonly Receipt[];
  readonly unreadableLines: readonly number[];
}

export const receipts: Subcommand<ReceiptsOutput> = {
  define(command) {
    defineTower(command);
    defineKey(command);
    command.addHelpText('after', '\nReads the state folder only; `bartizan client verify` asks the tower.');
  },

  async run(invocation, show) {
    const client = await clientOf(invocation);
    const kept = await client.receipts();
    warnOfUnreadable(kept.unreadableLines, warningTo(invocation.io));
    show({towerId: client.towerId, key: client.publicKey, ...kept});
    return 0;
  },

  render({towerId, key, receipts: kept}) {
    const about = `${kept.length === 0 ? 'no receipts' : plural(kept.length, 'receipt')} of tower ${towerId} for key ${key}`;
    if (kept.length === 0) return about;
    return [about, '', ...columns([receiptHeadings, ...kept.map(receiptCells)])].join('\n');
  },
};

export const receiptHeadings = ['receipt', 'locator', 'from', 'slots left', 'expires at'];

export const receiptCells = (receipt: Receipt): string[] => [
  receipt.type,
  receipt.type === 'appointment' ? receipt.locator : '-',
  String(receipt.type === 'appointment' ? receipt.startBlock : receipt.subscriptionStart),
  countInWords(receipt.availableSlots),
  String(receipt.subscriptionExpiry),
];

/** A crash may leave half a line; whatever else is there, a person should look at. */
export function warnOfUnreadable(lines: readonly number[], warn: (warning: string) => void): void {
  if (lines.length > 0) warn(`receipts.jsonl holds no receipt on line ${lines.join(', ')}`);
}
