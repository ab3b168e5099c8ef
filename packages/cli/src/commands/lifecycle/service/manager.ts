/** The service manager of this system: the user's systemd, or launchd. */
import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { Environment } from '@zephyr/runtime/environment';
import { ZephyrError } from '@zephyr/runtime/errors';
import { phrase } from '@zephyr/runtime/phrase';
import { type BackgroundRun, LAUNCHD_LABEL, launchdAgent, systemdUnit } from './definition.ts';

export interface ServiceManager {
  /** Path of the file that it reads. */
  readonly path: string;
  definitionOf(run: BackgroundRun): string;
  /** Reads the file and starts, now and at each login. Replaces a running one. */
  enable(): Promise<void>;
  /** Stops it gracefully and no longer starts it. */
  disable(): Promise<void>;
  /** Forgets a deleted file. */
  forget(): Promise<void>;
  isRunning(): Promise<boolean>;
  /** What a person should know after the installation. */
  readonly hints: readonly ServiceHint[];
}

/** Commands, each with its purpose. */
interface ServiceHint {
  readonly key: 'service.hint.log' | 'service.hint.always';
  readonly command: string;
}

const UNIT = 'claude-zephyr.service';

/** @throws ZephyrError `USAGE` on systems that have neither */
export function serviceManager(environment: Environment, platform: string): ServiceManager {
  if (platform === 'linux') return systemd(environment);
  if (platform === 'darwin') return launchd(environment);
  throw new ZephyrError('USAGE', phrase`there is no service manager for ${platform}`, {
    advice: [phrase`Linux with systemd and macOS have one; for servers: docker compose (make up)`],
  });
}

function systemd(environment: Environment): ServiceManager {
  const folder = environment['XDG_CONFIG_HOME'] || join(homedir(), '.config');
  const systemctl = (...words: readonly string[]): Promise<void> =>
    run('systemctl', ['--user', ...words], environment);
  return {
    path: join(folder, 'systemd', 'user', UNIT),
    definitionOf: systemdUnit,
    enable: async () => {
      await systemctl('daemon-reload');
      await systemctl('enable', UNIT);
      await systemctl('restart', UNIT);
    },
    disable: () => systemctl('disable', '--now', UNIT),
    forget: () => systemctl('daemon-reload'),
    isRunning: () => isConfirmed(systemctl('is-active', '--quiet', UNIT)),
    hints: [
      { key: 'service.hint.log', command: `journalctl --user --unit ${UNIT} --follow` },
      { key: 'service.hint.always', command: 'loginctl enable-linger' },
    ],
  };
}

function launchd(environment: Environment): ServiceManager {
  const path = join(homedir(), 'Library', 'LaunchAgents', `${LAUNCHD_LABEL}.plist`);
  const domain = `gui/${process.getuid?.() ?? ''}`;
  const launchctl = (...words: readonly string[]): Promise<void> =>
    run('launchctl', words, environment);
  const bootout = (): Promise<void> => launchctl('bootout', `${domain}/${LAUNCHD_LABEL}`);
  const isRunning = (): Promise<boolean> =>
    hasSucceeded(launchctl('print', `${domain}/${LAUNCHD_LABEL}`));
  return {
    path,
    definitionOf: launchdAgent,
    enable: async () => {
      if (await isRunning()) await bootout();
      await launchctl('bootstrap', domain, path);
    },
    disable: async () => {
      if (await isRunning()) await bootout();
    },
    forget: async () => {},
    isRunning,
    hints: [],
  };
}

const execute = promisify(execFile);

/**
 * A "no" has no output; a manager that could not be queried says why. @throws ZephyrError `SERVICE_MANAGER`
 */
async function isConfirmed(work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    const { cause } = error as ZephyrError;
    if (cause instanceof Error && 'stderr' in cause && cause.stderr === '') return false;
    throw error;
  }
}

/** @throws ZephyrError `SERVICE_MANAGER` with what the program printed */
async function run(
  program: string,
  words: readonly string[],
  environment: Environment,
): Promise<void> {
  try {
    // systemctl also needs the address of the user's bus.
    const { DBUS_SESSION_BUS_ADDRESS } = environment;
    const bus = DBUS_SESSION_BUS_ADDRESS === undefined ? {} : { DBUS_SESSION_BUS_ADDRESS };
    await execute(program, words, { env: { ...process.env, ...bus } });
  } catch (cause) {
    const printed = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : '';
    const command = `${program} ${words.join(' ')}`;
    throw new ZephyrError('SERVICE_MANAGER', phrase`${command} failed: ${printed || '-'}`, {
      cause,
      advice: [
        phrase`over ssh or su, log in directly as that user; in a container, use docker compose`,
      ],
    });
  }
}

async function hasSucceeded(work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch {
    return false;
  }
}
