import type {AnsweredRequest} from '../../client/index.js';
import {defineNodeInfo, nodeInfoOf} from '../submission-options.js';
import type {Subcommand} from '../subcommand.js';
import {clientOf, defineClient} from './client-options.js';
import {renderRequest, statusOfRequest} from './device-request.js';

export const newNode: Subcommand<AnsweredRequest> = {
  define(command) {
    defineNodeInfo(command);
    defineClient(command);
    command.addHelpText('after', '\nExit status: 0 pending or approved, 1 denied, failed or refused.');
  },

  async run(invocation, show) {
    const nodeInfo = nodeInfoOf(invocation);
    const request = await (await clientOf(invocation)).newNode({nodeInfo});
    show(request);
    return statusOfRequest(request);
  },

  render: renderRequest,
};
