import type {DueUserPage} from '../api/admin/admin-operator.js';
import {maxPageHeights} from '../api/admin/admin-operator.js';
import {maxPageUsers} from '../api/admin/admin-tower.js';
import {type Forecast, type Holdings, maxForecastBlocks, type NamedHoldings} from '../gatekeeper/forecast.js';
import {maxU32} from '../gatekeeper/settings.js';
import {blocksInWords, countInWords, plural} from '../sim/timeline/heights.js';
import {defineTower, towerOf} from './admin-command.js';
import {approximateTime, timeOfDay} from './approximate-time.js';
import {wholeNumber} from './arguments.js';
import {bytesInWords} from './bytes-in-words.js';
import type {Paint} from './paint.js';
import type {Subcommand} from './subcommand.js';
import {columns} from './table.js';
import {keysInWords} from './users.js';

const defaultBlocks = 144;
const defaultLimit = 100;
/** Ids on a line of the table; JSON has a hundred. */
const shownIds = 8;

/** What is added to each height at the edge, where there is a clock. */
interface Dated {
  /** Ten minutes a block from now, UTC. */
  readonly approximateTime: string;
}

interface HeightsOutput extends Omit<Forecast, 'heights'>, Dated {
  readonly heights: readonly (Forecast['heights'][number] & Dated)[];
}

interface UsersOutput extends Omit<DueUserPage, 'users'>, Dated {
  readonly users: readonly (DueUserPage['users'][number] & {
    readonly approximateExpiryTime: string;
    readonly approximateDeletionTime: string;
  })[];
}

type ForecastOutput = HeightsOutput | UsersOutput;

export const forecast: Subcommand<ForecastOutput> = {
  define(command) {
    command.option('--blocks <n>', `how far, up to ${maxForecastBlocks} (default: ${defaultBlocks}, about a day)`);
    command.option('--users', 'list the users instead of the heights, in order of expiry');
    command.option('--after <place>', 'only heights above this, or users behind EXPIRY:ID (default: all)');
    command.option('--limit <n>', `at most so many, up to ${maxPageHeights} (default: ${defaultLimit})`);
    defineTower(command);
    command.addHelpText(
      'after',
      '\nUnless somebody renews. Times are approximate: ten minutes a block, from now. Sums are of all heights, also of\n' +
        'those that are not listed.',
    );
  },

  async run(invocation, show) {
    const {options} = invocation;
    const blocks = wholeNumber(options['blocks'] ?? String(defaultBlocks), '--blocks', {
      from: 1,
      to: maxForecastBlocks,
    });
    const most = Math.min(maxPageHeights, maxPageUsers);
    const limit = wholeNumber(options['limit'] ?? String(defaultLimit), '--limit', {from: 1, to: most});
    const {after} = options as {after?: string};
    const ofUsers = options['users'] === true;
    const height = ofUsers ? 0 : wholeNumber(after ?? '0', '--after', {from: 0, to: maxU32});
    const {operator} = await towerOf(invocation);
    const now = new Date();
    if (ofUsers) show(datedUsers(await operator.dueUsers({blocks, after, limit}), now));
    else show(datedHeights(await operator.forecast({blocks, after: height, limit}), now));
    return 0;
  },

  render: (output, paint) => ('users' in output ? renderUsers(output, paint) : renderHeights(output, paint)),
};

function datedHeights(forecast: Forecast, now: Date): HeightsOutput {
  const at = (height: number) => approximateTime(height - forecast.tipHeight, now);
  return {
    ...forecast,
    approximateTime: at(forecast.lastHeight),
    heights: forecast.heights.map((height) => ({...height, approximateTime: at(height.height)})),
  };
}

function datedUsers(page: DueUserPage, now: Date): UsersOutput {
  const at = (height: number) => approximateTime(height - page.tipHeight, now);
  return {
    ...page,
    approximateTime: at(page.lastHeight),
    users: page.users.map((user) => ({
      ...user,
      approximateExpiryTime: at(user.subscriptionExpiry),
      approximateDeletionTime: at(user.deletionHeight),
    })),
  };
}

