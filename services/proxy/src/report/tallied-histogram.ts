/**
 * A prom-client histogram for values of every request, like `TalliedCounter` for counts. Its series are plain
 * numbers, from which the buckets are built on reading: prom-client validates and looks up the labels for
 * each value, some microseconds per request.
 */
import {
  Histogram,
  type HistogramConfiguration,
  type LabelValues,
  type MetricObjectWithValues,
  type MetricValueWithName,
} from 'prom-client';

/** One series: the values observed with these labels. */
export class HistogramTally {
  readonly #bounds: readonly number[];
  /** Per bucket, with values above all bounds last; not cumulative. */
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

  /** In Prometheus format: the number of values up to each bound, then the total. */
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
  /** Holds no values: provides the metadata for readers. */
  readonly #described: Histogram<Label>;
  readonly #bounds: readonly number[];
  readonly #tallies: (readonly [HistogramTally, LabelValues<Label>])[] = [];

  constructor(config: HistogramConfiguration<Label> & { readonly buckets: number[] }) {
    super(config);
    this.#name = config.name;
    this.#described = new Histogram({ ...config, registers: [] });
    this.#bounds = config.buckets;
  }

  /** Call it once per series, and keep the result. */
  tally(labels: LabelValues<Label>): HistogramTally {
    const tally = new HistogramTally(this.#bounds);
    this.#tallies.push([tally, labels]);
    return tally;
  }

  override async get(): Promise<MetricObjectWithValues<MetricValueWithName<Label>>> {
    const values = this.#tallies.flatMap((series) => this.#valuesOf(...series));
    return { ...(await this.#described.get()), values };
  }

  /** The registry prefers this method if a metric has it. */
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
