import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { isMissingFile, ZephyrError } from '@zephyr/runtime/errors';
import { phrase } from '@zephyr/runtime/phrase';
import type { ServiceName } from '@zephyr/runtime/service-name';
import { aclFile } from './redis-acl.ts';

export interface SecretsOptions {
  /** Host and port of Redis as the services see it. */
  readonly redis: string;
}

/**
 * Generates the passwords between the services of a deployment, in one folder per service, so that
 * each service can be given only its own:
 *
 *     <folder>/<service>/redis-url      redis://<service>:<password>@<redis>
 *     <folder>/controller/admin-token   for the dashboard and the admin API
 *     <folder>/grafana/admin-password
 *     <folder>/redis/users.acl          for redis-server --aclfile; holds hashes only
 *
 * Existing files are left alone, so this may run at every start; only the ACL file is rewritten, because its
 * rules belong to this version. The files are world-readable: access is controlled by the folder (mode 0700)
 * or by mounting the volume only where needed, since each service runs under its own user id. The prober's
 * files are readable only by its group, because probed programs run in its container.
 *
 * @returns the paths of the files that were created.
 * @throws ZephyrError `USAGE`
 */
export function makeSecrets(folder: string, { redis }: SecretsOptions): readonly string[] {
  if (!isHostAndPort(redis)) {
    throw new ZephyrError('USAGE', phrase`--redis ${redis} is not a host and a port`, {
      advice: [phrase`for example: --redis redis.lan:6379`],
    });
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const made: string[] = [];
  const readOrCreate = (path: string, make: () => string): string => {
    const file = join(folder, path);
    const existing = readIfThere(file);
    if (existing !== undefined) {
      // Files of an earlier version, too.
      chmodSync(file, modeOf(path));
      return existing;
    }
    const value = make();
    write(file, `${value}\n`, modeOf(path));
    made.push(file);
    return value;
  };
  const passwordOf = (user: ServiceName): string =>
    new URL(readOrCreate(`${user}/redis-url`, () => `redis://${user}:${newPassword()}@${redis}`))
      .password;
  const passwords = {
    proxy: passwordOf('proxy'),
    prober: passwordOf('prober'),
    controller: passwordOf('controller'),
  };
  readOrCreate('controller/admin-token', newPassword);
  readOrCreate('grafana/admin-password', newPassword);
  write(join(folder, 'redis/users.acl'), aclFile(passwords), 0o444);
  return made;
}

/** An IPv6 address is written in brackets. */
const HOST_AND_PORT = /^(\[[0-9a-f:.]+\]|[^\s:/?#@[\]]+):\d+$/i;

function isHostAndPort(text: string): boolean {
  return HOST_AND_PORT.test(text) && URL.canParse(`redis://${text}`);
}

/** 256 bits, in characters that need no quoting in URLs, shells and TOML. */
function newPassword(): string {
  return randomBytes(32).toString('base64url');
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (isMissingFile(error)) return undefined;
    throw error;
  }
}

function modeOf(path: string): number {
  return path.startsWith('prober/') ? 0o440 : 0o444;
}

/** By rename: neither a reader nor a crash sees half a file. */
function write(file: string, text: string, mode: number): void {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.new`;
  writeFileSync(temporary, text, { mode });
  renameSync(temporary, file);
}
