import {collectDefaultMetrics, Registry} from 'prom-client';

/** Often enough to see a stall of the event loop, seldom enough to cost nothing. */
const eventLoopMonitoringMs = 50;

let registry: Registry | undefined;

/**
 * Memory, CPU, file descriptors, event loop and garbage collection, under the names that they have in every Node.js
 * process. One for the process, however many towers are in it: what collects them cannot be stopped. Made when they are
 * asked for the first time, so that a process that nobody asks pays nothing.
 */
export function processMetrics(): Registry {
  if (registry === undefined) {
    registry = new Registry();
    collectDefaultMetrics({register: registry, eventLoopMonitoringPrecision: eventLoopMonitoringMs});
  }
  return registry;
}
