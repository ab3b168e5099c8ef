import type { Outcome } from './run.ts';

/** One line of the table: a rule in a world, or over all of them. */
export interface Figures {
  readonly rule: string;
  readonly meanMs: number;
  readonly p95Ms: number;
  readonly failed: number;
  readonly requests: number;
  readonly switches: number;
  readonly tokensLost: number;
  readonly probeUsd: number;
  /** Mean time above the oracle's. */
  readonly regretMs: number;
}

export const ORACLE = 'f oracle';

export function figuresOf(outcomes: readonly Outcome[]): readonly Figures[] {
  const plain = [...Map.groupBy(outcomes, ({ rule }) => rule)].map(([rule, runs]) => {
    const times = runs.flatMap(({ timesMs }) => timesMs).sort((a, b) => a - b);
    const sum = (of: (run: Outcome) => number) => runs.reduce((total, run) => total + of(run), 0);
    return {
      rule,
      meanMs: times.reduce((total, ms) => total + ms, 0) / times.length,
      p95Ms: times[Math.floor(times.length * 0.95)] ?? 0,
      failed: sum(({ failed }) => failed),
      requests: times.length,
      switches: sum(({ switches }) => switches),
      tokensLost: sum(({ tokensLost }) => tokensLost),
      probeUsd: sum(({ probeUsd }) => probeUsd),
    };
  });
  const oracleMs = plain.find(({ rule }) => rule === ORACLE)?.meanMs ?? 0;
  return plain.map((line) => ({ ...line, regretMs: line.meanMs - oracleMs }));
}

/** The mix: every world counts alike, however many requests it has. */
export function mixOf(worlds: readonly (readonly Figures[])[]): readonly Figures[] {
  return [...Map.groupBy(worlds.flat(), ({ rule }) => rule)].map(([rule, lines]) => {
    const sum = (of: (line: Figures) => number) => lines.reduce((all, line) => all + of(line), 0);
    const mean = (of: (line: Figures) => number) => sum(of) / lines.length;
    return {
      rule,
      meanMs: mean(({ meanMs }) => meanMs),
      p95Ms: mean(({ p95Ms }) => p95Ms),
      failed: sum(({ failed }) => failed),
      requests: sum(({ requests }) => requests),
      switches: sum(({ switches }) => switches),
      tokensLost: sum(({ tokensLost }) => tokensLost),
      probeUsd: sum(({ probeUsd }) => probeUsd),
      regretMs: mean(({ regretMs }) => regretMs),
    };
  });
}

export function describeTable(lines: readonly Figures[]): string {
  const head =
    '| rule | mean ms | p95 ms | regret ms | failed requests | switches | cached tokens lost | probes USD |';
  const rows = lines.map(
    (line) =>
      `| ${line.rule} | ${Math.round(line.meanMs)} | ${Math.round(line.p95Ms)} | ` +
      `${Math.round(line.regretMs)} | ${line.failed} of ${line.requests} | ${line.switches} | ` +
      `${(line.tokensLost / 1e6).toFixed(1)} M | ${line.probeUsd.toFixed(2)} |`,
  );
  return [head, '|---|--:|--:|--:|--:|--:|--:|--:|', ...rows].join('\n');
}
