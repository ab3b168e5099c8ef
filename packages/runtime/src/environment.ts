/**
 * The environment that a process was started with can be read by every process of the same user in
 * /proc/<pid>/environ for as long as it lives, whatever it does with its variables; and a probe runs
 * a foreign program under that user. So what may be a secret does not stay there:
 *
 *     anybody ──► process     replaces itself by itself, without, and reads the variables from a
 *                             file that only its user may read and that is then gone
 */
import { existsSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { z } from 'zod';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The path of the file. */
const HANDOVER_VARIABLE = 'ZEPHYR_HANDOVER';

/** What every program needs of its surroundings, how Node is set up, and our settings. */
const PLAIN =
  /^(PATH|HOME|USER|LOGNAME|SHELL|SHLVL|PWD|OLDPWD|_|LANG|LC_\w+|TZ|TMPDIR|XDG_\w+|HOSTNAME|TERM\w*|COLORTERM|COLUMNS|LINES|CI|NO_COLOR|FORCE_COLOR|NODE_\w+|YARN_VERSION|SSL_CERT_\w+|KUBERNETES_\w+|(https?|all|no)_proxy|ZEPHYR_(LOG_LEVEL|CONFIG|ENV_FILE|LISTEN|METRICS_LISTEN|PROBE_USERS|CONTROLLER_URL|HANDOVER|\w+_FILE))$/i;
/** NODE_AUTH_TOKEN of npm, and others that somebody may think of. */
const SECRET_WORDS = /TOKEN|SECRET|PASSW|CREDENTIAL|AUTH|_KEY$/i;

/** Whether a variable may stand in the environment of a process that lives. */
export function isPlain(name: string, value: string): boolean {
  if (!PLAIN.test(name) || SECRET_WORDS.test(name.replace(/_FILE$/, ''))) {
    return /^ZEPHYR_\w+_FILE$/.test(name);
  }
  // A proxy for HTTP whose URL has a password.
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
 * The variables that this process was given; call it before anything else. Afterwards
 * `process.env` has the plain ones alone, so what it starts inherits no other.
 *
 * Does not return where the process has to replace itself: it starts again from its beginning.
 */
export function takeEnvironment(): Environment {
  const handover = process.env[HANDOVER_VARIABLE];
  delete process.env[HANDOVER_VARIABLE];
  if (handover !== undefined && OUR_FILE.test(handover)) return fromFile(handover);
  const given = { ...process.env };
  const plain = plainPart(given);
  const isClean = Object.keys(given).length === Object.keys(plain).length;
  // A channel to whoever forked us would not survive.
  if (isClean || process.execve === undefined || process.connected === true) return given;
  process.execve(
    process.execPath,
    // Without the dashes Node takes an --env-file of ours for its own.
    [process.execPath, ...process.execArgv, '--', ...process.argv.slice(1)],
    { ...plain, [HANDOVER_VARIABLE]: toFile(given) },
  );
  return given;
}

/** What a process of ours is started with, so that its environment has no secret either. */
export function handedOver(environment: Environment): Record<string, string> {
  return { ...plainPart(environment), [HANDOVER_VARIABLE]: toFile(environment) };
}

const variablesSchema = z.record(z.string(), z.string());

/** In memory where there is a place for it, and in a folder that only this user may enter. */
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
