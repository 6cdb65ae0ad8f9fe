import type {GatekeeperSettings} from '../../gatekeeper/settings.js';
import type {TowerEvent} from '../../tower/events.js';
import {Timeline} from '../timeline/timeline.js';
import {createdBy, type Roster} from './roster.js';
import type {PastEvent} from './world-parts.js';

/**
 * What a story would have said of a log, from its beginning, as it happened.
 * @param options `settings`: those it began with, where the log of an older version does not say
 */
export function retell(
  log: readonly TowerEvent[],
  {
    roster,
    seed,
    settings,
  }: {readonly roster: Roster; readonly seed: string | number; readonly settings: GatekeeperSettings},
): PastEvent[] {
  const [first] = log;
  const begun = first?.type === 'started' ? first.beginning?.settings : undefined;
  const names = roster.retold();
  const timeline = new Timeline({names, settings: begun ?? settings});
  return log.map((event): PastEvent => {
    names.learn(event);
    const entry: PastEvent['entry'] =
      event.type === 'started' ? {type: 'started', height: event.height, seed} : timeline.entryOf(event);
    const id = createdBy(event);
    return {event, entry, newUser: id === undefined ? undefined : names.nameOf(id)};
  });
}
