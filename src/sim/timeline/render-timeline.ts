import {unreachable} from '../../errors/index.js';
import {printable, printableLines} from '../../errors/printable.js';
import type {GatekeeperSettings} from '../../gatekeeper/settings.js';
import {settingNames} from '../../tower/settings-table.js';
import {faultKinds} from '../faults/fault.js';
import {blocksInWords, countInWords, expiry, heightInWords, plural} from './heights.js';
import {type Paint, plain} from './paint.js';
import {comesOfBlock, renderAuth} from './render-auth.js';
import {requestText} from './request-text.js';
import type {Names, TimelineEntry} from './timeline.js';

/** Width of the column of heights: `12345–12345`. */
const heightWidth = 11;
/** Users named in one line; the others are counted. */
const namedUsers = 5;

const registrations = {
  registered: {mark: '+', verb: 'registers'},
  renewed: {mark: '↻', verb: 'renews'},
  answered: {mark: '✎', verb: 'gets its first receipt'},
} as const;

/** Blocks in which nothing happened, waiting to be told in one line. */
interface Run {
  readonly type: 'connected' | 'disconnected';
  readonly first: number;
  readonly last: number;
}

/**
 * Turns entries into lines as they come, heights first; blocks in which nothing happens become one line. Pure: whoever
 * calls prints.
 */
export class TimelineRenderer {
  readonly #paint: Paint;
  #run: Run | undefined;

  constructor({paint = plain}: {readonly paint?: Paint} = {}) {
    this.#paint = paint;
  }

  /** The lines that are complete with this entry. */
  push(entry: TimelineEntry): string[] {
    const told = this.#linesOf(entry);
    if (comesOfBlock(entry)) this.#shortenRun(entry.height);
    if (told.length > 0 || (entry.type !== 'connected' && entry.type !== 'disconnected'))
      return [...this.end(), ...told];
    const {type, height} = entry;
    const run = this.#run;
    if (run?.type === type && Math.abs(run.last - height) === 1) {
      this.#run = {...run, last: height};
      return [];
    }
    const lines = this.end();
    this.#run = {type, first: height, last: height};
    return lines;
  }

  /** A block of which something else is told was not one in which nothing happened. */
  #shortenRun(height: number): void {
    const run = this.#run;
    if (run?.type !== 'connected' || run.last !== height) return;
    this.#run = run.first === run.last ? undefined : {...run, last: run.last - 1};
  }

  /** What is left when no more entries come. */
  end(): string[] {
    const run = this.#run;
    this.#run = undefined;
    if (!run) return [];
    const count = Math.abs(run.last - run.first) + 1;
    const heights = count === 1 ? `${run.first}` : `${run.first}–${run.last}`;
    const text = run.type === 'connected' ? 'nothing falls due' : 'disconnected';
    const mark = run.type === 'connected' ? '·' : '↩';
    return [this.#paint('dim', line(heights, mark, `${blocksInWords(count)}, ${text}`))];
  }

  #linesOf(entry: TimelineEntry): string[] {
    const {height} = entry;
    const say = (mark: string, text: string) => line(`${height}`, mark, text);
    const paint = this.#paint;
    switch (entry.type) {
      case 'note':
        return [
          '',
          ...wrap(printableLines(entry.text), 100).map((text) =>
            paint('cyan', `${' '.repeat(heightWidth + 2)}${text}`),
          ),
        ];
      case 'started': {
        const begins = entry.goesOn ? 'the tower goes on as it was left, on' : 'the tower starts on';
        return [say('●', `${begins} a chain of ${blocksInWords(height)}, seed ${entry.seed}`)];
      }
      case 'registered':
      case 'renewed':
      case 'answered': {
        const {mark, verb} = registrations[entry.type];
        const until = heightInWords(entry.expiry, {tipHeight: height, saying: expiry});
        return [say(mark, `${actor(entry.user, entry.device)} ${verb}: ${slots(entry.slots)}, ${until}`)];
      }
      case 'appointment_added':
      case 'appointment_updated': {
        const verb = entry.type === 'appointment_added' ? 'adds' : 'updates';
        const left = `it takes ${slots(entry.slots)}, ${countInWords(entry.availableSlots)} left`;
        return [say('▪', `${actor(entry.user, entry.device)} ${verb} appointment ${entry.name}: ${left}`)];
      }
      case 'connected':
        return [
          ...told(entry.expired, (who, many) => {
            const grace = `${blocksInWords(entry.graceBlocks)} of grace, until ${height + entry.graceBlocks}`;
            return paint(
              'yellow',
              say('◔', `the ${many ? 'subscriptions' : 'subscription'} of ${who} expired; ${grace}`),
            );
          }),
          ...told(entry.deleted, (who, many) =>
            paint(
              'red',
              say('†', `${who} ${many ? 'are' : 'is'} deleted, with all appointments: the grace period is over`),
            ),
          ),
          ...told(entry.expiredRequests, (what) =>
            paint('yellow', say('◔', `${what} expired: nobody decided in time`)),
          ),
        ];
      case 'disconnected':
        return [
          ...told(entry.restored, (who, many) => {
            const whole = `the block that deleted ${many ? 'them' : who} is gone`;
            return paint('green', say('↑', `${who} ${many ? 'are' : 'is'} back, with all appointments: ${whole}`));
          }),
          ...told(entry.revived, (who, many) =>
            paint(
              'green',
              say('↑', `the ${many ? 'subscriptions' : 'subscription'} of ${who} ${many ? 'are' : 'is'} active again`),
            ),
          ),
          ...told(entry.restoredRequests, (what, many) => {
            const why = `the block in which ${many ? 'they' : 'it'} expired is gone`;
            return paint('green', say('↑', `${what} ${many ? 'are' : 'is'} pending again: ${why}`));
          }),
        ];
      case 'reorg': {
        const change = `${blocksInWords(entry.depth)} replaced by ${entry.blocks}, fork point ${height - entry.depth}`;
        return [paint('bold', say('↩', `reorg: ${change}`))];
      }
      case 'stepped_back': {
        const change =
          entry.blocks === 1
            ? 'the last block of the chain goes, and nothing comes in its place'
            : `the last ${blocksInWords(entry.blocks)} of the chain go, and nothing comes in their place`;
        return [paint('bold', say('↩', change))];
      }
      case 'branched': {
        const where = entry.at === undefined ? 'grows' : `leaves the chain at ${entry.at} and grows`;
        return [paint('bold', say('├', `branch ${entry.branch} ${where} by ${blocksInWords(entry.blocks)}`))];
      }
      case 'switched':
        return [paint('bold', say('⇄', `branch ${entry.branch} becomes the best chain, whatever its work`))];
      case 'snapshot_taken':
        return [say('◆', `snapshot ${entry.name} is taken`)];
      case 'exported':
        return [say('◆', `the world is written into ${entry.file}`)];
      case 'restored':
        return [paint('bold', say('◇', `everything is as it was in snapshot ${entry.name}`))];
      case 'rolled_back':
        return [paint('bold', say('◇', `rolled back from ${entry.fromHeight}: everything is as it was at ${height}`))];
      case 'extended': {
        const until = heightInWords(entry.expiry, {tipHeight: height, saying: expiry});
        return [
          say('↻', `the operator adds ${blocksInWords(entry.blocks)} to ${entry.user}'s subscription: it ${until}`),
        ];
      }
      case 'user_deleted': {
        const lost = entry.appointments === 0 ? '' : `, with ${plural(entry.appointments, 'appointment')}`;
        return [paint('red', say('†', `the operator deletes ${entry.user}${lost}, for good`))];
      }
      case 'restarted':
        return [say('○', restartText(entry))];
      case 'fault':
        return [paint('yellow', say('~', faultText(entry)))];
      case 'settings_changed': {
        const changes = Object.entries(entry.changed).map(
          ([key, value]) => `${settingNames(key as keyof GatekeeperSettings).name} = ${value}`,
        );
        return [say('=', `the operator restarts the tower with ${changes.join(', ')}`)];
      }
      case 'refused': {
        const text = `${requestText(entry.request)}: refused, ${entry.reason} [${entry.code}]`;
        return [entry.isExpected ? paint('green', say('✓', text)) : say('⊘', text)];
      }
      case 'expected':
        return [
          entry.met
            ? paint('green', say('✓', entry.claim))
            : paint('red', say('✗', `expected that ${entry.claim}, but ${entry.actual}`)),
        ];
      case 'request_received':
      case 'request_waits':
      case 'attempt_failed':
      case 'answer_recorded':
      case 'answer_late':
      case 'request_approved':
      case 'request_closed':
      case 'device_authorized':
      case 'device_revoked':
      case 'policy_hangs':
        return [renderAuth(entry, say, paint)];
      default:
        return unreachable(entry);
    }
  }
}

