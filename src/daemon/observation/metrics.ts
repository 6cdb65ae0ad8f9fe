import {Counter, Gauge, Histogram, Registry} from 'prom-client';
import type {MetricsText} from '../../api/observation/observed-tower.js';
import {InvariantError} from '../../errors/index.js';
import {type MetricDefinition, type MetricName, metricTable} from './metric-table.js';
import {processMetrics} from './process-metrics.js';

type NameOf<Type extends MetricDefinition['type']> = {
  [Name in MetricName]: (typeof metricTable)[Name]['type'] extends Type ? Name : never;
}[MetricName];

export type GaugeName = NameOf<'gauge'>;
export type CounterName = NameOf<'counter'>;
export type HistogramName = NameOf<'histogram'>;
export type Labels = Readonly<Record<string, string>>;

/** What a gauge shows: nothing, one number, or one for each set of labels. */
export type Reading = number | undefined | readonly (readonly [labels: Labels, value: number])[];

/** The metrics of one tower. Counting is a look-up and an addition; gauges are read when somebody asks. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #gauges = new Map<string, Gauge>();
  readonly #counters = new Map<string, Counter>();
  readonly #histograms = new Map<string, Histogram>();
  readonly #read: () => Promise<Readonly<Record<GaugeName, Reading>>>;

  constructor(read: () => Promise<Readonly<Record<GaugeName, Reading>>>) {
    this.#read = read;
    for (const [name, definition] of Object.entries<MetricDefinition>(metricTable)) this.#define(name, definition);
  }

  count(name: CounterName, labels: Labels = {}, by = 1): void {
    this.#of(this.#counters, name).inc(labels, by);
  }

  observe(name: HistogramName, value: number, labels: Labels = {}): void {
    this.#of(this.#histograms, name).observe(labels, value);
  }

  /** All of them, and those of the process, in the text format of Prometheus. */
  async text(): Promise<MetricsText> {
    for (const [name, reading] of Object.entries(await this.#read())) this.#show(name as GaugeName, reading);
    const text = `${await this.#registry.metrics()}${await processMetrics().metrics()}`;
    return {contentType: this.#registry.contentType, text};
  }

  #define(name: string, {type, help, labels = {}, buckets = []}: MetricDefinition): void {
    const options = {name, help, labelNames: Object.keys(labels), registers: [this.#registry]};
    if (type === 'gauge') this.#gauges.set(name, new Gauge(options));
    if (type === 'counter') this.#counters.set(name, new Counter(options));
    if (type === 'histogram') this.#histograms.set(name, new Histogram({...options, buckets: [...buckets]}));
    // A series that is there from the start can be told from one that is missing.
    if (type === 'counter') for (const set of listedSets(labels)) this.#counters.get(name)?.inc(set, 0);
  }

  #show(name: GaugeName, reading: Reading): void {
    const gauge = this.#of(this.#gauges, name);
    if (typeof reading === 'number') return gauge.set(reading);
    // What is not known now must not be shown as it was.
    if (reading === undefined) return 'labels' in metricTable[name] ? gauge.reset() : gauge.remove();
    for (const [labels, value] of reading) gauge.set(labels, value);
  }

  #of<Metric>(metrics: ReadonlyMap<string, Metric>, name: string): Metric {
    const metric = metrics.get(name);
    if (metric === undefined) throw new InvariantError(`there is no metric ${name} of this type`);
    return metric;
  }
}

/** Every set of label values, where all values are listed; otherwise none. */
function listedSets(labels: NonNullable<MetricDefinition['labels']>): Labels[] {
  let sets: Labels[] = [{}];
  for (const [name, values] of Object.entries(labels)) {
    if (typeof values === 'string') return [];
    sets = sets.flatMap((set) => values.map((value) => ({...set, [name]: value})));
  }
  return sets;
}
