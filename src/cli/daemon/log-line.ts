import {toWire} from '../../api/wire-names.js';
import type {ApiReport} from '../../daemon/public-api.js';
import type {PolicyReport} from '../../daemon/policies.js';
import {causesOf} from '../../errors/causes.js';
import {BartizanError} from '../../errors/index.js';
import type {TowerEvent} from '../../tower/events.js';
import type {Paint} from '../paint.js';
import {printable} from '../printable.js';

/** What has a line in the log. */
export type LoggedEvent = TowerEvent | PolicyReport | ApiReport;

type Fact = string | number | boolean | null | undefined;

/** What a log line says of an event, name by name. */
function factsOf(event: LoggedEvent): Record<string, Fact> {
  if (event.type === 'state_changed') {
    const {name, sourceHeight, error} = event.state;
    return {state: name, height: event.tip?.height, sourceHeight, ...(error !== undefined && factsOfError(error))};
  }
  const {height, ...others} = event as {height?: number};
  const named = Object.entries(others).filter(([name]) => !unsaid.includes(name));
  return {height, ...Object.fromEntries(named.flatMap(([name, value]) => factsIn(name, value)))};
}

/**
 * The type stands at its own place; the header's bytes are for the log in the store, and so are what a device says of
 * itself, which may be kilobytes, and what proves that an appointment is the one that was sent.
 */
const unsaid: readonly string[] = ['type', 'header', 'nodeInfo', 'blobHash', 'signature', 'startBlock'];

/** Members of a value are facts beside the others: `verdict=deny reason=…`, `expired_requests=2 request_ids=7,9`. */
function factsIn(name: string, value: unknown): [string, Fact][] {
  if (Array.isArray(value)) return [[name, value.length === 0 ? null : value.join(',')]];
  if (value instanceof BartizanError) return Object.entries(factsOfError(value));
  if (typeof value !== 'object' || value === null) return [[name, value as Fact]];
  const names: Readonly<Record<string, string>> = {type: name, count: name, ids: 'requestIds'};
  return Object.entries(value).flatMap(([member, inner]) => factsIn(names[member] ?? member, inner));
}

function factsOfError(error: BartizanError): Record<string, Fact> {
  const because = causesOf(error);
  return {
    code: error.code,
    error: error.message,
    because: because.length === 0 ? undefined : because.join('; '),
  };
}

/** For programs and grep: `time=… event=block_connected height=104 hash=… deleted_users=0`. */
export function plainLine(event: LoggedEvent, now: Date): string {
  return [`time=${now.toISOString()}`, `event=${event.type}`, ...pairs(factsOf(event))].join(' ');
}

/** For people at a terminal: time of day, height, what happened, the rest. */
export function prettyLine(event: LoggedEvent, now: Date, paint: Paint): string {
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

function colourOf(event: LoggedEvent): Parameters<Paint>[0] {
  if (event.type === 'block_disconnected' || 'error' in event) return 'yellow';
  if (event.type !== 'state_changed') return 'bold';
  return {synced: 'green' as const, halted: 'red' as const}[event.state.name as 'synced' | 'halted'] ?? 'yellow';
}

function pairs(facts: Record<string, Fact>): string[] {
  return Object.entries(toWire(facts) as Record<string, Fact>)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}=${quoted(String(value))}`);
}

const quoted = (value: string): string => printable(/[\s"=]/.test(value) ? JSON.stringify(value) : value);

const shortened = (hex: string): string => `${hex.slice(0, 8)}…${hex.slice(-8)}`;
