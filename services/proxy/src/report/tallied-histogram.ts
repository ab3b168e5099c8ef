/**
 * A histogram of prom-client for what every request observes, as `TalliedCounter` is for counts. Its
 * series are plain numbers, of which the buckets are made when somebody reads them: prom-client
 * validates and looks up the labels for each value, some microseconds a request.
 */
import {
  Histogram,
  type HistogramConfiguration,
  type LabelValues,
  type MetricObjectWithValues,
  type MetricValueWithName,
} from 'prom-client';

/** One series: the values that were observed with these labels. */
export class HistogramTally {
  readonly #bounds: readonly number[];
  /** By bucket, and last those above all bounds; not cumulative. */
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    let bucket = 0;
    while (bucket < this.#bounds.length && value > (this.#bounds[bucket] ?? 0)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += value;
  }

  get sum(): number {
    return this.#sum;
  }

  /** As Prometheus wants them: how many values were at most each bound, and last how many there are. */
  cumulative(): readonly number[] {
    let sum = 0;
    return this.#counts.map((count) => {
      sum += count;
      return sum;
    });
  }
}

export class TalliedHistogram<Label extends string> extends Histogram<Label> {
  readonly #name: string;
  /** Without values: gives what a reader gets besides them. */
  readonly #described: Histogram<Label>;
  readonly #bounds: readonly number[];
  readonly #tallies: (readonly [HistogramTally, LabelValues<Label>])[] = [];

  constructor(config: HistogramConfiguration<Label> & { readonly buckets: number[] }) {
    super(config);
    this.#name = config.name;
    this.#described = new Histogram({ ...config, registers: [] });
    this.#bounds = config.buckets;
  }

  /** For one series, once: who observes keeps it. */
  tally(labels: LabelValues<Label>): HistogramTally {
    const tally = new HistogramTally(this.#bounds);
    this.#tallies.push([tally, labels]);
    return tally;
  }

  override async get(): Promise<MetricObjectWithValues<MetricValueWithName<Label>>> {
    const values = this.#tallies.flatMap((series) => this.#valuesOf(...series));
    return { ...(await this.#described.get()), values };
  }

  /** What the registry asks instead where a metric has it. */
  getForPromString(): ReturnType<Histogram<Label>['get']> {
    return this.get();
  }

  #valuesOf(tally: HistogramTally, labels: LabelValues<Label>): MetricValueWithName<Label>[] {
    const counts = tally.cumulative();
    const buckets = [...this.#bounds, '+Inf'].map((le, index) => ({
      metricName: `${this.#name}_bucket`,
      labels: { le, ...labels },
      value: counts[index] ?? 0,
    }));
    return [
      ...buckets,
      { metricName: `${this.#name}_sum`, labels, value: tally.sum },
      { metricName: `${this.#name}_count`, labels, value: counts.at(-1) ?? 0 },
    ];
  }
}
