import {
  maxPageRequests,
  type RequestPageAtTip,
  type RequestQuery,
  requestStates,
} from '../api/admin/admin-authorization.js';
import type {AdminClient} from '../api/admin/client.js';
import {OperationalError} from '../errors/index.js';
import type {RequestView} from '../gatekeeper/auth/views.js';
import {blocksInWords, plural} from '../sim/timeline/heights.js';
import {maxU48} from '../store/layout.js';
import type {RequestState} from '../store/request-row.js';
import {defineTower, towerOf} from './admin-command.js';
import {wholeNumber} from './arguments.js';
import {printable} from '../errors/printable.js';
import {colourOf, kindInWords, stageInWords} from './request-in-words.js';
import type {Subcommand} from './subcommand.js';
import {columns} from './table.js';

const defaultLimit = 100;
const everyState = 'all';

interface RequestsOutput extends RequestPageAtTip {
  readonly state: RequestState | typeof everyState;
}

export const requests: Subcommand<RequestsOutput> = {
  define(command) {
    command.option('--state <state>', `${requestStates.join(', ')} or ${everyState} (default: pending)`);
    command.option('--after <id>', 'only requests with a higher id (default: 0)');
    command.option('--limit <n>', `at most so many, up to ${maxPageRequests} (default: ${defaultLimit})`);
    defineTower(command);
    command.addHelpText('after', '\nsignup_info and login_info are not in the list: see `bartizan request ID`.');
  },

  async run(invocation, show) {
    const {after = '0', limit = String(defaultLimit)} = invocation.options;
    const state = stateOf(invocation.options['state'] ?? 'pending');
    const query = {
      state: state === everyState ? undefined : state,
      after: wholeNumber(after, '--after', {from: 0, to: maxU48}),
      limit: wholeNumber(limit, '--limit', {from: 1, to: maxPageRequests}),
    };
    const tower = await towerOf(invocation);
    show({state, ...(await filled(tower, query))});
    return 0;
  },

  render({state, requests: listed, next, tipHeight}, paint) {
    const kind = state === everyState ? '' : `${state} `;
    if (listed.length === 0) return `no ${kind}requests at tip ${tipHeight}`;
    const title = `${plural(listed.length, `${kind}request`)} at tip ${tipHeight}`;
    const [header = '', ...lines] = columns([
      [
        'request',
        'kind',
        'key',
        'state',
        'age',
        'expires in',
        'attempts',
        'revision',
        'user',
        'role',
        'stage or reason',
      ],
      ...listed.map((request) => rowOf(request, tipHeight)),
    ]);
    const painted = lines.map((line, index) => paint(colourOf[listed[index]!.state], line));
    const flags = state === 'pending' ? '' : ` --state ${state}`;
    const more = next === null ? [] : ['', `more: bartizan requests${flags} --after ${next}`];
    return [title, '', paint('dim', header), ...painted, ...more].join('\n');
  },
};

/** Pages of one state come as they are found; a list is as long as it was asked for. */
async function filled({auth}: AdminClient, query: RequestQuery): Promise<RequestPageAtTip> {
  let page = await auth.requests(query);
  while (page.next !== null && page.requests.length < query.limit) {
    const {requests: before} = page;
    const more = await auth.requests({...query, after: page.next, limit: query.limit - before.length});
    page = {...more, requests: [...before, ...more.requests]};
  }
  return page;
}

function rowOf(request: RequestView, tipHeight: number): string[] {
  const pending = request.state === 'pending';
  return [
    String(request.requestId),
    kindInWords(request),
    request.key,
    request.state,
    blocksInWords(Math.max(0, tipHeight - request.receivedHeight)),
    pending ? blocksInWords(Math.max(0, request.expiresAt - tipHeight)) : '-',
    String(request.attempts),
    String(request.revision),
    String(request.closing?.userId ?? '-'),
    request.closing?.role ?? '-',
    pending ? stageInWords(request, tipHeight) : reasonInWords(request),
  ];
}

/** Why; that approved is approved needs no saying. */
function reasonInWords({state, closing}: RequestView): string {
  return closing === null || closing.reason === state ? '-' : printable(closing.reason);
}

function stateOf(text: unknown): RequestsOutput['state'] {
  const found = [...requestStates, everyState].find((state) => state === text) as RequestsOutput['state'] | undefined;
  if (found !== undefined) return found;
  throw new OperationalError(
    'TOWER_USAGE',
    `--state is ${JSON.stringify(text)}, but must be one of ${[...requestStates, everyState].join(', ')}`,
  );
}
