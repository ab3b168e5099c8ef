import { own } from '@zephyr/core';

import { messageOf } from '../../errors.ts';
import { phrase } from '../../phrase.ts';
import { ConfigError, ENVIRONMENT, type PlacedViolation } from '../config-error.ts';
import { type ReadNamedFile, readNamedFile } from '../files/named-file.ts';
import { parseEnvFile } from './env-file.ts';

/**
 * Looks up a variable: the real environment first, then the file that `<NAME>_FILE` of the environment names
 * (secrets of Docker and Kubernetes), then the .env file; empty counts as unset.
 *
 * @throws UnreadableVariable when the named file cannot be read: a service without its token would fail later,
 *   far from the cause.
 */
export type Variables = (name: string) => string | undefined;

/** The file of one variable cannot be read. */
export class UnreadableVariable extends ConfigError {
  readonly problem: PlacedViolation;

  constructor(name: string, cause: unknown) {
    const problem = {
      ...{ file: ENVIRONMENT, path: name },
      found: phrase`a file that cannot be read: ${messageOf(cause)}`,
      expected: phrase`the path of a file with the value`,
      advice: phrase`mount the secret at this path, or remove ${name} from the environment`,
    };
    super([problem]);
    this.problem = problem;
  }
}

export function variablesOf(
  environment: Readonly<Record<string, string | undefined>>,
  envFileText: string,
  read: ReadNamedFile = readNamedFile,
): Variables {
  const fromFile = parseEnvFile(envFileText);
  return (name) => {
    const value =
      own(environment, name) ||
      fromSecretFile(`${name}_FILE`, environment, read) ||
      fromFile.get(name);
    return value === '' ? undefined : value;
  };
}

function fromSecretFile(
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
  read: ReadNamedFile,
): string | undefined {
  const path = own(environment, name);
  if (path === undefined || path === '') return undefined;
  try {
    // Editors and `echo` end a file with a line break, which is no part of the secret.
    return read(path).trim();
  } catch (error) {
    throw new UnreadableVariable(name, error);
  }
}
