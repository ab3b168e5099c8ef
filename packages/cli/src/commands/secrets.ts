import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { aclFile, type RedisUser } from '@zephyr/runtime/redis/acl';

export interface SecretsOptions {
  /** Host and port of Redis as the services see it. */
  readonly redis: string;
}

/**
 * Makes the passwords between the services of a deployment, one folder for each service, so that
 * each can be given its own and no other:
 *
 *     <folder>/<service>/redis-url      redis://<service>:<password>@<redis>
 *     <folder>/controller/admin-token   for the dashboard and the admin API
 *     <folder>/grafana/admin-password
 *     <folder>/redis/users.acl          for redis-server --aclfile; holds hashes only
 *
 * What is there is kept, so it may run in each start; the ACL file is written anew each time,
 * because its rules belong to this version. Files are readable by all: who may enter the folder
 * (mode 0700) or is given the volume decides, since each service runs under another user id. The
 * prober's is for its group alone: the programs of its probes run in its container.
 *
 * @returns the paths of the files that were made now.
 */
export function makeSecrets(folder: string, { redis }: SecretsOptions): readonly string[] {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const made: string[] = [];
  const keep = (path: string, make: () => string): string => {
    const file = join(folder, path);
    const existing = readIfThere(file);
    if (existing !== undefined) {
      // Also that of an earlier version.
      chmodSync(file, modeOf(path));
      return existing;
    }
    const value = make();
    write(file, `${value}\n`, modeOf(path));
    made.push(file);
    return value;
  };
  const passwordOf = (user: RedisUser): string =>
    new URL(keep(`${user}/redis-url`, () => `redis://${user}:${newPassword()}@${redis}`)).password;
  const passwords = {
    proxy: passwordOf('proxy'),
    prober: passwordOf('prober'),
    controller: passwordOf('controller'),
  };
  keep('controller/admin-token', newPassword);
  keep('grafana/admin-password', newPassword);
  write(join(folder, 'redis/users.acl'), aclFile(passwords), 0o444);
  return made;
}

/** 256 bits, in characters that need no quoting in URLs, shells and TOML. */
function newPassword(): string {
  return randomBytes(32).toString('base64url');
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function modeOf(path: string): number {
  return path.startsWith('prober/') ? 0o440 : 0o444;
}

/** Through a rename: a reader, or a crash, never sees half a file. */
function write(file: string, text: string, mode: number): void {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.new`;
  writeFileSync(temporary, text, { mode });
  renameSync(temporary, file);
}
