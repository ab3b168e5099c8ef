/** The rules of `tidy.test.ts`. Each takes the text of a file and returns its offences. Pure. */
import { type Module, parseSync } from '@swc/core';

import { clockBypasses } from './clock.ts';
import { CONSTANT_NAMES } from './constant-names.ts';
import { untypedPredicates } from './predicates.ts';
import { BANNED_WORDS } from './words.ts';

export interface SourceFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

export interface Offence {
  readonly path: string;
  /** 1-based. */
  readonly line: number;
  readonly what: string;
}

export interface Rule {
  readonly name: string;
  appliesTo(path: string): boolean;
  offencesOf(file: SourceFile): readonly Offence[];
}

const MAX_FUNCTION_LINES = 60;
const MAX_FILE_LINES = 350;
const MAX_TEST_LINES = 800;

const isTypeScript = (path: string): boolean => /\.tsx?$/.test(path);
const isTest = (path: string): boolean => /\.test\.ts$/.test(path);
/** Runs in production: no tests, test helpers or benchmarks. */
export const isProduct = (path: string): boolean =>
  isTypeScript(path) &&
  /^(?:packages|services)\//.test(path) &&
  !isTest(path) &&
  !/\/(?:test-support|bench|dev)\/|^packages\/testkit\//.test(path);

const lineOf = (text: string, index: number): number => text.slice(0, index).split('\n').length;

/** The syntax tree of a file in TypeScript. */
export function parsed({ path, text }: SourceFile): Module {
  const syntax = path.endsWith('x') ? { tsx: true } : {};
  return parseSync(text, { syntax: 'typescript', target: 'esnext', ...syntax });
}

function matchesOf(
  { path, text }: SourceFile,
  pattern: RegExp,
  say: (match: string) => string,
): readonly Offence[] {
  return [...text.matchAll(pattern)].map((match) => ({
    path,
    line: lineOf(text, match.index),
    what: say(match[0]),
  }));
}

const bannedWords: Rule = {
  name: 'banned words',
  appliesTo: (path) =>
    /\.(?:tsx?|mjs|py|md|html|lua|sh|toml|example|yml|yaml)$|\.example\.\w+$|\/[^./]+$|^[^./]+$/.test(
      path,
    ) && !/^tests\/tidy|^grafana\/dashboards\/|^docs\/simulation\.md$/.test(path),
  offencesOf: (file) =>
    BANNED_WORDS.flatMap(({ pattern, instead }) =>
      matchesOf(withoutFormerNames(file), pattern, (found) => `"${found}" → ${instead}`),
    ),
};

