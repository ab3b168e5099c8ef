/**
 * The rows of the cost table: ratios to raw, their noise, and which got worse. Pure.
 *
 * Times are of one machine at one moment, so only ratios are compared: each round measures every candidate,
 * and ratios are taken per round.
 */

export interface Ratio {
  /** To raw: the median of the rounds. */
  readonly ratio: number;
  /** The standard error of that median, from the spread of the rounds. */
  readonly noise: number;
}

export interface Row {
  readonly name: string;
  /** Of `raw`. */
  readonly unit: string;
  /** What raw takes: the median of the rounds. */
  readonly raw: number;
  /** By candidate. */
  readonly ratios: Readonly<Record<string, Ratio>>;
}

/** By candidate, one value for each round. */
export type Rounds = ReadonlyMap<string, readonly number[]>;

const RAW = 'raw';
const OURS = 'zephyr';
/** Of a normal distribution: interquartile range, and how much more a median varies than a mean. */
const QUARTILES_WIDTH = 1.349;
const MEDIAN_FACTOR = 1.2533;
/** Rounds of one run share its luck (process placement): never less than this. */
const MIN_NOISE = 0.01;
/** More than three times the noise happens by chance once in a few hundred rows. */
const WORSE_BY_NOISE = 3;

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function rowOf(name: string, unit: string, rounds: Rounds): Row {
  const raw = rounds.get(RAW) ?? [];
  const others = [...rounds].filter(([candidate]) => candidate !== RAW);
  return {
    name,
    unit,
    raw: rounded(quantile(raw, 0.5)),
    ratios: Object.fromEntries(
      others.map(([candidate, values]) => [candidate, ratioOf(values, raw)]),
    ),
  };
}

const ROUNDS_OF_A_PROCESS = 3;

/**
 * How many rounds each set of fresh processes gets: how two processes of the same program were compiled and
 * placed makes a difference for as long as they live.
 */
export function roundsOfProcesses(rounds: number): readonly number[] {
  const sets = Math.ceil(rounds / ROUNDS_OF_A_PROCESS);
  return Array.from({ length: sets }, (_, set) =>
    Math.min(ROUNDS_OF_A_PROCESS, rounds - set * ROUNDS_OF_A_PROCESS),
  );
}

/** The rounds of several sets of processes, one after another. */
export function joined(sets: readonly Rounds[]): Rounds {
  const values = new Map<string, readonly number[]>();
  for (const [candidate, more] of sets.flatMap((set) => [...set])) {
    values.set(candidate, [...(values.get(candidate) ?? []), ...more]);
  }
  return values;
}

/** What each candidate adds to `direct`, round by round. */
export function addedTo(rounds: Rounds): Rounds {
  const direct = rounds.get('direct') ?? [];
  const others = [...rounds].filter(([candidate]) => candidate !== 'direct');
  return new Map(
    others.map(([candidate, values]) => [
      candidate,
      values.map((value, round) => value - (direct[round] ?? Number.NaN)),
    ]),
  );
}

function ratioOf(values: readonly number[], raw: readonly number[]): Ratio {
  const ratios = values.map((value, round) => value / (raw[round] ?? Number.NaN));
  const width = quantile(ratios, 0.75) - quantile(ratios, 0.25);
  const error = (MEDIAN_FACTOR * width) / QUARTILES_WIDTH / Math.sqrt(ratios.length);
  const ratio = quantile(ratios, 0.5);
  return { ratio: rounded(ratio), noise: rounded(Math.max(error, MIN_NOISE * ratio)) };
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

/** One line per row in which we got worse by more than noise. */
export function regressions(stored: readonly Row[], now: readonly Row[]): readonly string[] {
  return now.flatMap((row) => {
    const before = stored.find(({ name }) => name === row.name)?.ratios[OURS];
    const after = row.ratios[OURS];
    if (before === undefined || after === undefined) return [];
    const noise = Math.hypot(before.noise, after.noise);
    if (!(after.ratio - before.ratio > WORSE_BY_NOISE * noise)) return [];
    return [
      `${row.name}: ${after.ratio}× raw, was ${before.ratio}×; noise ± ${noise.toPrecision(2)}`,
    ];
  });
}

const COLUMNS: readonly (readonly [candidate: string, title: string])[] = [
  [OURS, 'this proxy'],
  ['plain', 'plain'],
  ['least', 'least'],
  ['nginx', 'nginx'],
];

/** As Markdown. */
export function tableOf(rows: readonly Row[]): string {
  return [
    `| | raw | ${COLUMNS.map(([, title]) => title).join(' | ')} |`,
    `|---|---|${COLUMNS.map(() => '---|').join('')}`,
    ...rows.map(({ name, unit, raw, ratios }) => {
      const cells = COLUMNS.map(([candidate]) => cellOf(ratios[candidate]));
      return `| ${name} | ${raw} ${unit} | ${cells.join(' | ')} |`;
    }),
  ].join('\n');
}

function cellOf(ratio: Ratio | undefined): string {
  if (ratio === undefined || Number.isNaN(ratio.ratio)) return '';
  return `${ratio.ratio.toFixed(2)}× ± ${ratio.noise.toFixed(2)}`;
}
