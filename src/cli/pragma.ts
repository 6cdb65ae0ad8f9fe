import {toWire} from '../api/wire-names.js';
import type {NodeView, PragmaAnswer} from '../tower/pragma.js';
import {defineTower, towerOf} from './admin-command.js';
import {deviceInWords} from './device-in-words.js';
import type {Paint} from './paint.js';
import type {Subcommand} from './subcommand.js';
import {columns} from './table.js';

export const pragma: Subcommand<PragmaAnswer> = {
  define(command) {
    command.argument('<line>', 'the line, in quotes of the shell');
    defineTower(command);
    command.addHelpText(
      'after',
      `
Lines: PRAGMA authorize_user="KEY:ID"    as bartizan authorize-user KEY:ID
       PRAGMA authorize_node="KEY:ROLE"  as bartizan authorize-node KEY:ROLE
       PRAGMA sync_status                prints JSON, with db_is_ready and node_id
       PRAGMA nodes                      lists devices and who has asked to be one`,
    );
  },

  async run(invocation, show) {
    const tower = await towerOf(invocation);
    show(await tower.auth.pragma(invocation.args[0]!));
    return 0;
  },

  render(answer, paint) {
    switch (answer.type) {
      case 'authorize_user':
      case 'authorize_node':
        return deviceInWords(answer.device, 'key');
      case 'sync_status':
        return JSON.stringify(toWire(answer.status));
      case 'nodes':
        return [...nodeLines(answer.nodes, paint), ...(answer.more ? ['and more'] : [])].join('\n');
    }
  },
};

function nodeLines(nodes: readonly NodeView[], paint: Paint): string[] {
  const [header = '', ...lines] = columns([
    ['public_key', 'state', 'user_id', 'role', 'request'],
    ...nodes.map(({publicKey, state, userId, role, requestId}) => [
      publicKey,
      state,
      String(userId ?? '-'),
      role ?? '-',
      String(requestId ?? '-'),
    ]),
  ]);
  return [paint('dim', header), ...lines];
}
