/**
 * Reads config.toml and .env. One run finds every problem. Starts nothing and changes nothing in the process.
 */

import { parse, TomlError } from 'smol-toml';
import { PROXY_VARIABLES } from '../../connection/outbound-proxy.ts';
import type { Environment } from '../../environment.ts';
import { type Phrase, phrase } from '../../phrase.ts';
import type { LoadedConfig } from '../config.ts';
import { ConfigError, type PlacedViolation, printPath, type Violation } from '../config-error.ts';
import { locate } from '../files/locate.ts';
import { type ReadNamedFile, readNamedFile } from '../files/named-file.ts';
import { readText } from '../files/read-text.ts';
import { resolveConfig } from '../resolve/resolve.ts';
import { checkRules } from '../rules/rules.ts';
import { checkStart, type StartingService } from '../rules/start.ts';
import { isShownName } from '../rules/tokens.ts';
import { type RawTable, variableNamesIn } from '../schema/raw.ts';
import { createTokenReader, type ReadToken } from '../secrets/run-token-command.ts';
import { REDIS_URL_VARIABLE } from '../urls/redis-url.ts';
import { checkEnvFile, checkStrayLines } from '../variables/env-file.ts';
import { addressIn, checkOwnVariables, METRICS_LISTEN } from '../variables/own-variables.ts';
import { UnreadableVariable, type Variables, variablesOf } from '../variables/variables.ts';
import { checkSchema } from './check-schema.ts';
import { withoutOriginalKeys } from './original-keys.ts';

export type { LoadedConfig };

export interface ConfigSources {
  readonly configPath: string;
  /** May name a file that does not exist. */
  readonly envFilePath: string;
  /** Usually `process.env`; takes precedence over the .env file. */
  readonly environment: Environment;
}

export interface LoadOptions {
  /** The services about to start with it; anything that would stop their start is then a problem too. */
  readonly starting?: readonly StartingService[];
  /** Reads the named files, instead of Node. */
  readonly read?: ReadNamedFile;
  /** Returns the tokens of `token_command`, instead of running the commands. */
  readonly readToken?: ReadToken;
}

/** @throws ConfigError (code `CONFIG`) with all problems. */
export function loadConfig(sources: ConfigSources, options: LoadOptions = {}): LoadedConfig {
  // First: if their common folder is unreadable, the advice must not be to take ownership of the tokens.
  const text = readText(sources.configPath, 'must exist');
  const envFileText = readText(sources.envFilePath, 'may be missing');
  return parseConfig({
    ...options,
    path: sources.configPath,
    text,
    variables: variablesOf(sources.environment, envFileText, options.read),
    envFile: { path: sources.envFilePath, text: envFileText },
    environment: sources.environment,
  });
}

/**
 * The tables of config.toml alone, for callers that need a few values and no token.
 * @throws ConfigError (code `CONFIG`) with everything that does not fit the schema
 */
export function readDocument(path: string): RawTable {
  const text = readText(path, 'must exist');
  const { document } = withoutOriginalKeys(parseToml(path, text));
  const problems = placedProblems(path, text, checkSchema(document));
  if (problems.length > 0) throw new ConfigError(problems);
  return document;
}

export interface ConfigText extends LoadOptions {
  readonly path: string;
  readonly text: string;
  readonly variables: Variables;
  /** Where some of the variables come from. */
  readonly envFile?: { readonly path: string; readonly text: string };
  /** Of the process about to start. */
  readonly environment?: Environment;
}

/** `loadConfig` without the files. @throws ConfigError */
export function parseConfig(source: ConfigText): LoadedConfig {
  const { path, text, starting = [], read = readNamedFile, environment = {} } = source;
  const { variables, unreadable } = notingUnreadable(source.variables);
  const { readToken = createTokenReader() } = source;
  const { document, ignored } = withoutOriginalKeys(parseToml(path, text));
  const violations = [
    ...checkSchema(document),
    ...checkRules(document, { variables, read, readToken }),
    ...checkStart(document, variables, starting, addressIn(environment, METRICS_LISTEN)),
  ];
  const { envFile = { path: '', text: '' } } = source;
  const ours = variableNamesIn(document);
  const names = [...ours, REDIS_URL_VARIABLE, ...PROXY_VARIABLES];
  // Not every name: it may be the token itself, pasted by mistake.
  const missing = ours.find((name) => isShownName(name) && variables(name) === undefined);
  const hint = violations.length === 0 ? undefined : missing;
  // An unreadable value makes its variable look unset, so it is reported first.
  const problems = [
    ...(starting.length === 0 ? [] : checkOwnVariables(environment)),
    ...unreadable,
    ...checkEnvFile(envFile.path, envFile.text, names),
    ...checkStrayLines(envFile.path, envFile.text, hint),
    ...placedProblems(path, text, violations),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  const placeOf = locate(text);
  return {
    ...resolveConfig(document, { path, variables: source.variables, read, readToken }),
    ignored: ignored.map(({ path: keyPath, ...key }) => ({
      ...{ line: placeOf(keyPath).line, key: printPath(keyPath) },
      ...key,
    })),
  };
}

/** An unreadable file named by a variable is reported along with the other problems. */
function notingUnreadable(variables: Variables) {
  const unreadable: PlacedViolation[] = [];
  const noted = (name: string): string | undefined => {
    try {
      return variables(name);
    } catch (error) {
      if (!(error instanceof UnreadableVariable)) throw error;
      const { problem } = error;
      if (unreadable.every(({ path }) => path !== problem.path)) unreadable.push(problem);
      return undefined;
    }
  };
  return { variables: noted, unreadable };
}

export function parseToml(path: string, text: string): RawTable {
  try {
    return parse(text.replace(/^\uFEFF/, ''), { unsafeKeyBehaviour: 'throw' });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The rest of the message quotes the file, which may hold a misplaced secret.
    const [message = ''] = error.message.split('\n');
    throw new ConfigError([
      {
        file: path,
        line: error.line,
        column: error.column,
        path: '',
        found: phrase`${message.replace('Invalid TOML document: ', '')}`,
        expected: phrase`valid TOML (https://toml.io)`,
        advice: adviceForToml(text.split('\n')[error.line - 1] ?? ''),
      },
    ]);
  }
}

/** Chat programs and word processors replace quotes with typographic ones. */
function adviceForToml(line: string): Phrase {
  return /[“”„‘’「」]/.test(line)
    ? phrase`write straight quotes in this line: "…"`
    : phrase`look at this line and the one before it: often a quote or bracket is missing`;
}

/** Adds the line of each. @param text contents of the file */
export function placedProblems(
  path: string,
  text: string,
  violations: readonly Violation[],
): PlacedViolation[] {
  const placeOf = locate(text);
  const problems = violations.map(({ path: keyPath, ...violation }) => ({
    file: path,
    ...placeOf(keyPath),
    path: printPath(keyPath),
    ...violation,
  }));
  return problems.sort((left, right) => (left.line ?? 0) - (right.line ?? 0));
}
