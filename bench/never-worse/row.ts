/** One line of the table: the scenario, the target, and each result. */
export interface Row {
  readonly world: string;
  readonly what: string;
  readonly target: string;
  /** One endpoint directly, in the same seconds. */
  readonly direct?: string;
  readonly nginx?: string;
  readonly haproxy?: string;
  readonly zephyr: string;
  /** `info`: shown, but without a target. */
  readonly verdict: 'met' | 'not_met' | 'info';
}

export interface Round {
  readonly seed: number;
  /** Share of random refusals, 0 to 1; default: all shares. */
  readonly share: number | undefined;
  readonly say: (line: string) => void;
}

/** `timed` worlds compare times and run sequentially; `waiting` ones mostly wait and run in parallel. */
export interface WorldRun {
  readonly name: string;
  readonly kind: 'timed' | 'waiting';
  run(round: Round): Promise<readonly Row[]>;
}

export const verdictOf = (isMet: boolean): Row['verdict'] => (isMet ? 'met' : 'not_met');

const VERDICTS: Readonly<Record<Row['verdict'], string>> = {
  met: 'met',
  not_met: '**NOT MET**',
  info: '',
};

export function markdownOf(rows: readonly Row[]): string {
  const lines = rows.map(({ world, what, target, direct, nginx, haproxy, zephyr, verdict }) =>
    [world, what, target, direct ?? '', nginx ?? '', haproxy ?? '', zephyr, VERDICTS[verdict]].join(
      ' | ',
    ),
  );
  return [
    '| world | what | target | direct | nginx | HAProxy | Zephyr | |',
    '|---|---|---|---|---|---|---|---|',
    ...lines.map((line) => `| ${line} |`),
  ].join('\n');
}
