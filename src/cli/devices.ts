import {type DevicePageAtTip, maxPageDevices} from '../api/admin/admin-authorization.js';
import {plural} from '../sim/timeline/heights.js';
import {defineTower, towerOf} from './admin-command.js';
import {wholeNumber} from './arguments.js';
import {pastInWords} from './request-in-words.js';
import type {Subcommand} from './subcommand.js';
import {columns} from './table.js';

const defaultLimit = 100;

export const devices: Subcommand<DevicePageAtTip> = {
  define(command) {
    command.option('--after <key>', 'only devices with a higher key');
    command.option('--limit <n>', `at most so many, up to ${maxPageDevices} (default: ${defaultLimit})`);
    defineTower(command);
  },

  async run(invocation, show) {
    const {after, limit = String(defaultLimit)} = invocation.options;
    const query = {
      after: after as string | undefined,
      limit: wholeNumber(limit, '--limit', {from: 1, to: maxPageDevices}),
    };
    const tower = await towerOf(invocation);
    show(await tower.auth.devices(query));
    return 0;
  },

  render({devices: listed, next, tipHeight}, paint) {
    if (listed.length === 0) return `no devices at tip ${tipHeight}`;
    const [header = '', ...lines] = columns([
      ['key', 'user', 'role', 'authorized'],
      ...listed.map(({key, userId, role, authorizedAt}) => [
        key,
        userId === null ? '-' : String(userId),
        role ?? '-',
        `at ${pastInWords(authorizedAt, tipHeight)}`,
      ]),
    ]);
    const more = next === null ? [] : ['', `more: bartizan devices --after ${next}`];
    return [`${plural(listed.length, 'device')} at tip ${tipHeight}`, '', paint('dim', header), ...lines, ...more].join(
      '\n',
    );
  },
};
