import type {AnsweredRequest, TowerClient, UserDescription} from '../../client/index.js';
import {OperationalError} from '../../errors/index.js';
import {defineInfo, defineNodeInfo, infoOf, nodeInfoOf} from '../submission-options.js';
import type {Subcommand} from '../subcommand.js';
import {clientOf, defineClient, stateDirOf} from './client-options.js';
import {renderRequest, statusOfRequest} from './device-request.js';
import {rememberTower} from './state-folder.js';

/** The two subcommands with which a person's device asks to be let in. */
export const askAsUser = (
  infoName: string,
  ask: (client: TowerClient, user: UserDescription) => Promise<AnsweredRequest>,
): Subcommand<AnsweredRequest> => ({
  define(command) {
    defineInfo(command, `${infoName}: what the tower wants to hear, such as a code of invitation`);
    defineNodeInfo(command);
    defineClient(command);
    command.addHelpText('after', '\nExit status: 0 pending or approved, 1 denied, failed or refused.');
  },

  async run(invocation, show) {
    const info = await infoOf(invocation);
    if (info === undefined) {
      throw new OperationalError('TOWER_USAGE', `${infoName} is missing`, {
        hint: 'Give it with --info or --info-file.',
      });
    }
    const nodeInfo = nodeInfoOf(invocation);
    const client = await clientOf(invocation);
    const request = await ask(client, {info, nodeInfo});
    await rememberTower(stateDirOf(invocation), client);
    show(request);
    return statusOfRequest(request);
  },

  render: renderRequest,
});
