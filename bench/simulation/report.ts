import type { Outcome } from './run.ts';

/** One line of the table: a rule in a world, or over all of them. */
export interface Figures {
  readonly rule: string;
  readonly meanMs: number;
  readonly p90Ms: number;
  readonly p95Ms: number;
  readonly failed: number;
  readonly requests: number;
  readonly switches: number;
  readonly tokensLost: number;
  readonly probeUsd: number;
  /** Mean time above the oracle's. */
  readonly regretMs: number;
  /** The seeds and figures in which it is worse than the best single endpoint; empty if none. */
  readonly worse: readonly string[];
  /** Its p90 in ms minus that of the best single endpoint, mean over the seeds. */
  readonly above: MeanOfSeeds;
  /** Its share of good answers minus that of the best single endpoint, in points, mean over the seeds. */
  readonly better: MeanOfSeeds;
}

interface MeanOfSeeds {
  readonly mean: number;
  /** Half width of the 95 % confidence interval; undefined if there are too few seeds. */
  readonly reach: number | undefined;
}

/** A rule compared with the best single endpoint, in one seed. */
export interface BesideBest {
  readonly worse: readonly string[];
  readonly aboveMs: number;
  readonly betterPoints: number;
}

export function besideBest(best: BestSingle, outcome: Outcome): BesideBest {
  return {
    worse: worseThan(best, [outcome]),
    aboveMs: quantile(timesOf([outcome]), 0.9) - best.p90Ms,
    betterPoints: (best.failedShare - failedShareOf([outcome])) * 100,
  };
}

/** Student's t for 95 % by degrees of freedom, from 1; then that of the normal distribution. */
const T_95 = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26];
const NORMAL_95 = 1.96;

function meanOfSeeds(values: readonly number[]): MeanOfSeeds {
  const mean = values.reduce((all, value) => all + value, 0) / values.length;
  const freedom = values.length - 1;
  if (freedom < 1) return { mean, reach: undefined };
  const variance = values.reduce((all, value) => all + (value - mean) ** 2, 0) / freedom;
  const reach = (T_95[freedom - 1] ?? NORMAL_95) * Math.sqrt(variance / values.length);
  return { mean, reach };
}

/** The best figures of any single endpoint, each from the endpoint that achieves it. */
export interface BestSingle {
  readonly failedShare: number;
  readonly p90Ms: number;
}

/**
 * A rule has to find out which endpoint is the best, while the best single one is known in hindsight. This
 * may cost that much: the gain that a switch needs, and a tenth.
 */
const ALLOWED_MS = 50;
const ALLOWED_FACTOR = 1.1;
/** And one request in a thousand. */
const ALLOWED_SHARE = 0.001;

export function bestSingleOf(singles: readonly Outcome[]): BestSingle {
  const byRule = [...Map.groupBy(singles, ({ rule }) => rule).values()];
  return {
    failedShare: Math.min(...byRule.map((runs) => failedShareOf(runs))),
    p90Ms: Math.min(...byRule.map((runs) => quantile(timesOf(runs), 0.9))),
  };
}

/** How an outcome is worse than the best endpoint alone. */
export function worseThan(best: BestSingle, runs: readonly Outcome[]): readonly string[] {
  const lost = failedShareOf(runs) - best.failedShare;
  const p90Ms = quantile(timesOf(runs), 0.9);
  return [
    ...(lost > ALLOWED_SHARE ? [`good −${(lost * 100).toFixed(1)} points`] : []),
    ...(p90Ms > best.p90Ms * ALLOWED_FACTOR + ALLOWED_MS
      ? [`p90 +${Math.round(p90Ms - best.p90Ms)} ms`]
      : []),
  ];
}

function failedShareOf(runs: readonly Outcome[]): number {
  const sum = (of: (run: Outcome) => number) => runs.reduce((total, run) => total + of(run), 0);
  return sum(({ failed }) => failed) / sum(({ requests }) => requests);
}

function timesOf(runs: readonly Outcome[]): readonly number[] {
  return runs.flatMap(({ timesMs }) => timesMs).sort((a, b) => a - b);
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(sorted.length * share)] ?? 0;
}

export const OURS = 'a zephyr';
export const ORACLE = 'f oracle';
export const PRESENT = 'i knows the present';

/** A world in one seed. */
interface RunInSeed {
  readonly seed: number;
  readonly run: {
    readonly outcomes: readonly Outcome[];
    /** By rule. */
    readonly beside: ReadonlyMap<string, BesideBest>;
  };
}

