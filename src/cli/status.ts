import type {PolicyStatus, TowerStatus} from '../api/admin/admin-tower.js';
import {defineTower, towerOf} from './admin-command.js';
import {countInWords, plural} from '../sim/timeline/heights.js';
import type {Paint} from './paint.js';
import {printable} from '../errors/printable.js';
import {underOneLabel} from './request-in-words.js';
import type {Subcommand} from './subcommand.js';
import {columns} from './table.js';

export const status: Subcommand<TowerStatus> = {
  define: defineTower,

  async run(invocation, show) {
    const tower = await towerOf(invocation);
    show(await tower.status());
    return 0;
  },

  render(output, paint) {
    const {tip, sourceHeight, problem} = output;
    const rows = [
      ['state', stateInWords(output, paint)],
      ['network', `${output.network}, ${output.chain === 'simulated' ? 'simulated chain' : 'bitcoind'}`],
      ['tip', tip === null ? 'none yet' : `${tip.height}  ${tip.hash}`],
      ['source', sourceHeight === null ? 'not heard of' : sourceInWords(sourceHeight, tip?.height)],
      ['users', usersInWords(output)],
      ['stored', `${plural(output.appointments, 'appointment')}, ${plural(output.takenSlots, 'slot')}`],
      ['auth', authInWords(output)],
      ['ready', output.ready ? 'yes' : 'no'],
      ...underOneLabel('decided by', [...output.policies.map(policyInWords), 'operator']),
      ['signatures', output.signatures],
      ['api', output.api ?? 'not served'],
      ['tower id', output.towerId],
      ['process', `${output.pid}, version ${output.version}`],
    ];
    if (problem !== null) rows.splice(1, 0, ['problem', `${problem.error} [${problem.code}]`], ['hint', problem.hint]);
    return columns(rows).join('\n');
  },
};

function authInWords({auth, pendingRequests, unprovenRequests}: TowerStatus): string {
  const unproven = unprovenRequests === 0 ? '' : `, ${unprovenRequests} of them unproven`;
  return `${auth}, ${plural(pendingRequests, 'request')} pending${unproven}`;
}

function stateInWords({state}: TowerStatus, paint: Paint): string {
  const words = state.replaceAll('_', ' ');
  if (state === 'synced') return paint('green', words);
  return paint(state === 'halted' || state === 'stalled' ? 'red' : 'yellow', words);
}

/** Those who have expired are said apart, where there are any. */
function usersInWords({users, userStates}: TowerStatus): string {
  const all = countInWords(users);
  if (userStates === null || userStates.active === users) return all;
  const {active, expired, outdated} = userStates;
  const parts = [`${countInWords(active)} active`, `${countInWords(expired)} in grace`];
  return `${all}: ${[...parts, ...(outdated === 0 ? [] : [`${countInWords(outdated)} outdated`])].join(', ')}`;
}

function sourceInWords(sourceHeight: number, tipHeight = 0): string {
  const behind = sourceHeight - tipHeight;
  return behind > 0 ? `${sourceHeight}, ${plural(behind, 'block')} ahead` : String(sourceHeight);
}

function policyInWords({name, callback, check, trouble}: PolicyStatus): string {
  const asked = [
    ...(callback.length === 0 ? [] : [`${callback.join(', ')} at once`]),
    ...(check.length === 0 ? [] : [`${check.join(', ')} later`]),
  ];
  if (asked.length > 0)
    return [`${name}: ${asked[0]}`, ...asked.slice(1), ...(trouble === null ? [] : [printable(trouble)])].join('; ');
  return `${name}: not asked for now${trouble === null ? '' : `, because ${printable(trouble)}`}`;
}
