/**
 * What `.env` means. One file is read by two programs, `zephyr start` (by Node) and `docker compose`,
 * which differ about `$`, `#` and backslashes. A value that they would read differently is refused,
 * with a form that both read alike; docs/operations.md has the table.
 */
import type { ConfigProblem } from './config-error.ts';

/** Literal in both: single quotes; double quotes without `$` and `\`; a bare word. */
const ALIKE = /^(?:'[^']*'|"[^"$\\]*"|[^\s'"`$\\#]*)\s*(?:(?<=\s|['"])#.*)?$/;

/** @param names of the variables that the configuration reads; others are not our business */
export function checkEnvFile(
  path: string,
  text: string,
  names: readonly string[],
): readonly ConfigProblem[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const [, name = '', value = ''] =
      /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*)$/.exec(line) ?? [];
    if (!names.includes(name) || ALIKE.test(value.trim())) return [];
    return [
      {
        file: path,
        line: index + 1,
        path: name,
        found: 'a value that zephyr start and docker compose read differently',
        expected: 'a value in single quotes, or without $, #, \\, blanks and quotes of its own',
        advice: value.includes("'")
          ? `put it into a file by itself, and name that file in the environment: ${name}_FILE`
          : `write ${name}='…'`,
      },
    ];
  });
}
