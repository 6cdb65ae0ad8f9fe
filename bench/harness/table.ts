import type {Figure} from './benchmark.js';
import {median} from './median.js';

const columns = ['figure', 'median', 'lowest', 'highest', 'target', '', 'runs', 'calibration'] as const;

const digits = (value: number): string =>
  value.toLocaleString('en-US', {maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0});

/** Whether the median is within its target; undefined for a figure that has none. */
export function isMet({target, runs}: Figure): boolean | undefined {
  if (target === undefined) return undefined;
  const value = median(runs);
  return target.bound === 'at most' ? value <= target.value : value >= target.value;
}

function cells(figure: Figure): string[] {
  const {what, unit, target, runs, calibrationMs} = figure;
  const met = isMet(figure);
  return [
    what,
    `${digits(median(runs))} ${unit}`,
    digits(Math.min(...runs)),
    digits(Math.max(...runs)),
    target === undefined ? '' : `${target.bound} ${digits(target.value)}`,
    met === undefined ? '' : met ? 'met' : 'MISSED',
    String(runs.length),
    `${digits(median(calibrationMs))} ms`,
  ];
}

/** The figures as a table that Markdown can show, too; beside their targets if they are to be judged. */
export function table(figures: readonly Figure[], {judge}: {readonly judge: boolean}): string {
  const rows = [[...columns], ...figures.map((figure) => cells(judge ? figure : {...figure, target: undefined}))];
  const widths = columns.map((_, i) => Math.max(3, ...rows.map((row) => row[i]!.length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  const [head, ...body] = rows.map(line);
  return [head, line(widths.map((width) => '-'.repeat(width))), ...body].join('\n');
}
