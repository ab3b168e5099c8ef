/** The mutants of a Lua script: each is the full script with one operator, constant or line changed. */
import type { Mutant } from './mutate.ts';

export interface LuaMutant extends Mutant {
  /** Its name, without the extension. */
  readonly script: string;
  readonly source: string;
}

const TOKENS =
  /(?<text>'[^']*')|(?<operator>==|~=|<=|>=|<|>|\+|\*|\band\b|\bor\b|\bnot\b|\btrue\b|\bfalse\b)|(?<![\w[.])(?<number>\d+)(?![\w\]])/g;

/** `and` and `or` are replaced by each other: their sides cannot be separated without a parser. */
const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  '==': ['~='],
  '~=': ['=='],
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '+': ['-'],
  '*': ['/'],
  and: ['or'],
  or: ['and'],
  not: [''],
  true: ['false'],
  false: ['true'],
};

/** A line that is one statement. */
const STATEMENT = /^\s*(?:redis\.call\(.*\)|\w+ = .*)$/;

export function mutateLua(file: string, source: string, firstId: number): readonly LuaMutant[] {
  const script = file.replace(/^.*\/|\.lua$/g, '');
  const lines = source.split('\n');
  const mutants: LuaMutant[] = [];
  const add = (index: number, original: string, changed: string, replacement: string) => {
    const lineText = lines[index] ?? '';
    mutants.push({
      ...{ id: firstId + mutants.length, file, line: index + 1, lineText, original, replacement },
      ...{ script, source: lines.with(index, changed).join('\n') },
    });
  };
  for (const [index, line] of lines.entries()) {
    if (line.trimStart().startsWith('--')) continue;
    if (STATEMENT.test(line)) add(index, line.trim(), '', '(removed)');
    for (const { 0: token, index: at, groups } of line.matchAll(TOKENS)) {
      for (const replacement of replacementsOf(token, groups)) {
        const changed = line.slice(0, at) + replacement + line.slice(at + token.length);
        add(index, `${token} in ${line.trim()}`, changed, replacement);
      }
    }
  }
  return mutants;
}

function replacementsOf(
  token: string,
  groups: Readonly<Record<string, string | undefined>> | undefined,
): readonly string[] {
  if (groups?.['operator'] !== undefined) return OPERATORS[token] ?? [];
  return groups?.['number'] === undefined ? [] : [String(Number(token) + 1)];
}
