import {decryptPenalty, locatorOf} from '../../client/index.js';
import {OperationalError} from '../../errors/index.js';
import {plural} from '../../sim/timeline/heights.js';
import type {Subcommand} from '../subcommand.js';
import {columns} from '../table.js';
import {clientOf, defineClient} from './client-options.js';

interface Watched {
  readonly status: 'being_watched';
  readonly locator: string;
  /** Hex, as are the transactions. */
  readonly encryptedBlob: string;
  readonly toSelfDelay: number;
  /** Given when the dispute is known: null says that the blob is not of this dispute. */
  readonly penaltyTx?: string | null;
}

interface Answered {
  readonly status: 'dispute_responded';
  readonly locator: string;
  readonly disputeTxid: string;
  readonly penaltyTxid: string;
  readonly penaltyTx: string;
}

export const getAppointment: Subcommand<Watched | Answered> = {
  define(command) {
    command.argument('<locator>', '32 hex digits; or the txid of the dispute, 64: then the blob is decrypted, too');
    defineClient(command);
  },

  async run(invocation, show) {
    const {locator, txid} = placeOf(invocation.args[0]!);
    const client = await clientOf(invocation);
    const found = await client.getAppointment(locator);
    if (found.status === 'dispute_responded') {
      show({...found, locator, penaltyTx: hexOf(found.penaltyTx)});
      return 0;
    }
    const blob = {...found, encryptedBlob: hexOf(found.encryptedBlob)};
    if (txid === undefined) {
      show(blob);
      return 0;
    }
    const penalty = decryptPenalty(txid, found.encryptedBlob);
    show({...blob, penaltyTx: penalty === undefined ? null : hexOf(penalty)});
    return penalty === undefined ? 1 : 0;
  },

  render(output, paint) {
    const {status, locator, penaltyTx} = output;
    const rows = [['locator', locator]];
    if (status === 'being_watched') {
      const {encryptedBlob, toSelfDelay} = output;
      rows.push(
        ['status', paint('green', 'being watched')],
        ['to self delay', String(toSelfDelay)],
        ['blob', `${plural(encryptedBlob.length / 2, 'byte')}  ${encryptedBlob}`],
      );
      if (penaltyTx === null) rows.push(['penalty', paint('red', 'none: the blob is not one of this dispute')]);
    } else {
      rows.push(
        ['status', paint('yellow', 'dispute responded')],
        ['dispute', output.disputeTxid],
        ['answered by', output.penaltyTxid],
      );
    }
    if (typeof penaltyTx === 'string') rows.push(['penalty', penaltyTx]);
    return columns(rows).join('\n');
  },
};

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function placeOf(text: string): {locator: string; txid?: string} {
  if (/^[\da-f]{32}$/i.test(text)) return {locator: text};
  if (/^[\da-f]{64}$/i.test(text)) return {locator: locatorOf(text), txid: text};
  throw new OperationalError('TOWER_USAGE', 'the locator is neither 32 hex digits nor, as a txid, 64');
}
