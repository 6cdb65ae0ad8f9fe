import type {VerifiedStore} from '../api/admin/admin-tower.js';
import {AdminClient} from '../api/admin/client.js';
import {verify as verifyRows} from '../store/verify.js';
import {defineTower} from './admin-command.js';
import {askTowerOrStore} from '../daemon/stored-state.js';
import {countInWords, plural} from '../sim/timeline/heights.js';
import {settingsOf} from './setting-options.js';
import type {Subcommand} from './subcommand.js';

/** What users have, and what is on the disk besides. */
export const appointmentsInWords = (held: Pick<VerifiedStore, 'appointments' | 'appointmentsOfDeleted'>): string =>
  plural(held.appointments, 'appointment') +
  (held.appointmentsOfDeleted === 0 ? '' : ` (and ${countInWords(held.appointmentsOfDeleted)} of deleted users)`);

export const verify: Subcommand<VerifiedStore> = {
  define(command) {
    defineTower(command);
    command.addHelpText('after', '\nEnds with status 1 when something does not agree.');
  },

  async run(invocation, show) {
    const {dataDir} = (await settingsOf(invocation)).values;
    const client = new AdminClient(dataDir);
    const output = await askTowerOrStore(
      dataDir,
      () => client.verify(),
      async ({store, tip}) => ({height: tip.height, ...(await verifyRows(store.rows))}),
    );
    show(output);
    return output.problemCount === 0 ? 0 : 1;
  },

  render({height, users, requests, problemCount, problems, ...held}, paint) {
    const counts = [plural(users, 'user'), appointmentsInWords(held), plural(requests, 'request')];
    const what = `${counts.join(', ')} at tip ${height}`;
    if (problemCount === 0) return `${what}: ${paint('green', 'everything agrees')}`;
    const unlisted = problemCount - problems.length;
    return [
      `${what}: ${paint('red', plural(problemCount, 'problem'))}`,
      ...problems.map((problem) => `  ${problem}`),
      ...(unlisted > 0 ? [`  and ${countInWords(unlisted)} more`] : []),
    ].join('\n');
  },
};
