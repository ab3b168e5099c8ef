import { existsSync, readFileSync } from 'node:fs';

/**
 * Whether the process is still running. In a container whose first process does not reap, an ended process
 * remains as a zombie, which is not alive.
 */
export function isAlive(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  try {
    process.kill(pid, 0);
    return !(existsSync(stat) && readFileSync(stat, 'utf8').includes(') Z '));
  } catch {
    return false;
  }
}
