import {
  brokenAt,
  promisedSubscriptions,
  type RegistrationReceipt,
  type TowerClient,
  towerErrorCodes,
  TowerRefusal,
} from '../../client/index.js';
import {readKey} from '../../tower/key-file.js';
import {countInWords} from '../../sim/timeline/heights.js';
import {warningTo} from '../io.js';
import type {Subcommand} from '../subcommand.js';
import {columns} from '../table.js';
import {clientOf, defineClient, keyPathOf, newKey, stateDirOf} from './client-options.js';
import {rememberTower} from './state-folder.js';

export const register: Subcommand<RegistrationReceipt> = {
  define(command) {
    defineClient(command);
    command.option('--accept-lower', 'keep the receipt also when it promises no more than the tower said before');
    command.addHelpText('after', '\nMakes a key if there is none yet, and remembers the tower.');
  },

  async run(invocation, show) {
    const key = async () => (await readKey(keyPathOf(invocation))) ?? newKey(invocation);
    const client = await clientOf(invocation, {key});
    const remember = () => rememberTower(stateDirOf(invocation), client);
    let receipt: RegistrationReceipt;
    try {
      receipt = await client.register({acceptLower: invocation.options['acceptLower'] === true});
    } catch (error) {
      // Such as one that has to authorize the key first: whoever is told to come back need not name it again.
      if (error instanceof TowerRefusal && error.errorCode === towerErrorCodes.serviceUnavailable) await remember();
      throw error;
    }
    await remember();
    await warnOfLoss(client, warningTo(invocation.io));
    show(receipt);
    return 0;
  },

  render: ({towerId, key, availableSlots, subscriptionStart, subscriptionExpiry, signature}) =>
    columns([
      ['tower', towerId],
      ['key', key],
      ['slots', countInWords(availableSlots)],
      ['subscription', `since ${subscriptionStart}, expires at ${subscriptionExpiry}`],
      ['receipt', signature],
    ]).join('\n'),
};

/** A tower that begins a subscription anew, before the end that it promised, has lost the one before. */
async function warnOfLoss(client: TowerClient, warn: (warning: string) => void): Promise<void> {
  const {all} = promisedSubscriptions((await client.receipts()).receipts);
  const [before, now] = [all.at(-2), all.at(-1)];
  const began = before && brokenAt(before);
  if (began === undefined || now!.registrations.length > 1) return;
  const until = before!.furthest.subscriptionExpiry;
  warn(
    `the tower began this subscription at ${began}, although it had promised one until ${until}: \`bartizan client verify\` shows what is lost`,
  );
}
