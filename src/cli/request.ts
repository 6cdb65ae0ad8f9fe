import {maxU48} from '../store/layout.js';
import type {Closing, RecordedAnswer} from '../store/request-row.js';
import {defineTower, towerOf} from './admin-command.js';
import {wholeNumber} from './arguments.js';
import {indentJson} from './indent-json.js';
import type {Paint} from './paint.js';
import {printable} from '../errors/printable.js';
import {
  colourOf,
  decisionsFor,
  expiryInWords,
  grantRows,
  pastInWords,
  reasonRows,
  type RequestAndPolicies,
  retryInWords,
  type Row,
  rowOf,
  underOneLabel,
  verdictInWords,
  waitInWords,
  withPolicies,
} from './request-in-words.js';
import type {Subcommand} from './subcommand.js';
import {columns} from './table.js';

export const requestIdRange = {from: 1, to: maxU48};

export const request: Subcommand<RequestAndPolicies> = {
  define(command) {
    command.argument('<request>', 'request id');
    defineTower(command);
    command.addHelpText('after', '\nsignup_info or login_info is shown as long as the request is pending.');
  },

  async run(invocation, show) {
    const id = wholeNumber(invocation.args[0], 'request', requestIdRange);
    const tower = await towerOf(invocation);
    const found = await tower.auth.request(id);
    const {policies} = await tower.status();
    show(withPolicies(found, policies));
    return 0;
  },

  render(output, paint) {
    return columns([...identityRows(output, paint), ...contentRows(output), ...historyRows(output)]).join('\n');
  },
};

function identityRows(output: RequestAndPolicies, paint: Paint): Row[] {
  const {requestId, kind, state, key, tipHeight} = output;
  const pending = state === 'pending';
  return [
    ['request', String(requestId)],
    ['kind', kind],
    ['key', key],
    ['state', paint(colourOf[state], state)],
    ...rowOf('waits', pending ? waitInWords(output) : null),
    ...rowOf('', pending ? expiryInWords(output, tipHeight) : null),
  ];
}

/** What the device has sent. */
function contentRows({info, infoHash, nodeInfo}: RequestAndPolicies): Row[] {
  return [
    ...rowOf('info', info === null ? null : printable(JSON.stringify(info))),
    ...rowOf('info hash', infoHash),
    ...underOneLabel('node info', indentJson(nodeInfo).split('\n').map(printable)),
  ];
}

/** What became of it, in order of time. */
function historyRows(output: RequestAndPolicies): Row[] {
  const {receivedHeight, receivedHash, proven, supersedes, attempts, answer, closing, retryHeight, tipHeight, state} =
    output;
  const at = (height: number, hash: string): string => `at ${pastInWords(height, tipHeight)}  ${hash}`;
  const by = ({actor, height, hash}: RecordedAnswer | Closing): string => `by ${printable(actor)} ${at(height, hash)}`;
  return [
    ['received', at(receivedHeight, receivedHash)],
    ...rowOf('unproven', proven ? null : 'nobody has signed it: it came with a registration of the key'),
    ...rowOf('supersedes', supersedes === null ? null : `request ${supersedes}`),
    ...rowOf('attempts', attempts === 0 ? null : `${attempts} ended in an error`),
    ...(answer === null ? [] : underOneLabel('answer', [by(answer), verdictInWords(answer.verdict)])),
    ...(closing === null ? [] : [[state, by(closing)] as Row, ...grantRows(closing), ...reasonRows(closing, state)]),
    ...rowOf('next', retryHeight === null ? null : retryInWords(retryHeight, tipHeight)),
    ...(state === 'pending' ? underOneLabel('decide', decisionsFor(output)) : []),
  ];
}
