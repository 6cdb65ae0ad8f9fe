/** One metric of a scrape, with all its series. */
export interface Family {
  readonly type: string;
  readonly help: string;
  /** Value by name and labels, as in `name{a="1",b="2"}` with the labels in order of name. */
  readonly samples: ReadonlyMap<string, number>;
}

const namePattern = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const labelPattern = `([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\\\\n]|\\\\["\\\\n])*)"`;
const samplePattern = new RegExp(`^(${namePattern})(?:\\{(${labelPattern}(?:,${labelPattern})*)?\\})? (\\S+)$`);

/**
 * Reads the text format of Prometheus, version 0.0.4, more strictly than Prometheus does: every sample has a HELP and a
 * TYPE before it, no series stands twice, and the buckets of a histogram add up.
 */
export function parseScrape(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const families = new Map<string, {type: string; help: string; samples: Map<string, number>}>();
  let current = '';
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, word, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (word === 'HELP') {
      if (families.has(name)) throw new Error(`${name} stands twice`);
      families.set(name, {type: '', help: rest, samples: new Map()});
      current = name;
    } else if (word === 'TYPE') {
      if (name !== current) throw new Error(`${name} has a TYPE but no HELP`);
      families.get(name)!.type = rest;
    } else addSample(line, current, families.get(current));
  }
  for (const [name, family] of families) if (family.type === 'histogram') checkHistogram(name, family);
  return families;
}

function addSample(line: string, family: string, to: {type: string; samples: Map<string, number>} | undefined): void {
  const match = samplePattern.exec(line);
  if (match === null || to === undefined) throw new Error(`no sample: ${line}`);
  const name = match[1]!;
  const allowed = to.type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => family + end) : [family];
  if (!allowed.includes(name)) throw new Error(`${name} stands among the samples of ${family}`);
  const labels = [...(match[2] ?? '').matchAll(new RegExp(labelPattern, 'g'))].map(([label]) => label).sort();
  const value = match.at(-1)!;
  const number = value === '+Inf' ? Infinity : value === 'Nan' || value === 'NaN' ? NaN : Number(value);
  if (Number.isNaN(number) && !/^nan$/i.test(value)) throw new Error(`no number: ${line}`);
  const series = labels.length === 0 ? name : `${name}{${labels.join(',')}}`;
  if (to.samples.has(series)) throw new Error(`${series} stands twice`);
  to.samples.set(series, number);
}

function checkHistogram(name: string, {samples}: Family): void {
  const buckets = new Map<string, [bound: number, count: number][]>();
  for (const [series, count] of samples) {
    if (!series.startsWith(`${name}_bucket`)) continue;
    const bound = /le="([^"]*)"/.exec(series)![1]!;
    const others = series
      .slice(name.length + '_bucket'.length)
      .replace(/le="[^"]*",?/, '')
      .replace(',}', '}');
    const of = buckets.get(others) ?? [];
    buckets.set(others, [...of, [bound === '+Inf' ? Infinity : Number(bound), count]]);
  }
  for (const [labels, of] of buckets) {
    const sorted = of.sort(([a], [b]) => a - b);
    const rising = sorted.every(([, count], i) => i === 0 || count >= sorted[i - 1]![1]);
    const total = samples.get(`${name}_count${labels === '{}' ? '' : labels}`);
    if (!rising || sorted.at(-1)![0] !== Infinity || sorted.at(-1)![1] !== total) {
      throw new Error(`the buckets of ${name}${labels} do not add up: ${JSON.stringify(sorted)}, ${total}`);
    }
  }
}
