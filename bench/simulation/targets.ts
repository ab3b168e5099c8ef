import type { Comparison, WorldFigures } from './compare.ts';
import { type Figures, lineOf, ORACLE, OURS, PRESENT } from './report.ts';

export interface Target {
  readonly text: string;
  readonly isMet: boolean;
}

/** What the comparison has to show. */
export function targetsOf({ worlds, mix, overADay }: Comparison): readonly Target[] {
  const ours = lineOf(mix, OURS);
  const original = lineOf(mix, 'b first to finish');
  const rivals = mix.filter(({ rule }) => ![OURS, ORACLE, PRESENT].includes(rule));
  const bestRegretMs = Math.min(...rivals.map(({ regretMs }) => regretMs));
  const behind = behindIn(worlds);
  const behindOverADay = behindIn(overADay);
  const behindChosen = worlds.flatMap(({ name, worseThanChosen }) =>
    worseThanChosen.length === 0 ? [] : [`${name} (${worseThanChosen.join(', ')})`],
  );
  const worst = worlds.filter(({ figures }) => isWorst(figures)).map(({ name }) => name);
  return [
    {
      text: `never worse than the best single endpoint with the client's own retries, each figure by itself; worse in: ${behind.join('; ') || 'none'}`,
      isMet: behind.length === 0,
    },
    {
      text: `the same over 24 hours; worse in: ${behindOverADay.join('; ') || 'none'}`,
      isMet: behindOverADay.length === 0,
    },
    {
      text: `never worse in either figure than the one endpoint that a person would have had to choose (g); worse in: ${behindChosen.join('; ') || 'none'}`,
      isMet: behindChosen.length === 0,
    },
    {
      text:
        `regret over all worlds at most half of the best other rule: ` +
        `${Math.round(ours.regretMs)} ms against ${Math.round(bestRegretMs)} ms`,
      isMet: ours.regretMs <= bestRegretMs / 2,
    },
    {
      text: `at most a tenth of (b)'s switches: ${ours.switches} against ${original.switches}`,
      isMet: ours.switches <= original.switches / 10,
    },
    {
      text: `no world in which it is the worst: ${worst.length === 0 ? 'none' : worst.join(', ')}`,
      isMet: worst.length === 0,
    },
  ];
}

/** The worlds in which it is worse than the best single endpoint, and how. */
function behindIn(worlds: readonly WorldFigures[]): readonly string[] {
  return worlds.flatMap(({ name, figures }) => {
    const { worse } = lineOf(figures, OURS);
    return worse.length === 0 ? [] : [`${name} (${worse.join(', ')})`];
  });
}

function isWorst(figures: readonly Figures[]): boolean {
  const ours = lineOf(figures, OURS);
  return figures.every(({ rule, meanMs }) => rule === OURS || meanMs <= ours.meanMs);
}
