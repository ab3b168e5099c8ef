import { existsSync, readFileSync } from 'node:fs';

/**
 * Whether the process still runs. One that has ended stays a zombie in a container whose first process
 * waits for nobody, and is not alive.
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
