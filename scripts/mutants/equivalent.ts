/**
 * Mutants that change no behaviour, with the reason. They do not count; a test must notice every other one.
 */
import { OF_DECIDE } from './equivalent-decide.ts';
import { OF_OTHERS } from './equivalent-others.ts';
import { OF_PROXY } from './equivalent-proxy.ts';
import { OF_ROUTE } from './equivalent-route.ts';
import { type Mutant, titleOf } from './mutate.ts';

export interface Equivalent {
  /** The end of the file's path. */
  readonly file: string;
  /** A part of the mutant's line. */
  readonly line: string;
  /** Titles as printed; absent: all mutants of the line. */
  readonly titles?: readonly string[];
  readonly why: string;
}

export const EQUIVALENT: readonly Equivalent[] = [
  ...OF_ROUTE,
  ...OF_DECIDE,
  ...OF_PROXY,
  ...OF_OTHERS,
];

export function isEquivalent(mutant: Mutant): boolean {
  return EQUIVALENT.some(
    (known) =>
      isInPlace(mutant, known) &&
      (known.titles === undefined || known.titles.includes(titleOf(mutant))),
  );
}

export function isInPlace({ file, lineText }: Mutant, known: Equivalent): boolean {
  return file.endsWith(known.file) && lineText.includes(known.line);
}
