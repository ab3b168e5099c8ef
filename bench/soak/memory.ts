/** The memory of each service process over its life. */
import { MIB } from '@zephyr/contract/units';
import { rssBytes } from '../../services/proxy/bench/load.ts';
import type { Service } from '../never-worse/services.ts';

interface Sample {
  readonly atMs: number;
  readonly mib: number;
}

interface Life {
  readonly label: string;
  readonly samples: Sample[];
}

/** After this it is warm. */
const WARM_MS = 120_000;
/** A process that lived for less than this afterwards proves nothing. */
const SHOWN_MS = 60_000;
const SMOOTHED = 6;
const ALLOWED_FACTOR = 1.5;
const ALLOWED_MIB = 40;
const MAX_MIB = 400;

export interface MemoryFigures {
  readonly label: string;
  /** For the longest-lived process: two minutes after its start, and at its end. */
  readonly warmMib: number | undefined;
  readonly lastMib: number;
  readonly maxMib: number;
  readonly isBounded: boolean;
}

export class Memory {
  readonly #lives = new Map<number, Life>();

  sample(services: readonly Service[]): void {
    for (const service of services) {
      const pid = service.pid();
      if (pid === undefined) continue;
      const life = this.#lives.get(pid) ?? { label: service.label, samples: [] };
      this.#lives.set(pid, life);
      try {
        life.samples.push({ atMs: performance.now(), mib: rssBytes(pid) / MIB });
      } catch {
        // It has just ended.
      }
    }
  }

  figures(): readonly MemoryFigures[] {
    const lives = [...this.#lives.values()].filter(({ samples }) => samples.length > 0);
    const labels = [...new Set(lives.map(({ label }) => label))];
    return labels.map((label) => {
      const own = lives.filter((life) => life.label === label);
      const longest = own.reduce((a, b) => (b.samples.length > a.samples.length ? b : a));
      const all = own.map(figuresOf);
      const { warmMib, lastMib } = figuresOf(longest);
      const maxMib = Math.max(...all.map(({ most }) => most));
      const isBounded = all.every((each) => each.isBounded) && maxMib <= MAX_MIB;
      return { label, warmMib, lastMib, maxMib, isBounded };
    });
  }
}

function figuresOf({ samples }: Life) {
  const startedAtMs = samples[0]?.atMs ?? 0;
  const warm = samples.filter(({ atMs }) => atMs - startedAtMs >= WARM_MS);
  const most = Math.max(...samples.map(({ mib }) => mib));
  const lastMib = medianOf(samples.slice(-SMOOTHED));
  const isShown = (warm.at(-1)?.atMs ?? 0) - (warm[0]?.atMs ?? 0) >= SHOWN_MS;
  if (!isShown) return { warmMib: undefined, lastMib, most, isBounded: true };
  const warmMib = medianOf(warm.slice(0, SMOOTHED));
  return {
    ...{ warmMib, lastMib, most },
    isBounded: lastMib <= warmMib * ALLOWED_FACTOR + ALLOWED_MIB,
  };
}

function medianOf(samples: readonly Sample[]): number {
  const sorted = samples.map(({ mib }) => mib).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
