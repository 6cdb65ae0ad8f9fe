import {brokenFindings, type Finding, type ReceiptCheck} from '../../client/index.js';
import {plural} from '../../sim/heights.js';
import {warningTo} from '../io.js';
import type {Subcommand} from '../subcommand.js';
import {columns} from '../table.js';
import {clientOf, defineClient} from './client-options.js';
import {receiptCells, receiptHeadings, warnOfUnreadable} from './receipts.js';

interface VerifyOutput {
  readonly towerId: string;
  readonly key: string;
  readonly checks: readonly ReceiptCheck[];
  /** How many of these findings there are. */
  readonly counts: Readonly<Partial<Record<Finding, number>>>;
}

const isBroken = (finding: Finding): boolean => brokenFindings.includes(finding);

export const verify: Subcommand<VerifyOutput> = {
  define(command) {
    defineClient(command);
    command.addHelpText(
      'after',
      '\nFindings: kept; answered (with it, a breach was); replaced by a later receipt; ended with its subscription;' +
        '\nlost, altered or forged: the tower must explain that.' +
        '\nExit status: 0 when every promise is kept, 1 when one is not.',
    );
  },

  async run(invocation, show) {
    const client = await clientOf(invocation);
    const {unreadableLines} = await client.receipts();
    warnOfUnreadable(unreadableLines, warningTo(invocation.io));
    const checks = await client.verifyReceipts();
    const counts: Partial<Record<Finding, number>> = {};
    for (const {finding} of checks) counts[finding] = (counts[finding] ?? 0) + 1;
    show({towerId: client.towerId, key: client.publicKey, checks, counts});
    return checks.some(({finding}) => isBroken(finding)) ? 1 : 0;
  },

  render({towerId, key, checks, counts}, paint) {
    const shown = checks.map(({receipt, finding}) => [
      ...receiptCells(receipt),
      isBroken(finding) ? paint('red', finding) : finding,
    ]);
    const found = Object.entries(counts).map(([finding, count]) => `${count} ${finding}`);
    return [
      `${plural(checks.length, 'receipt')} of tower ${towerId} for key ${key}${found.length === 0 ? '' : `: ${found.join(', ')}`}`,
      ...(shown.length === 0 ? [] : ['', ...columns([[...receiptHeadings, 'finding'], ...shown])]),
    ].join('\n');
  },
};
