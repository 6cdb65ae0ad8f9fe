import {type NodeRole, nodeRoles, type RequestAtTip} from '../api/admin/admin-authorization.js';
import {OperationalError} from '../errors/index.js';
import {maxU32} from '../gatekeeper/settings.js';
import {defineTower, towerOf} from './admin-command.js';
import {wholeNumber} from './arguments.js';
import {requestIdRange} from './request.js';
import {outcomeRows} from './request-in-words.js';
import type {Subcommand} from './subcommand.js';
import {columns} from './table.js';

export const approve: Subcommand<RequestAtTip> = {
  define(command) {
    command.argument('<request>', 'request id');
    command.option('--user <id>', 'user whom the device is to belong to; a signup may leave it out, for a new one');
    command.option('--role <role>', `for a node: ${nodeRoles.join(' or ')}`);
    defineTower(command);
  },

  async run(invocation, show) {
    const {user, role} = invocation.options;
    const id = wholeNumber(invocation.args[0], 'request', requestIdRange);
    const as = {
      userId: user === undefined ? undefined : wholeNumber(user, '--user', {from: 0, to: maxU32}),
      role: role === undefined ? undefined : roleOf(role, '--role'),
    };
    const tower = await towerOf(invocation);
    show(await tower.auth.approve(id, as));
    return 0;
  },

  render: (output, paint) => columns(outcomeRows(output, paint)).join('\n'),
};

/** @throws OperationalError TOWER_USAGE */
export function roleOf(text: unknown, name: string): NodeRole {
  const role = nodeRoles.find((candidate) => candidate === text);
  if (role !== undefined) return role;
  throw new OperationalError(
    'TOWER_USAGE',
    `${name} is ${JSON.stringify(text)}, but must be ${nodeRoles.join(' or ')}`,
  );
}
