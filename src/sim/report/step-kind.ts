import type {TimelineEntry} from '../timeline/timeline.js';
import type {StepKind} from './story.js';

/** What entries are about that are not about the tower itself. */
const kinds: Readonly<Partial<Record<TimelineEntry['type'], StepKind>>> = {
  registered: 'user',
  renewed: 'user',
  answered: 'user',
  appointment_added: 'user',
  appointment_updated: 'user',
  device_authorized: 'user',
  device_revoked: 'user',
  extended: 'user',
  user_deleted: 'user',
  request_received: 'request',
  request_waits: 'request',
  attempt_failed: 'request',
  answer_recorded: 'request',
  answer_late: 'request',
  request_approved: 'request',
  request_closed: 'request',
  policy_hangs: 'request',
  branched: 'chain',
  switched: 'chain',
};

export const kindOf = ({type}: TimelineEntry): StepKind => kinds[type] ?? 'tower';
