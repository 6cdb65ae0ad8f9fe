import {type AppointmentPage, type AppointmentsQuery, maxPageAppointments} from '../api/admin/admin-operator.js';
import type {AdminClient} from '../api/admin/client.js';
import {countInWords, plural} from '../sim/timeline/heights.js';
import {defineTower, towerOf} from './admin-command.js';
import {wholeNumber} from './arguments.js';
import {bytesInWords} from './bytes-in-words.js';
import type {Subcommand} from './subcommand.js';
import {columns} from './table.js';

const defaultLimit = 100;

interface AppointmentsOutput extends AppointmentPage {
  /** What was asked for; null for all. */
  readonly locator: string | null;
}

export const appointments: Subcommand<AppointmentsOutput> = {
  define(command) {
    command.argument('[locator]', 'only appointments with this locator, 32 hex digits');
    command.option('--after <uuid>', 'only appointments behind this one, as a page before has said');
    command.option('--limit <n>', `at most so many, up to ${maxPageAppointments} (default: ${defaultLimit})`);
    defineTower(command);
    command.addHelpText('after', '\nWhat users have left who are deleted is not in the list. Blobs are not shown.');
  },

  async run(invocation, show) {
    const {after, limit = String(defaultLimit)} = invocation.options as {after?: string; limit?: string};
    const [locator] = invocation.args;
    const query = {locator, after, limit: wholeNumber(limit, '--limit', {from: 1, to: maxPageAppointments})};
    show({locator: locator ?? null, ...(await filled(await towerOf(invocation), query))});
    return 0;
  },

  render({appointments: listed, locator, tipHeight, total, next}, paint) {
    const counted =
      locator === null ? plural(total, 'appointment') : `${plural(listed.length, 'appointment')} with this locator`;
    const title = locator === null || next === null ? counted : `the first ${counted}`;
    const [header = '', ...lines] = columns([
      ['locator', 'user', 'slots', 'blob', 'to_self_delay', 'start block', 'key'],
      ...listed.map((one) => [
        one.locator,
        String(one.userId),
        countInWords(one.slots),
        bytesInWords(one.blobBytes),
        String(one.toSelfDelay),
        String(one.startBlock),
        one.key,
      ]),
    ]);
    const table = listed.length === 0 ? [] : ['', paint('dim', header), ...lines];
    const call = ['bartizan appointments', ...(locator === null ? [] : [locator]), `--after ${next}`].join(' ');
    const more = next === null ? [] : ['', `more: ${call}`];
    return [`${title} at tip ${tipHeight}`, ...table, ...more].join('\n');
  },
};

/** A page may be short where users were deleted; a list is as long as it was asked for. */
async function filled({operator}: AdminClient, query: AppointmentsQuery): Promise<AppointmentPage> {
  let page = await operator.appointments(query);
  while (page.next !== null && page.appointments.length < query.limit) {
    const {appointments: before} = page;
    const more = await operator.appointments({...query, after: page.next, limit: query.limit - before.length});
    page = {...more, appointments: [...before, ...more.appointments]};
  }
  return page;
}
