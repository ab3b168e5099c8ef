/**
 * What is declared once in the product: a constant, a set of words, a type name, a pattern, an exported name, a shape.
 * Pure; each rule takes all files, because a single file does not show a duplicate.
 */
import { parsed, type SourceFile } from './rules.ts';
import { repeatedShapes } from './shapes.ts';

export interface RuleOfMany {
  readonly name: string;
  /** @returns one line for each fact that two places declare */
  offencesOf(files: readonly SourceFile[]): readonly string[];
}

/** Two files may share a set of two words by chance; the standard streams of a process are Node's. */
const MIN_WORDS = 3;
const OF_NODE = /^'(?:ignore|pipe|ipc|inherit)'$/;
/** Shorter patterns are idioms: digits, a byte order mark, slashes at the end. */
const MIN_PATTERN_CHARACTERS = 10;

const CONSTANT = /^(?:export )?const ([A-Z][A-Z0-9_]+)(?::[^=]+)? = ([^;]+);/gm;
const WORDS = /(?:'[\w-]+'\s*(?:\||,)\s*)+'[\w-]+'/g;
const VALUE = /^export (?:const|let|(?:async )?function\*?) (\w+)/gm;
/** Each service has its own; the terminal and the web have one each. */
const ONE_PER_PACKAGE = new Set([
  ...['createApp', 'createMetrics'],
  ...['Endpoints', 'moveSessions'],
]);
const TYPE = /^(?:export )?(?:interface|type|class) ([A-Z]\w+)/gm;

export const RULES_OF_MANY: readonly RuleOfMany[] = [
  declaredOnce('a constant has one declaration', ({ text }) =>
    [...text.matchAll(CONSTANT)].map(([, name = '', value = '']) => `${name} = ${oneLine(value)}`),
  ),
  declaredOnce('a set of words has one declaration', ({ text }) =>
    [...text.matchAll(WORDS)].map(([words]) => setOf(words)),
  ),
  declaredOnce('a name of a type has one meaning', ({ text }) =>
    [...text.matchAll(TYPE)].map(([, name = '']) => name),
  ),
  declaredOnce('a pattern has one declaration', (file) =>
    patternsIn(parsed(file)).filter(({ length }) => length >= MIN_PATTERN_CHARACTERS),
  ),
  declaredOnce(
    'an exported name has one meaning in all packages',
    ({ text }) =>
      [...text.matchAll(VALUE)]
        .map(([, name = '']) => name)
        .filter((name) => !ONE_PER_PACKAGE.has(name)),
    packageOf,
  ),
  { name: 'a shape has one declaration', offencesOf: repeatedShapes },
];

/** Languages and the like have the same names within their package. */
function packageOf(path: string): string {
  return path.split('/').slice(0, 2).join('/');
}

/**
 * @param factsOf the facts that a file declares; empty ones do not count
 * @param placeOf the file or package in which a fact may be declared more than once
 */
function declaredOnce(
  name: string,
  factsOf: (file: SourceFile) => readonly string[],
  placeOf = (path: string): string => path,
): RuleOfMany {
  return {
    name,
    offencesOf: (files) => {
      const places = new Map<string, Set<string>>();
      for (const file of files) {
        for (const fact of factsOf(file).filter((each) => each !== '')) {
          const known = places.get(fact);
          if (known === undefined) places.set(fact, new Set([placeOf(file.path)]));
          else known.add(placeOf(file.path));
        }
      }
      return [...places]
        .filter(([, paths]) => paths.size > 1)
        .map(([fact, paths]) => `${fact}: ${[...paths].join(', ')}`);
    },
  };
}

/** The regular expression literals of a syntax tree. */
function patternsIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(patternsIn);
  const { type, pattern } = value as { readonly type?: unknown; readonly pattern?: unknown };
  return type === 'RegExpLiteral' && typeof pattern === 'string' ? [pattern, ...inner] : inner;
}

/** Sorted, so that equal sets match in any order. Empty if it is not one of our facts. */
function setOf(words: string): string {
  const set = [...new Set(words.match(/'[\w-]+'/g))].sort();
  return set.length < MIN_WORDS || set.some((word) => OF_NODE.test(word)) ? '' : set.join(' ');
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');