export function figuresOf(seeds: readonly RunInSeed[]): readonly Figures[] {
  const outcomes = seeds.flatMap(({ run }) => run.outcomes);
  const plain = [...Map.groupBy(outcomes, ({ rule }) => rule)].map(([rule, runs]) => {
    const beside = seeds.flatMap(({ seed, run }) => {
      const own = run.beside.get(rule);
      return own === undefined ? [] : [{ seed, ...own }];
    });
    const times = timesOf(runs);
    const sum = (of: (run: Outcome) => number) => runs.reduce((total, run) => total + of(run), 0);
    return {
      rule,
      meanMs: times.reduce((total, ms) => total + ms, 0) / times.length,
      p90Ms: quantile(times, 0.9),
      p95Ms: quantile(times, 0.95),
      failed: sum(({ failed }) => failed),
      requests: times.length,
      switches: sum(({ switches }) => switches),
      tokensLost: sum(({ tokensLost }) => tokensLost),
      probeUsd: sum(({ probeUsd }) => probeUsd),
      worse: beside.flatMap(({ seed, worse }) => worse.map((what) => `${seed}: ${what}`)),
      above: meanOfSeeds(beside.map(({ aboveMs }) => aboveMs)),
      better: meanOfSeeds(beside.map(({ betterPoints }) => betterPoints)),
    };
  });
  const oracleMs = plain.find(({ rule }) => rule === ORACLE)?.meanMs ?? 0;
  return plain.map((line) => ({ ...line, regretMs: line.meanMs - oracleMs }));
}

export function lineOf(figures: readonly Figures[], rule: string): Figures {
  const line = figures.find((figure) => figure.rule === rule);
  if (line === undefined) throw new RangeError(`no figures of ${rule}`);
  return line;
}

/** The mix: every world has equal weight, however many requests it has. */
export function mixOf(worlds: readonly (readonly Figures[])[]): readonly Figures[] {
  return [...Map.groupBy(worlds.flat(), ({ rule }) => rule)].map(([rule, lines]) => {
    const sum = (of: (line: Figures) => number) => lines.reduce((all, line) => all + of(line), 0);
    const mean = (of: (line: Figures) => number) => sum(of) / lines.length;
    return {
      rule,
      meanMs: mean(({ meanMs }) => meanMs),
      p90Ms: mean(({ p90Ms }) => p90Ms),
      p95Ms: mean(({ p95Ms }) => p95Ms),
      failed: sum(({ failed }) => failed),
      requests: sum(({ requests }) => requests),
      switches: sum(({ switches }) => switches),
      tokensLost: sum(({ tokensLost }) => tokensLost),
      probeUsd: sum(({ probeUsd }) => probeUsd),
      regretMs: mean(({ regretMs }) => regretMs),
      worse: worseIn(lines),
      above: { mean: mean(({ above }) => above.mean), reach: undefined },
      better: { mean: mean(({ better }) => better.mean), reach: undefined },
    };
  });
}

function worseIn(lines: readonly Figures[]): readonly string[] {
  const count = lines.filter(({ worse }) => worse.length > 0).length;
  return count === 0 ? [] : [`in ${count} of ${lines.length} worlds`];
}

export function describeTable(lines: readonly Figures[]): string {
  const head =
    '| rule | mean ms | p90 ms | p95 ms | regret ms | failed requests | worse than the best single endpoint | p90 above it, mean of the seeds, ms | switches | cached tokens lost | probes USD |';
  const rows = lines.map(
    (line) =>
      `| ${line.rule} | ${Math.round(line.meanMs)} | ${Math.round(line.p90Ms)} | ${Math.round(line.p95Ms)} | ` +
      `${Math.round(line.regretMs)} | ${line.failed} of ${line.requests} | ` +
      `${line.worse.join(', ') || 'no'} | ${describeMean(line.above)} | ${line.switches} | ` +
      `${(line.tokensLost / 1e6).toFixed(1)} M | ${line.probeUsd.toFixed(2)} |`,
  );
  return [head, '|---|--:|--:|--:|--:|--:|---|--:|--:|--:|--:|', ...rows].join('\n');
}

function describeMean({ mean, reach }: MeanOfSeeds, digits = 0): string {
  const rounded = (value: number) => Number(value.toFixed(digits)).toFixed(digits);
  return `${rounded(mean)}${reach === undefined ? '' : ` ± ${rounded(reach)}`}`;
}

/** (a) compared with the best single endpoint in each world, after hours and after a day. */
export function describeLengths(
  hours: readonly (readonly [world: string, Figures])[],
  day: ReadonlyMap<string, Figures>,
): string {
  const rows = hours.flatMap(([world, short]) => {
    const long = day.get(world);
    if (long === undefined) return [];
    const both = [short, long];
    const cells = [
      ...both.map(({ worse }) => worse.join(', ') || 'no'),
      ...both.map(({ better }) => describeMean(better, 2)),
      ...both.map(({ above }) => describeMean(above)),
      `${long.failed} of ${long.requests}`,
    ];
    return [`| ${[world, ...cells].join(' | ')} |`];
  });
  return [
    '| world | worse, 4 h | worse, 24 h | good answers above it, points, 4 h | 24 h | p90 above it, ms, 4 h | 24 h | failed requests, 24 h |',
    '|---|---|---|--:|--:|--:|--:|--:|',
    ...rows,
  ].join('\n');
}
