import {brokenFindings, type Finding, type ReceiptCheck} from '../../client/index.js';
import {maxU32} from '../../gatekeeper/settings.js';
import {countInWords, plural} from '../../sim/timeline/heights.js';
import {wholeNumber} from '../arguments.js';
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
    command.option(
      '--height <n>',
      'height of the chain, for a tower that no longer knows the key (default: what it says)',
    );
    command.addHelpText(
      'after',
      '\nFindings: kept; answered (with it, a breach was); replaced by a later receipt; ended with its subscription;' +
        '\nlost, altered or forged: the tower must explain that; unknown: --height decides between lost and ended.' +
        '\nExit status: 0 when every promise is kept, 1 when one is not.',
    );
  },

  async run(invocation, show) {
    const {height: given} = invocation.options;
    const height = given === undefined ? undefined : wholeNumber(given, '--height', {from: 0, to: maxU32});
    const client = await clientOf(invocation);
    const {unreadableLines} = await client.receipts();
    warnOfUnreadable(unreadableLines, warningTo(invocation.io));
    const checks = await client.verifyReceipts({height});
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
      ...reasonsOf(checks),
      ...(shown.length === 0 ? [] : ['', ...columns([[...receiptHeadings, 'finding'], ...shown])]),
    ].join('\n');
  },
};

/** Why, and what was promised until when: a line for all that have the same to say. */
function reasonsOf(checks: readonly ReceiptCheck[]): string[] {
  const reasons = new Map<string, number>();
  for (const {finding, promisedUntil, reason} of checks) {
    if (reason === undefined) continue;
    const said = `${finding}, promised until ${promisedUntil}: ${reason}`;
    reasons.set(said, (reasons.get(said) ?? 0) + 1);
  }
  const lines = [...reasons].map(([reason, count]) => `${countInWords(count)} ${reason}`);
  const findings = new Set(checks.map(({finding}) => finding));
  if (findings.has('unknown')) lines.push('unknown is lost below that height, and ended from there on: give --height');
  if (findings.has('lost')) lines.push('keep the state folder: the receipts prove what is lost');
  return lines;
}
