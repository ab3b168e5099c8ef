/**
 * The initial environment of a process can be read in /proc/<pid>/environ by every process of the same user for as
 * long as it lives, even after it unsets variables; and a probe runs a foreign program as that user. So possible
 * secrets do not stay there:
 *
 *     anybody ──► process     executes itself again without them, and then reads them from a file that
 *                             only its user may read and that it removes
 */
import { existsSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { z } from 'zod';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The path of the file. */
const HANDOVER_VARIABLE = 'ZEPHYR_HANDOVER';

/** Alternatives of a pattern: what every program needs, and the settings of Node and of HTTP proxies. */
const GENERAL_VARIABLES = String.raw`PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR|XDG_\w+|NO_COLOR|FORCE_COLOR|NODE_\w+|SSL_CERT_\w+|(https?|all|no)_proxy|ZEPHYR_LOG_LEVEL`;
const GENERAL = new RegExp(`^(${GENERAL_VARIABLES})$`, 'i');
/** These, what shells, terminals, containers and Kubernetes set, and our own settings. */
const PLAIN = new RegExp(
  String.raw`^(${GENERAL_VARIABLES}|SHLVL|PWD|OLDPWD|_|HOSTNAME|TERM\w*|COLORTERM|COLUMNS|LINES|CI|YARN_VERSION|KUBERNETES_\w+|ZEPHYR_(CONFIG|ENV_FILE|LISTEN|METRICS_LISTEN|PROBE_USERS|CONTROLLER_URL|HANDOVER|\w+_FILE))$`,
  'i',
);
/** NODE_AUTH_TOKEN of npm, and other possible names. */
const SECRET_WORDS = /TOKEN|SECRET|PASSW|CREDENTIAL|AUTH|_KEY$/i;

/** Whether it is a setting for every program, which services get too. Not a secret with such a name. */
export function isGeneral(name: string): boolean {
  return GENERAL.test(name) && !SECRET_WORDS.test(name);
}

/** Whether a variable may stay in the environment of a running process. */
export function isPlain(name: string, value: string): boolean {
  if (!PLAIN.test(name) || SECRET_WORDS.test(name.replace(/_FILE$/, ''))) {
    return /^ZEPHYR_\w+_FILE$/.test(name);
  }
  // An HTTP proxy URL with a password.
  return !(/_proxy$/i.test(name) && value.includes('@'));
}

/** The variables that may stay in the environment of a process. */
export function plainPart(environment: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && isPlain(entry[0], entry[1]),
    ),
  );
}

const OUR_FILE = /\/zephyr-\w{6}\/environment$/;

/**
 * Returns the variables that this process was given; call it first. Afterwards `process.env` has only plain
 * ones, so child processes inherit no others.
 *
 * Does not return if the process has to replace itself: it starts over.
 */
export function takeEnvironment(): Environment {
  const handover = process.env[HANDOVER_VARIABLE];
  delete process.env[HANDOVER_VARIABLE];
  if (handover !== undefined && OUR_FILE.test(handover)) return fromFile(handover);
  const given = { ...process.env };
  const plain = plainPart(given);
  const isClean = Object.keys(given).length === Object.keys(plain).length;
  // The IPC channel to the parent would not survive.
  if (isClean || process.execve === undefined || process.connected === true) return given;
  process.execve(
    process.execPath,
    // Without `--`, Node would consume our own --env-file.
    [process.execPath, ...process.execArgv, '--', ...process.argv.slice(1)],
    { ...plain, [HANDOVER_VARIABLE]: toFile(given) },
  );
  return given;
}

/** The environment for a child process of ours, so that it holds no secret either. */
export function handedOver(environment: Environment): Record<string, string> {
  return { ...plainPart(environment), [HANDOVER_VARIABLE]: toFile(environment) };
}

const variablesSchema = z.record(z.string(), z.string());

/** In memory if possible, in a folder that only this user may enter. */
function toFile(environment: Environment): string {
  const memory = '/dev/shm';
  const folder = mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), 'zephyr-'));
  const file = join(folder, 'environment');
  writeFileSync(file, JSON.stringify(environment), { mode: 0o600, flag: 'wx' });
  return file;
}

function fromFile(file: string): Environment {
  const text = readFileSync(file, 'utf8');
  rmSync(file);
  rmdirSync(dirname(file));
  return variablesSchema.parse(JSON.parse(text));
}