function titleOf({tipHeight, lastHeight, approximateTime}: Omit<ForecastOutput, 'next'>): string {
  const blocks = blocksInWords(lastHeight - tipHeight);
  return `${blocks} from tip ${tipHeight}: to ${lastHeight}, about ${timeOfDay(approximateTime)} UTC`;
}

function renderHeights(output: HeightsOutput, paint: Paint): string {
  const {heights, expiring, deleted, lastHeight, tipHeight, next} = output;
  const sums = columns([
    ['expire', holdingsInWords(expiring)],
    ['are deleted', holdingsInWords(deleted)],
  ]);
  const rows = heights.flatMap(({height, expiring, deleted, approximateTime}) => {
    const place = [String(height), timeOfDay(approximateTime)];
    return [
      ...(expiring.users === 0 ? [] : [[...place, 'expire', ...cellsOf(expiring)]]),
      ...(deleted.users === 0 ? [] : [[...place, 'are deleted', ...cellsOf(deleted)]]),
    ];
  });
  const header = ['height', 'about, UTC', '', 'users', 'slots left', 'taken', 'appointments', 'blobs', 'ids'];
  const [head = '', ...lines] = columns([header, ...rows]);
  const table = rows.length === 0 ? [] : ['', paint('dim', head), ...lines];
  const more = next === null ? [] : ['', `more: bartizan forecast --blocks ${lastHeight - tipHeight} --after ${next}`];
  return [titleOf(output), ...sums, ...table, ...more].join('\n');
}

function holdingsInWords({users, availableSlots, takenSlots, appointments, blobBytes}: Holdings): string {
  if (users === 0) return 'nobody';
  const slots = `${countInWords(availableSlots)} slots left, ${countInWords(takenSlots)} taken`;
  return `${plural(users, 'user')}: ${slots} by ${plural(appointments, 'appointment')} with ${sizeInWords(blobBytes)}`;
}

const sizeInWords = (bytes: number | null): string =>
  bytes === null ? 'too many blobs to count' : bytesInWords(bytes);

function cellsOf({users, availableSlots, takenSlots, appointments, blobBytes, userIds}: NamedHoldings): string[] {
  const named = userIds.slice(0, shownIds).join(', ');
  const others = users - Math.min(userIds.length, shownIds);
  const ids = others === 0 ? named : `${named} and ${countInWords(others)} more`;
  const counts = [users, availableSlots, takenSlots, appointments].map(countInWords);
  return [...counts, blobBytes === null ? '-' : bytesInWords(blobBytes), ids];
}

function renderUsers(output: UsersOutput, paint: Paint): string {
  const {users, next, lastHeight, tipHeight} = output;
  const rows = users.map((user) => [
    String(user.userId),
    keysInWords(user.keys),
    ...[user.availableSlots, user.takenSlots, user.appointments].map(countInWords),
    `${user.subscriptionExpiry}, ${timeOfDay(user.approximateExpiryTime)}`,
    `${user.deletionHeight}, ${timeOfDay(user.approximateDeletionTime)}`,
  ]);
  const header = ['user', 'key', 'slots left', 'taken', 'appointments', 'expiry, about UTC', 'deletion, about UTC'];
  const [head = '', ...lines] = columns([header, ...rows]);
  const painted = lines.map((line, index) => (users[index]?.state === 'active' ? line : paint('yellow', line)));
  const table = users.length === 0 ? ['nobody is due'] : ['', paint('dim', head), ...painted];
  const flags = `--blocks ${lastHeight - tipHeight} --users --after ${next}`;
  return [titleOf(output), ...table, ...(next === null ? [] : ['', `more: bartizan forecast ${flags}`])].join('\n');
}
