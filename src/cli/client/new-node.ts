import type {AnsweredRequest} from '../../client/index.js';
import {defineNodeInfo, nodeInfoOf} from '../submission-options.js';
import type {Subcommand} from '../subcommand.js';
import {clientOf, defineClient, stateDirOf} from './client-options.js';
import {renderRequest, statusOfRequest} from './device-request.js';
import {rememberTower} from './state-folder.js';

export const newNode: Subcommand<AnsweredRequest> = {
  define(command) {
    defineNodeInfo(command);
    defineClient(command);
    command.addHelpText('after', '\nExit status: 0 pending or approved, 1 denied, failed or refused.');
  },

  async run(invocation, show) {
    const nodeInfo = nodeInfoOf(invocation);
    const client = await clientOf(invocation);
    const request = await client.newNode({nodeInfo});
    await rememberTower(stateDirOf(invocation), client);
    show(request);
    return statusOfRequest(request);
  },

  render: renderRequest,
};
