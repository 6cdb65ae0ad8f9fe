import type {AppointmentReceipt, Deposit} from '../../client/index.js';
import {OperationalError} from '../../errors/index.js';
import {countInWords} from '../../sim/timeline/heights.js';
import {wholeNumber} from '../arguments.js';
import {readHex} from '../read-hex.js';
import type {Invocation, Subcommand} from '../subcommand.js';
import {columns} from '../table.js';
import {clientOf, defineClient} from './client-options.js';

export const addAppointment: Subcommand<AppointmentReceipt> = {
  define(command) {
    command.option('--dispute-txid <txid>', 'the transaction that must not be seen, 64 hex digits');
    command.option('--penalty-tx <hex>', 'the raw transaction that answers it; it is encrypted before it is sent');
    command.option('--locator <hex>', 'instead of the two: where it is found, 32 hex digits,');
    command.option('--blob <hex>', '... and what has been encrypted already');
    command.option('--to-self-delay <n>', 'blocks (default: 42)');
    defineClient(command);
    command.addHelpText('after', '\nHex may come from a file as @PATH, or from stdin as @-.');
  },

  async run(invocation, show) {
    const deposit = await depositOf(invocation);
    const client = await clientOf(invocation);
    show(await client.addAppointment(deposit));
    return 0;
  },

  render: ({locator, availableSlots, subscriptionExpiry, startBlock, signature}) =>
    columns([
      ['locator', locator],
      ['watched', `from ${startBlock}`],
      ['slots', `${countInWords(availableSlots)} left`],
      ['subscription', `expires at ${subscriptionExpiry}`],
      ['receipt', signature],
    ]).join('\n'),
};

async function depositOf({options, io}: Invocation): Promise<Deposit> {
  const {disputeTxid, penaltyTx, locator, blob} = options;
  const delay = options['toSelfDelay'];
  const toSelfDelay =
    delay === undefined ? undefined : wholeNumber(delay, '--to-self-delay', {from: 0, to: 0xffff_ffff});
  if (isAllOf(disputeTxid, penaltyTx) && isNoneOf(locator, blob)) {
    const penalty = await readHex(String(penaltyTx), '--penalty-tx', io);
    return {disputeTxid: String(disputeTxid), penaltyTx: penalty, toSelfDelay};
  }
  if (isAllOf(locator, blob) && isNoneOf(disputeTxid, penaltyTx)) {
    return {locator: String(locator), encryptedBlob: await readHex(String(blob), '--blob', io), toSelfDelay};
  }
  throw new OperationalError('TOWER_USAGE', 'the appointment is not given whole', {
    hint: 'Give --dispute-txid and --penalty-tx, or --locator and --blob.',
  });
}

const isAllOf = (...values: unknown[]): boolean => values.every((value) => value !== undefined);
const isNoneOf = (...values: unknown[]): boolean => values.every((value) => value === undefined);
