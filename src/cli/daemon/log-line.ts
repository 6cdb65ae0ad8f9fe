import {toWire} from '../../api/wire-names.js';
import {type Facts, factsOf, levelOf, type LoggedEvent} from '../../daemon/observation/logged-event.js';
import type {Paint} from '../paint.js';
import {printable} from '../printable.js';

/** For grep: `time=… level=info event=block_connected height=104 hash=… deleted_users=0`. */
export function plainLine(event: LoggedEvent, now: Date, more: Facts = {}): string {
  const facts = {...factsOf(event), ...more};
  return [`time=${now.toISOString()}`, `level=${levelOf(event)}`, `event=${event.type}`, ...pairs(facts)].join(' ');
}

/** For people at a terminal: time of day, height, what happened, the rest. */
export function prettyLine(event: LoggedEvent, now: Date, paint: Paint, more: Facts = {}): string {
  return prettyFacts({event: event.type, level: levelOf(event), facts: {...factsOf(event), ...more}}, now, paint);
}

interface Told {
  readonly event: string;
  readonly level: string;
  readonly facts: Facts;
}

/** The same for what is told of an event elsewhere. */
export function prettyFacts({event, level, facts: {height, ...facts}}: Told, now: Date, paint: Paint): string {
  const time = now.toTimeString().slice(0, 8);
  const rest = pairs(facts).map((pair) => pair.replace(/\b[0-9a-f]{64,}\b/g, shortened));
  return [
    paint('dim', time),
    String(height ?? '').padStart(7),
    paint(colourOf(event, level, facts), event.replaceAll('_', ' ').padEnd(20)),
    rest.join(' '),
  ]
    .join('  ')
    .trimEnd();
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
