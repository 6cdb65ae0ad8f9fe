import {choice, host, integer, maxPort, type SettingDefinition} from './setting-definition.js';

export const logFormats = ['auto', 'pretty', 'json', 'text'] as const;

/** The settings of what is seen of a tower: its log, its metrics, its health. */
export const observationSettings = {
  logFormat: choice(logFormats, {
    fallback: 'auto',
    group: 'Log and metrics',
    meaning:
      'Lines of the log: for people (pretty), JSON, or name=value (text); auto is pretty on a terminal, else JSON',
  }),
  logLevel: choice(['debug', 'info', 'warn', 'error'], {
    fallback: 'info',
    group: 'Log and metrics',
    meaning: 'Least level that is logged; debug has a line for everything that users do',
  }),
  metricsBind: host({
    fallback: '127.0.0.1',
    group: 'Log and metrics',
    meaning: 'Address that /metrics and /health are served on; whoever reaches it may read them',
  }),
  metricsPort: integer(
    {from: 0, to: maxPort},
    {
      fallback: 0,
      group: 'Log and metrics',
      meaning: 'Port that /metrics and /health are served on; 0 serves them on the admin socket only',
    },
  ),
} as const satisfies Record<string, SettingDefinition>;
