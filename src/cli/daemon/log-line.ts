import {toWire} from '../../api/wire-names.js';
import {type Facts, factsOf, levelOf, type LoggedEvent} from '../../daemon/observation/logged-event.js';
import {countInWords} from '../../sim/timeline/heights.js';
import type {Paint} from '../paint.js';
import {printable} from '../../errors/printable.js';
import {painted, type Segment} from '../segments.js';

/** For grep: `time=… level=info event=block_connected height=104 hash=… deleted_users=0`. */
export function plainLine(event: LoggedEvent, now: Date, more: Facts = {}): string {
  const facts = {...factsOf(event), ...more};
  return [`time=${now.toISOString()}`, `level=${levelOf(event)}`, `event=${event.type}`, ...pairs(facts)].join(' ');
}

/** For people at a terminal: time of day, height, what happened, the rest. */
export function prettyLine(event: LoggedEvent, now: Date, paint: Paint, more: Facts = {}): string {
  const told = {event: event.type, level: levelOf(event), facts: {...factsOf(event), ...more}};
  return painted(prettySegments(told, now), paint).trimEnd();
}

interface Told {
  readonly event: string;
  readonly level: string;
  readonly facts: Facts;
  /** How many there were. @default 1 */
  readonly count?: number;
}

/** The same in pieces, of what is told of an event elsewhere. */
export function prettySegments({event, level, facts: {height, ...facts}, count = 1}: Told, now: Date): Segment[] {
  const name = `${event.replaceAll('_', ' ')}${count === 1 ? '' : ` ×${countInWords(count)}`}`;
  const rest = pairs(facts).map((pair) => pair.replace(/\b[0-9a-f]{64,}\b/g, shortened));
  return [
    [now.toTimeString().slice(0, 8), 'dim'],
    [`  ${String(height ?? '').padStart(7)}  `],
    [name.padEnd(20), colourOf(event, level, facts)],
    [`  ${rest.join(' ')}`],
  ];
}

function colourOf(event: string, level: string, {state}: Facts): Parameters<Paint>[0] {
  if (level === 'error') return 'red';
  if (level === 'warn') return 'yellow';
  if (event === 'state_changed') return state === 'synced' ? 'green' : 'yellow';
  return 'bold';
}

function pairs(facts: Facts): string[] {
  return Object.entries(toWire(facts) as Facts)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}=${quoted(String(value))}`);
}

const quoted = (value: string): string => printable(/[\s"=]/.test(value) ? JSON.stringify(value) : value);

const shortened = (hex: string): string => `${hex.slice(0, 8)}…${hex.slice(-8)}`;
