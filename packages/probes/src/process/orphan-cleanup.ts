/**
 * Finds and removes what a probe left behind: processes that moved to their own session (a group kill
 * misses those), and processes and folders of a prober that was killed.
 *
 * Every process of a probe has a marker in its environment, which children inherit. On Linux /proc shows
 * it; elsewhere only the process group and the folder are cleaned up. A process that both changes its
 * session and clears its environment escapes, except in a container, whose end kills all its processes.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `<pid of the prober>-<random>-<namespace of that pid>` */
const VARIABLE = 'ZEPHYR_PROBE';
/** Folders of probes are named `zephyr-probe-<pid of the prober>-<random>`. */
export const FOLDER_PREFIX = 'zephyr-probe-';
/** A process may fork while we read /proc; three rounds outrun all but a fork bomb. */
const ROUNDS = 3;

/**
 * The namespace of our process ids: a host sees the processes of its containers, whose probers have ids
 * of their own. Empty without /proc.
 */
const NAMESPACE = pidNamespace();

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replaceAll(/\D/g, '');
  } catch {
    return '';
  }
}

/** A variable that identifies a probe, for the environment of its processes. */
export function newMarker(): Readonly<Record<string, string>> {
  return { [VARIABLE]: `${process.pid}-${randomBytes(8).toString('hex')}-${NAMESPACE}` };
}

/** Kills every process with the marker. */
export function killMarked(marker: Readonly<Record<string, string>>): void {
  const wanted = `${VARIABLE}=${marker[VARIABLE]}`;
  killWhere((environment) => environment.includes(wanted));
}

/** Kills the processes and removes the folders of dead probers on this machine. */
export function removeOrphans(): void {
  killWhere((environment) => {
    const marker = environment.find((entry) => entry.startsWith(`${VARIABLE}=`));
    const [pid, , namespace] = marker?.slice(VARIABLE.length + 1).split('-') ?? [];
    if (pid === undefined || namespace !== NAMESPACE) return false;
    // At our start, a marker with our own pid is from an earlier process with the same pid.
    return pid === String(process.pid) || !isAlive(Number(pid));
  });
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(FOLDER_PREFIX)) continue;
    const pid = Number.parseInt(name.slice(FOLDER_PREFIX.length), 10);
    if (pid === process.pid || !isAlive(pid))
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function killWhere(isWanted: (environment: readonly string[]) => boolean): void {
  if (process.platform !== 'linux') return;
  for (let round = 0; round < ROUNDS; round += 1) {
    const found = processIds().filter((pid) => pid !== process.pid && isWanted(environmentOf(pid)));
    if (found.length === 0) return;
    for (const pid of found) tryKill(pid);
  }
}

function processIds(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Empty for processes of other users, for zombies, and for those that just ended. */
function environmentOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
  } catch {
    return [];
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is alive, as another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
