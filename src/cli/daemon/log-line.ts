import {toWire} from '../../api/wire-names.js';
import type {TowerEvent} from '../../tower/events.js';
import type {Paint} from '../paint.js';

type Fact = string | number | boolean | null | undefined;

/** What a log line says of an event, name by name. */
function factsOf(event: TowerEvent): Record<string, Fact> {
  if (event.type === 'state_changed') {
    const {name, sourceHeight, error} = event.state;
    return {state: name, height: event.tip?.height, sourceHeight, code: error?.code, error: error?.message};
  }
  if (event.type === 'settings_changed') return {height: event.height, ...event.settings};
  const facts: Record<string, unknown> = {...event};
  for (const name of unsaid) delete facts[name];
  if ('userIds' in event) facts['userIds'] = event.userIds.length === 0 ? null : event.userIds.join(',');
  return facts as Record<string, Fact>;
}

/** The type stands at its own place; the header's bytes are for the log in the store. */
const unsaid = ['type', 'header'];

/** For programs and grep: `time=… event=block_connected height=104 hash=… deleted_users=0`. */
export function plainLine(event: TowerEvent, now: Date): string {
  return [`time=${now.toISOString()}`, `event=${event.type}`, ...pairs(factsOf(event))].join(' ');
}

/** For people at a terminal: time of day, height, what happened, the rest. */
export function prettyLine(event: TowerEvent, now: Date, paint: Paint): string {
  const {height, ...facts} = factsOf(event);
  const time = now.toTimeString().slice(0, 8);
  const rest = pairs(facts).map((pair) => pair.replace(/\b[0-9a-f]{64,}\b/g, shortened));
  return [
    paint('dim', time),
    String(height ?? '').padStart(7),
    paint(colourOf(event), event.type.replaceAll('_', ' ').padEnd(20)),
    rest.join(' '),
  ]
    .join('  ')
    .trimEnd();
}

function colourOf(event: TowerEvent): Parameters<Paint>[0] {
  if (event.type === 'block_disconnected') return 'yellow';
  if (event.type !== 'state_changed') return 'bold';
  return {synced: 'green' as const, halted: 'red' as const}[event.state.name as 'synced' | 'halted'] ?? 'yellow';
}

function pairs(facts: Record<string, Fact>): string[] {
  return Object.entries(toWire(facts) as Record<string, Fact>)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}=${quoted(String(value))}`);
}

const quoted = (value: string): string => (/[\s"=]/.test(value) ? JSON.stringify(value) : value);

const shortened = (hex: string): string => `${hex.slice(0, 8)}…${hex.slice(-8)}`;
