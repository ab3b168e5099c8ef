/**
 * Separate users for the programs of probes, one for each that runs at the same time: such a program cannot
 * read files, environment or memory of the prober or another probe, and all that it starts ends with it,
 * including processes that moved to another session and cleared their environment.
 *
 * Needs CAP_SETUID and CAP_SETGID, which the containers have (docs/security.md) and a laptop does not.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { messageOf, ZephyrError } from '@zephyr/runtime/errors';
import { phrase } from '@zephyr/runtime/phrase';
import { FOLDER_PREFIX } from './orphan-cleanup.ts';

export interface ProbeUsers {
  /** Undefined while all are in use. */
  take(): ProbeUser | undefined;
  giveBack(user: ProbeUser): void;
}

/** A user id; its group has the same number. */
export interface ProbeUser {
  readonly uid: number;
}

/** Smaller ids are reserved for the system. */
const MIN_UID = 1_000;

/**
 * @param range the first and the last user id: `10100-10115`
 * @throws ZephyrError `CONFIG` if this process may not become these users
 */
export async function openProbeUsers(range: string, atLeast: number): Promise<ProbeUsers> {
  const [, first = 0, last = 0] = (/^(\d+)-(\d+)$/.exec(range) ?? []).map(Number);
  const free = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => ({
    uid: first + index,
  }));
  if (first < MIN_UID || free.length < atLeast) {
    throw new ZephyrError('CONFIG', phrase`ZEPHYR_PROBE_USERS is ${range}`, {
      advice: [
        phrase`write it as <first>-<last> with at least ${atLeast} user ids from ${MIN_UID} on`,
      ],
    });
  }
  // Left running by an earlier prober, and its folders.
  await Promise.all(
    free.map(async (user) => {
      await signalAllOf(user, 'KILL');
      await removeFoldersOf(user, `${join(tmpdir(), FOLDER_PREFIX)}*`);
    }),
  );
  const problem = await run(free[0] ?? { uid: 0 }, 'true');
  if (problem !== undefined) {
    throw new ZephyrError(
      'CONFIG',
      phrase`the prober is not permitted to run probes as separate users`,
      {
        advice: [
          phrase`give the container the capabilities SETUID and SETGID: see docs/security.md`,
        ],
      },
    );
  }
  return {
    take: () => free.shift(),
    giveBack: (user) => void free.push(user),
  };
}

/** The command prefix that runs a program as this user, in this user's folder. */
export function setprivPrefix({ uid }: ProbeUser, folder: string): [string, ...string[]] {
  return ['setpriv', ...identity(uid), '--', 'env', '--chdir', folder];
}

/** Sends a signal to all processes of this user. */
export async function signalAllOf(user: ProbeUser, signal: 'TERM' | 'KILL'): Promise<void> {
  // Node cannot: it would have to be that user. The shell itself is not signalled.
  await run(user, `kill -s ${signal} -- -1 2>/dev/null`);
}

/** The folders of a probe, as made by `makeFolder` in cli-probe.ts, but owned by the user. */
export async function makeFolderOf(user: ProbeUser, deviceJson: string): Promise<string> {
  const name = `${FOLDER_PREFIX}${process.pid}-${randomBytes(6).toString('hex')}`;
  const folder = join(tmpdir(), name);
  const script =
    'umask 077; mkdir "$1" "$1/home" "$1/home/cfg" "$1/home/tmp" "$1/work" && ' +
    'printf %s "$2" >"$1/home/cfg/.claude.json" && chmod 500 "$1/work"';
  const problem = await run(user, script, folder, deviceJson);
  if (problem !== undefined) throw new Error(`making ${folder}: ${problem}`);
  return folder;
}

/** @param pattern a shell pattern; other users' folders are left alone */
export async function removeFoldersOf(user: ProbeUser, pattern: string): Promise<void> {
  // Unquoted, so that the shell expands it; the paths are our own and contain no spaces.
  await run(user, 'IFS=; chmod -R u+rwX $1; rm -rf -- $1', pattern);
}

function identity(uid: number): string[] {
  return [
    ...[`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'],
    ...['--inh-caps=-all', '--ambient-caps=-all', '--no-new-privs'],
  ];
}

/**
 * Runs a few lines of shell as this user; a Node process would take the CPU of a probe.
 *
 * @returns what went wrong, if anything
 */
async function run(
  { uid }: ProbeUser,
  script: string,
  ...args: readonly string[]
): Promise<string | undefined> {
  const command = [...identity(uid), '--', 'sh', '-c', script, 'sh', ...args];
  const env = { PATH: '/usr/bin:/bin' };
  return await promisify(execFile)('setpriv', command, { cwd: '/', env }).then(
    () => undefined,
    (error: unknown) => messageOf(error),
  );
}
