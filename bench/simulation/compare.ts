import type { Part, PartKind, WorldRun } from './part.ts';
import { type Figures, figuresOf, mixOf } from './report.ts';
import { runInThreads } from './threads.ts';

export interface WorldFigures {
  readonly name: string;
  readonly about: string;
  readonly figures: readonly Figures[];
  /** How (a) was worse than (g), the one endpoint that a person would have had to choose. */
  readonly worseThanChosen: readonly string[];
}

export interface Comparison {
  readonly worlds: readonly WorldFigures[];
  readonly mix: readonly Figures[];
  readonly mixWithoutCaches: readonly Figures[];
  /** (a) and (g) only. */
  readonly overADay: readonly WorldFigures[];
}

/** The longest come first, so that no thread is left alone at the end. */
const KINDS: readonly PartKind[] = ['day', 'usual', 'without_caches'];

export async function compareRules(
  seeds: readonly number[],
  progress: (line: string) => void,
): Promise<Comparison> {
  const parts = KINDS.flatMap((kind) => seeds.map((seed): Part => ({ kind, seed })));
  const runs = await runInThreads(parts, progress);
  const worldsOf = (kind: PartKind): readonly WorldFigures[] =>
    worldFigures(
      parts.flatMap((part, index) =>
        part.kind === kind ? [{ seed: part.seed, runs: runs[index] ?? [] }] : [],
      ),
    );
  const worlds = worldsOf('usual');
  return {
    worlds,
    mix: mixOf(worlds.map(({ figures }) => figures)),
    mixWithoutCaches: mixOf(worldsOf('without_caches').map(({ figures }) => figures)),
    overADay: worldsOf('day'),
  };
}

interface SeedRuns {
  readonly seed: number;
  readonly runs: readonly WorldRun[];
}

function worldFigures(seeds: readonly SeedRuns[]): readonly WorldFigures[] {
  const all = seeds.flatMap(({ seed, runs }) => runs.map((run) => ({ seed, run })));
  return [...Map.groupBy(all, ({ run }) => run.name)].map(([name, own]) => ({
    name,
    about: own[0]?.run.about ?? '',
    figures: figuresOf(own),
    worseThanChosen: own.flatMap(({ seed, run }) =>
      run.worseThanChosen.map((what) => `${seed}: ${what}`),
    ),
  }));
}
