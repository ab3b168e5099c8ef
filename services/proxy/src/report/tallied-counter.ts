/**
 * A counter of prom-client for what every request counts. prom-client writes the labels into a string
 * and looks it up for each count, some 0.3 µs, and a request counts six things. So series that are
 * counted all the time are plain numbers, which are added when somebody reads the counter.
 */
import { Counter, type LabelValues } from 'prom-client';

/** One series: the counter for these labels. */
export class Tally {
  #pending = 0;

  add(by = 1): void {
    this.#pending += by;
  }

  take(): number {
    const pending = this.#pending;
    this.#pending = 0;
    return pending;
  }
}

export class TalliedCounter<Label extends string> extends Counter<Label> {
  readonly #tallies: (readonly [Tally, LabelValues<Label>])[] = [];

  /** For one series, once: who counts keeps it. */
  tally(labels: LabelValues<Label>): Tally {
    const tally = new Tally();
    this.#tallies.push([tally, labels]);
    return tally;
  }

  override get(): ReturnType<Counter<Label>['get']> {
    for (const [tally, labels] of this.#tallies) {
      const pending = tally.take();
      if (pending > 0) this.inc(labels, pending);
    }
    return super.get();
  }
}
