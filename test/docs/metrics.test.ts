import test from 'ava';
import {type MetricDefinition, metricTable} from '../../src/daemon/observation/metric-table.js';
import {holdsGenerated} from './generated.js';

function metricsInMarkdown(): string {
  const lines = ['', '| metric | type | labels | meaning |', '|---|---|---|---|'];
  for (const [name, {type, help, labels = {}}] of Object.entries<MetricDefinition>(metricTable)) {
    const shown = Object.entries(labels).map(([label, values]) => {
      const said = typeof values === 'string' ? values : values.map((value) => `\`${value}\``).join(', ');
      return `\`${label}\`: ${said}`;
    });
    lines.push(`| \`${name}\` | ${type} | ${shown.join('; ')} | ${help} |`);
  }
  return `${lines.join('\n')}\n\n`;
}

test('the page of metrics lists the table that they are made from', async (t) => {
  await holdsGenerated(t, 'metrics.md', 'metrics', metricsInMarkdown());
});

test('names have the units and ends that Prometheus wants', (t) => {
  for (const [name, {type, help}] of Object.entries<MetricDefinition>(metricTable)) {
    t.regex(name, /^bartizan_[a-z]+(_[a-z]+)*$/);
    t.is(type === 'counter', name.endsWith('_total'), name);
    if (type === 'histogram') t.regex(name, /_(seconds|bytes|blocks)$/);
    t.regex(help, /^[A-Z0-9].*[^.]$/, name);
  }
});