/** The changelog quotes the names that people have to replace. */
function withoutFormerNames(file: SourceFile): SourceFile {
  if (file.path !== 'CHANGELOG.md') return file;
  return { ...file, text: file.text.replaceAll(/`[^`\n]*`/g, '') };
}

/**
 * Names that come from elsewhere: states of the vocabulary and keys of the configuration, parameters of the API, options
 * of commands, headers, other programs' output, Node's own.
 */
const GIVEN_PREDICATES = new Set([
  ...['enabled', 'available', 'failed', 'writable', 'is_error'],
  ...['headersSent', 'writableFinished', 'finished', 'destroyed'],
  ...['claudeSettings', 'csv', 'follow', 'force', 'free', 'headless', 'json', 'online', 'print'],
  ...['probe', 'test', 'tokenStdin', 'undo'],
  // Keys of the configuration.
  ...['affinity', 'allow_http', 'default', 'dynamic_scaling', 'dynamicScaling', 'open'],
]);
/** They do something, and report whether they did. */
const ACTIONS = new Set([
  ...['adopt', 'begin', 'copy', 'data', 'endsWith', 'kill', 'makeRoom', 'moveChoice', 'note'],
  ...['noteTokenDoubt', 'logIn', 'undoSettings', 'write'],
]);

const INNER = '(?:[^()]|\\((?:[^()]|\\([^()]*\\))*\\))*';
const A_BOOLEAN = '(?:Promise<)?(?:boolean\\b|\\w+ is )';
const BOOLEANS: readonly RegExp[] = [
  /\b([a-z]\w*)\??: boolean\b/gi,
  /\b([a-z]\w*)\??: z\s*\.boolean\(\)/gi,
  // A function or method; an arrow function; a field with one.
  new RegExp(`\\b(\\w+)(?:<[^()]*>)?\\(${INNER}\\): ${A_BOOLEAN}`, 'g'),
  new RegExp(`\\b(\\w+) = (?:async )?(?:<[^()]*>)?\\(${INNER}\\): ${A_BOOLEAN}`, 'g'),
  new RegExp(`\\b([a-z]\\w*)\\??: \\(?\\(${INNER}\\) => ${A_BOOLEAN}`, 'g'),
];

/** `try` for what acts and reports whether it did. */
const isPredicateName = (name: string): boolean =>
  /^(?:(?:is|has|can|try)[A-Z]|(?:IS|HAS|CAN)_)/.test(name) ||
  GIVEN_PREDICATES.has(name) ||
  ACTIONS.has(name);

const predicates: Rule = {
  name: 'predicates begin with is, has or can',
  appliesTo: isProduct,
  offencesOf: ({ path, text }) =>
    BOOLEANS.flatMap((pattern) => [...text.matchAll(pattern)]).flatMap(({ index, 1: name = '' }) =>
      isPredicateName(name)
        ? []
        : [{ path, line: lineOf(text, index), what: `${name}: isSomething, hasSomething` }],
    ),
};

const initialPredicates: Rule = {
  name: 'what is initialised with a boolean begins with is, has or can',
  appliesTo: isProduct,
  offencesOf: ({ path, text }) => {
    const module = parsed({ path, text });
    const lineAt = lineFinder(text, module);
    return untypedPredicates(module).flatMap(({ name, start }) =>
      isPredicateName(name)
        ? []
        : [{ path, line: lineAt(start), what: `${name}: isSomething, hasSomething` }],
    );
  },
};

const fileLength: Rule = {
  name: 'file length',
  appliesTo: (path) => /\.(?:tsx?|lua|sh|css)$/.test(path),
  offencesOf: ({ path, text }) => {
    const lines = text.split('\n').length - 1;
    const most = isTest(path) ? MAX_TEST_LINES : MAX_FILE_LINES;
    return lines <= most ? [] : [{ path, line: 1, what: `${lines} lines; at most ${most}` }];
  },
};

interface Node {
  readonly type?: string;
  readonly span?: { readonly start: number; readonly end: number };
}

const FUNCTIONS = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ClassMethod',
  'PrivateMethod',
  'MethodProperty',
  'Constructor',
  'GetterProperty',
  'SetterProperty',
]);

const functionLength: Rule = {
  name: 'function length',
  appliesTo: (path) => isTypeScript(path) && !isTest(path),
  offencesOf: ({ path, text }) => {
    const module = parsed({ path, text });
    const lineAt = lineFinder(text, module);
    return functionsOf(module).flatMap(({ span = { start: 0, end: 0 } }) => {
      const line = lineAt(span.start);
      const lines = lineAt(span.end) - line + 1;
      return lines <= MAX_FUNCTION_LINES
        ? []
        : [{ path, line, what: `a function of ${lines} lines; at most ${MAX_FUNCTION_LINES}` }];
    });
  },
};

/** The line of a position in swc's count: bytes from 1, over all files that it has parsed in this process. */
function lineFinder(text: string, module: Module): (position: number) => number {
  const base = firstByte(text) - module.span.start;
  const starts = lineStarts(Buffer.from(text));
  return (position) => starts.findLastIndex((start) => start <= position + base) + 1;
}

/** The byte at which each line begins. */
function lineStarts(bytes: Buffer): readonly number[] {
  const starts = [0];
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) starts.push(at + 1);
  return starts;
}

/** Where swc's module begins: at its first token, after comments and whitespace. */
function firstByte(text: string): number {
  const before = /^(?:\s|\/\/[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/|#![^\n]*\n)*/.exec(text)?.[0] ?? '';
  return Buffer.byteLength(before);
}

function functionsOf(value: unknown): readonly Node[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(functionsOf);
  const node = value as Node;
  return node.type !== undefined && FUNCTIONS.has(node.type) ? [node, ...inner] : inner;
}

const DURATION = '(?:[tT]imeout|[dD]elay|[iI]nterval|[dD]uration|[pP]eriod|[eE]lapsed)';

const units: Rule = {
  name: 'units',
  appliesTo: isProduct,
  offencesOf: (file) => [
    ...matchesOf(
      file,
      new RegExp(`\\b\\w*${DURATION}\\??: number\\b|\\bconst \\w*${DURATION} = [\\d(]`, 'g'),
      (found) => `${found}: the name of a duration ends in its unit`,
    ),
    ...matchesOf(
      file,
      /\bconst [A-Z_]*(?:TIMEOUT|DELAY|INTERVAL|DURATION|PERIOD) = \d/g,
      (found) => `${found}: the name of a duration ends in its unit`,
    ),
    ...matchesOf(
      file,
      /\b(?:\w+U|u)ntilMs\b|\b\w+SinceMs\b|\b(?:started|ended|sent|received|from|to)Ms\b|\bsinceMs: (?:number|nowMs)\b/g,
      (found) => `${found}: the name of a moment ends in AtMs`,
    ),
    ...matchesOf(
      file,
      /\b(?:const|let) (?!\w*(?:AtMs|[nN]owMs)\b|atMs\b)\w+ = (?:[\w.#]+\.)?nowMs\(\)(?=;| \+)/g,
      (found) => `${found}: the name of a moment ends in AtMs; nowMs is now`,
    ),
    ...matchesOf(
      file,
      /\b(?:const|let) (?!\w*(?:AtMs|[eE]pochMs)\b|atMs\b)\w+ = (?:[\w.#]+\.)?epochMs\(\)(?=;| \+)/g,
      (found) => `${found}: the name of a moment ends in AtMs; epochMs is now, since 1970`,
    ),
    ...matchesOf(
      file,
      /\bnowMs: [\w.#]*epochMs(?:\(\)|\b(?!:))|\b(?!(?:epoch|at)Ms\b|\w+(?:Epoch|At)Ms\b)[a-z]\w*\??: (?:\(\) => )?EpochMs\b(?!\[)/g,
      (found) => `${found}: a moment since 1970 is epochMs if it is now, otherwise …AtMs`,
    ),
    ...matchesOf(
      file,
      /\b\w+At\??: (?:number|EpochMs)\b/g,
      (found) => `${found}: the name of a moment ends in AtMs`,
    ),
  ],
};

/**
 * Notices have a `code`, which API, log and texts share. A message of another protocol is no union of ours: its `type`
 * is read with `z.union`.
 */
const unionTags: Rule = {
  name: 'union tags',
  appliesTo: isProduct,
  offencesOf: (file) =>
    [
      /^ *\| \{ readonly (?!status\b|kind\b)\w+: '[\w-]+'/gm,
      /\breadonly type: '[\w-]+'/g,
      /\bdiscriminatedUnion\(\s*'(?!status'|kind'|code')\w+'/g,
    ].flatMap((pattern) =>
      matchesOf(
        file,
        pattern,
        (found) =>
          `${found.trim()}: the tag of a union is status (of a thing) or kind (of a message)`,
      ),
    ),
};

const clock: Rule = {
  name: 'clock and randomness',
  appliesTo: isProduct,
  offencesOf: ({ path, text }) =>
    clockBypasses(path, text).map(({ index, what }) => ({ path, line: lineOf(text, index), what })),
};

const constantNames: Rule = {
  name: 'names of bounds, timeouts and polling',
  appliesTo: (path) => isTypeScript(path) && !/^tests\/tidy/.test(path),
  offencesOf: (file) =>
    CONSTANT_NAMES.flatMap(({ pattern, instead }) =>
      matchesOf(file, pattern, (found) => `${found}: ${instead}`),
    ),
};

export const RULES: readonly Rule[] = [
  bannedWords,
  fileLength,
  functionLength,
  units,
  unionTags,
  clock,
  predicates,
  initialPredicates,
  constantNames,
];
