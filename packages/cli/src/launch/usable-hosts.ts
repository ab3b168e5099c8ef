/** Where the services are to listen: on this machine that must be possible. */
import { once } from 'node:events';
import { createServer } from 'node:net';

import { ConfigError, type Violation } from '@zephyr/runtime/config/config-error';
import { type LoadedConfig, placedProblems } from '@zephyr/runtime/config/load';
import { readText } from '@zephyr/runtime/config/read-text';

const TABLES = ['server', 'controller', 'prober'] as const;

/** @throws ConfigError for an address of another machine, or a name that is none */
export async function refuseUnusableHosts({ config }: LoadedConfig): Promise<void> {
  const found = await Promise.all(TABLES.map((table) => violationOf(table, config[table].host)));
  const violations = found.filter((violation) => violation !== undefined);
  if (violations.length === 0) return;
  throw new ConfigError(
    placedProblems(config.path, readText(config.path, 'must exist'), violations),
  );
}

async function violationOf(
  table: (typeof TABLES)[number],
  host: string,
): Promise<Violation | undefined> {
  const server = createServer();
  try {
    server.listen(0, host);
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    return {
      path: [table, 'host'],
      found: `${JSON.stringify(host)}, where this machine cannot listen (${code})`,
      expected: 'an address or a name of this machine, such as "127.0.0.1", "::1" or "0.0.0.0"',
      advice: 'correct it; "0.0.0.0" is each of its addresses, and then people need keys',
    };
  } finally {
    server.close();
  }
}
