/**
 * What is wrong with a configuration: where, what was found, what is expected, what to do.
 */
import { ZephyrError } from '../errors.ts';
import { type Phrase, phrase, spoken } from '../phrase.ts';

/** Where in the document: `['groups', 0, 'endpoints', 1, 'url']`. */
export type KeyPath = readonly (string | number)[];

/** The place of a problem that is in no file. */
export const ENVIRONMENT = 'the environment';

interface ConfigPlace {
  readonly file: string;
  /** 1-based; absent if the problem has no single position in a file. */
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  /** `groups[0].endpoints[1].url`; empty for the document as a whole. */
  readonly path: string;
}

interface ProblemText<Text> {
  /** Never a secret's value. */
  readonly found: Text;
  readonly expected: Text;
  readonly advice: Text;
}

/** In English, for programs. */
export interface ConfigProblem extends ConfigPlace, ProblemText<string> {}

export interface PlacedViolation extends ConfigPlace, ProblemText<Phrase> {}

/** A problem whose position in the text is not known yet. */
export interface Violation extends ProblemText<Phrase> {
  readonly path: KeyPath;
}

/** Code `CONFIG`; the message lists all problems, those of .env first, then in document order. */
export class ConfigError extends ZephyrError {
  readonly problems: readonly ConfigProblem[];
  /** For any language: see `problemLine`. */
  readonly violations: readonly PlacedViolation[];

  constructor(violations: readonly PlacedViolation[]) {
    super('CONFIG', allOf(violations));
    this.violations = violations;
    this.problems = violations.map(({ found, expected, advice, ...place }) => ({
      ...place,
      ...{ found: spoken(found), expected: spoken(expected), advice: spoken(advice) },
    }));
  }
}

/** One problem in one line. */
export function problemLine({
  file,
  line,
  path,
  found,
  expected,
  advice,
}: PlacedViolation): Phrase {
  const place = placeOf([file, line]);
  return phrase`${place} ${path}: found ${found}; expected ${expected}; ${advice}`;
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

function allOf(violations: readonly PlacedViolation[]): Phrase {
  const [first = '', second] = new Set(violations.map(({ file }) => file));
  const file = placeOf([first]);
  const other = second && placeOf([second]);
  const files = other === undefined ? phrase`${file} has` : phrase`${file} and ${other} have`;
  const count = violations.length;
  const head = count === 1 ? phrase`${files} 1 problem:` : phrase`${files} ${count} problems:`;
  const blocks = [head, ...violations.map(asBlock)];
  return { template: blocks.map((_, index) => `{${index + 1}}`).join('\n\n'), values: blocks };
}

/** @param parts file, line and column, as far as known */
function placeOf(parts: readonly (string | number | undefined)[]): Phrase {
  const known = parts.filter((part) => part !== undefined);
  return parts[0] === ENVIRONMENT ? phrase`the environment` : phrase`${known.join(':')}`;
}

function asBlock(violation: PlacedViolation): Phrase {
  const { file, line, column, path, found, expected, advice } = violation;
  const position = placeOf([file, line, column]);
  const place = path === '' ? position : phrase`${position}  ${path}`;
  return phrase`${place}
  found:    ${found}
  expected: ${expected}
  to do:    ${advice}`;
}
