import {maxPageUsers, type UserPage} from '../api/admin/admin-tower.js';
import {defineTower, towerOf} from './admin-command.js';
import {wholeNumber} from './arguments.js';
import {countInWords, expiry, heightInWords, plural} from '../sim/timeline/heights.js';
import type {Subcommand} from './subcommand.js';
import {columns} from './table.js';

const defaultLimit = 100;

export const users: Subcommand<UserPage> = {
  define(command) {
    command.option('--after <id>', 'only users with a higher id (default: 0)');
    command.option('--limit <n>', `at most so many, up to ${maxPageUsers} (default: ${defaultLimit})`);
    defineTower(command);
  },

  async run(invocation, show) {
    const {after = '0', limit = String(defaultLimit)} = invocation.options;
    const page = {
      after: wholeNumber(after, '--after', {from: 0, to: Number.MAX_SAFE_INTEGER}),
      limit: wholeNumber(limit, '--limit', {from: 1, to: maxPageUsers}),
    };
    const tower = await towerOf(invocation);
    show(await tower.users(page));
    return 0;
  },

  render(page, paint) {
    const title = `${plural(page.total, 'user')} at tip ${page.tipHeight}`;
    const [header, ...lines] = columns([
      ['user', 'key', 'slots left', 'taken', 'appointments', 'subscription'],
      ...page.users.map((user) => [
        String(user.userId),
        keysInWords(user.keys),
        countInWords(user.availableSlots),
        countInWords(user.takenSlots),
        countInWords(user.appointments),
        heightInWords(user.subscriptionExpiry, {tipHeight: page.tipHeight, saying: expiry}),
      ]),
    ]);
    const painted = lines.map((line, index) => (page.users[index]?.state === 'active' ? line : paint('yellow', line)));
    const table = page.users.length === 0 ? [] : ['', paint('dim', header ?? ''), ...painted];
    const more = page.next === null ? [] : ['', `more: bartizan users --after ${page.next}`];
    return [title, ...table, ...more].join('\n');
  },
};

export function keysInWords([first = 'none', ...others]: readonly string[]): string {
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}