/** All lines at once. */
export function renderTimeline(
  entries: Iterable<TimelineEntry>,
  options: ConstructorParameters<typeof TimelineRenderer>[0] = {},
): string {
  const renderer = new TimelineRenderer(options);
  const lines: string[] = [];
  for (const entry of entries) lines.push(...renderer.push(entry));
  return [...lines, ...renderer.end()].join('\n');
}

const line = (heights: string, mark: string, text: string) =>
  `${heights.padStart(heightWidth)} ${mark} ${printable(text)}`;

/** Who acts, and with which device where that is not he himself. */
const actor = (user: string, device: string) => (user === device ? user : `${user} (${device})`);

const slots = (count: number) => plural(count, 'slot');

function told(names: Names, say: (who: string, many: boolean) => string): string[] {
  if (names.count === 0) return [];
  const first = names.first.slice(0, namedUsers);
  const others = names.count - first.length;
  if (others > 0) return [say(`${first.join(', ')} and ${plural(others, 'other')}`, true)];
  const who = first.length === 1 ? first[0]! : `${first.slice(0, -1).join(', ')} and ${first.at(-1)}`;
  return [say(who, first.length > 1)];
}

function restartText({kind, lost}: Extract<TimelineEntry, {type: 'restarted'}>): string {
  if (kind === 'clean') return 'the tower is stopped and started again';
  if (kind === 'kill_after_commit') {
    return `the tower is killed right after a commit${lost ? ` (${lost})` : ''}, and started again`;
  }
  return `the tower is killed right before a commit${lost ? ` (${lost} is lost)` : ''}, and started again`;
}

function faultText({fault, amount}: Extract<TimelineEntry, {type: 'fault'}>): string {
  if (fault === 'heal') return 'every fault ends';
  const {counts} = faultKinds[fault];
  const words = fault.replaceAll('_', ' ');
  return counts === 'times' ? `fault: ${words}` : `fault: ${words}, ${plural(amount, counts.slice(0, -1))}`;
}

/** Breaks a text into lines of at most `width` characters where it has spaces; its own line ends stay. */
function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines = [''];
    for (const word of paragraph.split(' ')) {
      const current = lines.at(-1)!;
      if (current === '') lines[lines.length - 1] = word;
      else if (current.length + 1 + word.length <= width) lines[lines.length - 1] = `${current} ${word}`;
      else lines.push(word);
    }
    return lines;
  });
}
