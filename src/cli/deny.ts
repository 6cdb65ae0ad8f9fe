import type {RequestAtTip} from '../api/admin/admin-authorization.js';
import {OperationalError} from '../errors/index.js';
import {maxReasonCharacters} from '../gatekeeper/auth/policy.js';
import {defineTower, towerOf} from './admin-command.js';
import {givenText, wholeNumber} from './arguments.js';
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
    const reason = reasonOf(givenText(invocation.options['reason'], '--reason'));
    const tower = await towerOf(invocation);
    show(await tower.auth.deny(id, reason));
    return 0;
  },

  render: (output, paint) => columns(outcomeRows(output, paint)).join('\n'),
};

function reasonOf(text: string): string {
  if (text.length >= 1 && text.length <= maxReasonCharacters) return text;
  throw new OperationalError(
    'TOWER_USAGE',
    `--reason has ${text.length} characters, but must have 1 to ${maxReasonCharacters}`,
  );
}
