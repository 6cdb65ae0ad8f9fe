import {causesOf} from '../../errors/causes.js';
import {BartizanError} from '../../errors/index.js';
import type {TowerEvent} from '../../tower/events.js';
import type {PolicyReport} from '../policies.js';
import type {ApiReport} from '../public-api.js';

/** What has a line in the log. */
export type LoggedEvent = TowerEvent | PolicyReport | ApiReport;

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

type Fact = string | number | boolean | readonly (string | number)[];
export type Facts = Readonly<Record<string, Fact | null | undefined>>;

/** What a log line says of an event, name by name, in camelCase. What is null or undefined is not said. */
export function factsOf(event: LoggedEvent): Facts {
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
 * itself, which may be kilobytes, and what proves that an appointment is the one that was sent. A hundred headers and all
 * settings are for replays.
 */
const unsaid: readonly string[] = [
  'type',
  'header',
  'nodeInfo',
  'blobHash',
  'signature',
  'startBlock',
  'uuids',
  'beginning',
  'history',
];

/** Members of a value are facts beside the others: `verdict=deny reason=…`, `expired_requests=2 request_ids=7,9`. */
function factsIn(name: string, value: unknown): [string, Fact | null][] {
  if (Array.isArray(value)) return [[name, value.length === 0 ? null : (value as (string | number)[])]];
  if (value instanceof BartizanError) return Object.entries(factsOfError(value)) as [string, Fact][];
  if (typeof value !== 'object' || value === null) return [[name, value as Fact]];
  const names: Readonly<Record<string, string>> = {type: name, count: name, ids: 'requestIds'};
  return Object.entries(value).flatMap(([member, inner]) => factsIn(names[member] ?? member, inner));
}

export function factsOfError(error: BartizanError): Facts {
  const because = causesOf(error);
  return {
    code: error.code,
    error: error.message,
    because: because.length === 0 ? undefined : because.join('; '),
  };
}

/** How much an event matters to whoever runs the tower. */
export function levelOf(event: LoggedEvent): LogLevel {
  if (event.type === 'state_changed') {
    if (event.state.name === 'halted') return 'error';
    return event.state.error === undefined ? 'info' : 'warn';
  }
  if (isTraffic(event.type)) return 'debug';
  return warnings.includes(event.type) ? 'warn' : 'info';
}

const warnings: readonly LoggedEvent['type'][] = [
  'block_disconnected',
  'chain_accepted',
  'function_slow',
  'policy_not_loaded',
  'policy_export_unused',
  'policy_ended',
  'policy_output_dropped',
  'webhook_failed',
  'webhook_paused',
];

/** What users do all day: so much that a block sums it up, and so little that nobody misses a line of it. */
export const trafficTypes = [
  'user_registered',
  'subscription_renewed',
  'receipt_issued',
  'appointment_added',
  'appointment_updated',
] as const;
export type TrafficType = (typeof trafficTypes)[number];

export const isTraffic = (type: string): type is TrafficType => (trafficTypes as readonly string[]).includes(type);
