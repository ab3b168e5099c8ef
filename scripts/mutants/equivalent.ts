/** Mutants that change no behaviour, with the reason. They do not count. */
import type { Mutant } from './mutate.ts';

interface Equivalent {
  readonly file: string;
  readonly original: string;
  readonly replacement: string;
  readonly why: string;
}

const EQUIVALENT: readonly Equivalent[] = [];

export function isEquivalent(mutant: Mutant): boolean {
  return EQUIVALENT.some(
    ({ file, original, replacement }) =>
      mutant.file.endsWith(file) &&
      mutant.original === original &&
      mutant.replacement === replacement,
  );
}
