/** Comments that name a file which is not in the repository: it was renamed, and the comment was not. Pure. */
import type { Offence, SourceFile } from './rules.ts';

const COMMENT = /^\s*(?:\/?\*|\/\/|#|--)/;
/** `redis/client.ts`; no pattern such as `*.test.ts`, and no address. */
const FILE = /(?<![\w@:/.*<>$-])(?:[\w-]+\/)*[\w-][\w.-]*\.(?:tsx?|mjs|lua|md)\b/g;

/** @param paths all files of the repository; a comment may leave out the folders */
export function missingFiles(
  { path, text }: SourceFile,
  paths: readonly string[],
): readonly Offence[] {
  return text.split('\n').flatMap((line, index) => {
    const named = COMMENT.test(line) ? (line.match(FILE) ?? []) : [];
    return named
      .filter((name) => !paths.some((known) => known === name || known.endsWith(`/${name}`)))
      .map((name) => ({ path, line: index + 1, what: `${name} does not exist` }));
  });
}
