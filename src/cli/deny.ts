import type {RequestAtTip} from '../api/admin/admin-authorization.js';
import {maxReasonCharacters} from '../gatekeeper/auth/policy.js';
import {defineTower, towerOf} from './admin-command.js';
import {wholeNumber} from './arguments.js';
import {requestIdRange} from './request.js';
import {outcomeRows} from './request-in-words.js';
import type {Subcommand} from './subcommand.js';
import {columns} from './table.js';

export const deny: Subcommand<RequestAtTip> = {
  define(command) {
    command.argument('<request>', 'request id');
    command.requiredOption('--reason <text>', `why; the device reads it, at most ${maxReasonCharacters} characters`);
    defineTower(command);
  },

  async run(invocation, show) {
    const id = wholeNumber(invocation.args[0], 'request', requestIdRange);
    const tower = await towerOf(invocation);
    show(await tower.auth.deny(id, String(invocation.options['reason'])));
    return 0;
  },

  render: (output, paint) => columns(outcomeRows(output, paint)).join('\n'),
};
