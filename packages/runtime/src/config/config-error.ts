/**
 * What is wrong with a configuration: where, what was found, what is expected, what to do.
 */
import { ZephyrError } from '../errors.ts';

/** Where in the document: `['groups', 0, 'endpoints', 1, 'url']`. */
export type KeyPath = readonly (string | number)[];

export interface ConfigProblem {
  readonly file: string;
  /** From 1; absent where the problem is not in one place of a text. */
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  /** `groups[0].endpoints[1].url`; empty for the document as a whole. */
  readonly path: string;
  /** Never a secret's value. */
  readonly found: string;
  readonly expected: string;
  readonly advice: string;
}

/** A problem before the place in the text is known. */
export interface Violation {
  readonly path: KeyPath;
  readonly found: string;
  readonly expected: string;
  readonly advice: string;
}

/** Code `CONFIG`; the message lists all problems: those of .env, then by their place in the document. */
export class ConfigError extends ZephyrError {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super('CONFIG', printProblems(problems));
    this.problems = problems;
  }
}

/** `groups[0].endpoints[1].url` */
export function printPath(path: KeyPath): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join('');
}

function printProblems(problems: readonly ConfigProblem[]): string {
  const files = [...new Set(problems.map(({ file }) => file))];
  const have = files.length > 1 ? 'have' : 'has';
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return [`${files.join(' and ')} ${have} ${count}:`, ...problems.map(printProblem)].join('\n\n');
}

function printProblem(problem: ConfigProblem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined);
  return [
    `${place.join(':')}  ${problem.path}`.trimEnd(),
    `  found:    ${problem.found}`,
    `  expected: ${problem.expected}`,
    `  to do:    ${problem.advice}`,
  ].join('\n');
}
