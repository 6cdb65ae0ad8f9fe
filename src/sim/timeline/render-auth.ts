import {unreachable} from '../../errors/index.js';
import type {AuthEntry, Standing} from './auth-timeline.js';
import {blocksInWords, expiry, heightInWords, plural} from './heights.js';
import type {Paint} from './paint.js';
import {aim, titleText} from './request-text.js';
import type {TimelineEntry} from './timeline.js';

/** An entry as the mark and the text of its line, coloured. */
export function renderAuth(entry: AuthEntry, line: (mark: string, text: string) => string, paint: Paint): string {
  const {height} = entry;
  switch (entry.type) {
    case 'request_received': {
      const {request, as, proven, supersedes} = entry;
      const instead = supersedes === undefined ? '' : `, instead of request ${supersedes}`;
      const unsigned = proven ? '' : ', unproven';
      return line(
        '?',
        `${request.device} asks to ${aim(request.kind, as)} (request ${request.id}${unsigned}${instead})`,
      );
    }
    case 'request_waits': {
      const title = titleText(entry.request);
      return entry.asked === 'callback'
        ? line('…', `${title} is to be decided later`)
        : line('…', `the policy does not know about ${title} yet, and is asked again in each block`);
    }
    case 'attempt_failed': {
      const {request, attempts, readyHeight, reason} = entry;
      const next = `the next is at ${readyHeight}`;
      return paint('yellow', line('!', `attempt ${attempts} at ${titleText(request)} failed: ${reason}; ${next}`));
    }
    case 'answer_recorded':
      return line('»', `${titleText(entry.request)} is answered: ${entry.answer}; a coming block decides`);
    case 'answer_late':
      return line('»', `an answer to ${titleText(entry.request)} comes too late: it is ${entry.state}`);
    case 'request_approved': {
      const {request, by, standing} = entry;
      const what = standing ? `: ${standingText(standing, height)}` : '';
      return paint('green', line('+', `${titleText(request)} is approved by ${actorText(by)}${what}`));
    }
    case 'request_closed': {
      const {request, state, by, reason} = entry;
      const title = titleText(request);
      const what = {
        denied: `is denied by ${actorText(by)}`,
        failed: 'has failed for good',
        superseded: 'is superseded',
      }[state];
      return paint('red', line('–', `${title} ${what}: ${reason}`));
    }
    case 'device_authorized':
      return paint(
        'green',
        line('+', `${entry.standing.device} is authorized: ${standingText(entry.standing, height)}`),
      );
    case 'device_revoked': {
      const {device, user, role} = entry.standing;
      const was = [...(user === undefined ? [] : [`a device of ${user}`]), ...(role ? [`a ${role}`] : [])];
      return paint('red', line('–', `${device} is revoked; it was ${was.join(' and ')}`));
    }
    case 'policy_hangs': {
      const {request, blocks} = entry;
      return paint('yellow', line('…', `the policy hangs over ${titleText(request)}, for ${blocksInWords(blocks)}`));
    }
    default:
      return unreachable(entry);
  }
}

const actsAtOnce: readonly string[] = ['operator', 'program'];
const comingOfBlocks: ReadonlySet<TimelineEntry['type']> = new Set([
  'request_waits',
  'attempt_failed',
  'answer_recorded',
  'policy_hangs',
]);

/** Whether an entry tells what a block has brought about, when it follows that block. */
export function comesOfBlock(entry: TimelineEntry): boolean {
  if (entry.type === 'request_approved' || entry.type === 'request_closed') return !actsAtOnce.includes(entry.by);
  return comingOfBlocks.has(entry.type);
}

const actorText = (actor: string) => (actor === 'tower' ? 'the tower' : `the ${actor}`);

function standingText({device, user, role, created}: Standing, height: number): string {
  const node = role ? [`is a ${role}`] : [];
  if (user === undefined) return `${device} ${[...node, 'belongs to nobody'].join(' and ')}`;
  const until = created
    ? `, a new user with ${plural(created.slots, 'slot')}, ${heightInWords(created.expiry, {tipHeight: height, saying: expiry})}`
    : '';
  return `${device} ${[...node, `belongs to ${user}`].join(' and ')}${until}`;
}
