/** The processes below one, their memory and their CPU time. Linux only. */
import { readdirSync, readFileSync } from 'node:fs';

import { KIB } from '@zephyr/contract/units';

export interface ProcessUse {
  readonly pid: number;
  /** The kernel's name: at most 15 characters. */
  readonly name: string;
  readonly cpuSeconds: number;
  /** CPU time of its reaped children. */
  readonly endedCpuSeconds: number;
  /** Proportional set size: shared pages count proportionally. */
  readonly pssBytes: number;
  readonly rssBytes: number;
  /** How often its main thread has gone to sleep. */
  readonly sleeps: number;
}

/** Kernel clock ticks per second, the same on every Linux that Node runs on. */
const TICKS = 100;

/** The process itself and all below it. */
export function processTree(root: number): readonly ProcessUse[] {
  return [useOf(root) ?? [], ...childrenOf(root).map(processTree)].flat();
}

function childrenOf(pid: number): readonly number[] {
  try {
    const tasks = `/proc/${pid}/task`;
    return readdirSync(tasks)
      .flatMap((task) => readFileSync(`${tasks}/${task}/children`, 'utf8').trim().split(' '))
      .filter((text) => text !== '')
      .map(Number);
  } catch {
    // The process has ended meanwhile.
    return [];
  }
}

/** Undefined if it has ended meanwhile, or is another user's. */
function useOf(pid: number): ProcessUse | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const memory = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    // The name in parentheses may itself contain spaces and parentheses.
    const [, name = '', rest = ''] = /\((.*)\) (.*)$/s.exec(stat) ?? [];
    const fields = rest.split(' ').map(Number);
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15);
    return {
      ...{ pid, name },
      cpuSeconds: (user + system) / TICKS,
      endedCpuSeconds: (endedUser + endedSystem) / TICKS,
      pssBytes: numberOf(memory, 'Pss') * KIB,
      rssBytes: numberOf(memory, 'Rss') * KIB,
      sleeps: numberOf(status, 'voluntary_ctxt_switches'),
    };
  } catch {
    return undefined;
  }
}

function numberOf(text: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+)( kB)?$`, 'm').exec(text)?.[1] ?? 0);
}
