/** `zephyr restart`: replaces the process of a running `zephyr start` without downtime. */

import { loadConfig } from '@zephyr/runtime/config/read/load';
import type { Environment } from '@zephyr/runtime/environment';
import { ZephyrError } from '@zephyr/runtime/errors';
import { phrase } from '@zephyr/runtime/phrase';
import { translator } from '@zephyr/texts';
import { stateFolder, stateNameOf } from '../../launch/state-folder.ts';
import { type RunningRecord, readRunning } from '../../launch/succession/running-record.ts';
import { localHost } from '../../network/addresses.ts';
import { poll } from '../../network/poll.ts';
import { servicesOnThisMachine } from '../../network/service-location.ts';
import { ANSWER_TIMEOUT_MS } from '../../network/with-timeout.ts';

export interface RestartOptions {
  readonly config: string;
  readonly envFile: string;
  readonly port?: number;
}

/** Above the time that the next process may take to become ready. */
const RESTART_WAIT = { intervalMs: 200, timeoutMs: 120_000 };

/**
 * Requires a configuration that the next process will accept.
 * @returns what to print @throws ZephyrError `CONFIG`, `NOT_RUNNING`, `SUCCESSOR`
 */
export async function restart(options: RestartOptions, environment: Environment): Promise<string> {
  const { config } = loadConfig(
    { configPath: options.config, envFilePath: options.envFile, environment },
    { starting: servicesOnThisMachine(options.port) },
  );
  const port = options.port ?? config.server.port;
  const folder = stateFolder(environment, stateNameOf(options.config, port));
  const before = readRunning(folder);
  const url = `http://${localHost(config.server.host)}:${port}`;
  // A record left by a killed process: its pid may be another program's by now.
  if (before === undefined || !(await isServedBy(url, before.servingPid))) {
    throw new ZephyrError(
      'NOT_RUNNING',
      phrase`no zephyr start with ${options.config} runs at ${url}`,
      {
        advice: [phrase`start it with: zephyr start`, phrase`to replace containers: make up`],
      },
    );
  }
  process.kill(before.pid, 'SIGUSR2');
  const { servingPid, version } = await replaced(folder, before);
  const say = translator(config.ui.language);
  return say('restart.done', { version, pid: String(servingPid) });
}

/** A proxy's id contains its pid. */
async function isServedBy(url: string, pid: number): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/status`, {
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    return (await answer.text()).includes(`-${pid}-`);
  } catch {
    return false;
  }
}

/** @throws ZephyrError `SUCCESSOR` */
async function replaced(folder: string, before: RunningRecord): Promise<RunningRecord> {
  const after = await poll(() => {
    const now = readRunning(folder) ?? 'gone';
    return now === 'gone' || now.attempts > before.attempts ? now : undefined;
  }, RESTART_WAIT);
  if (after !== undefined && after !== 'gone') {
    if (after.problem === null) return after;
    throw new ZephyrError('SUCCESSOR', after.problem);
  }
  throw new ZephyrError('SUCCESSOR', phrase`the running Zephyr did not start a new process`, {
    advice: [phrase`its log says why; zephyr status shows whether it serves`],
  });
}
