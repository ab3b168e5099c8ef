/** Checks that this machine can listen on the services' addresses. */

import { once } from 'node:events';
import { createServer } from 'node:net';
import { ConfigError, ENVIRONMENT, type Violation } from '@zephyr/runtime/config/config-error';
import { readText } from '@zephyr/runtime/config/files/read-text';
import { TABLE_OF } from '@zephyr/runtime/config/keys/server';
import { type LoadedConfig, placedProblems } from '@zephyr/runtime/config/read/load';
import { addressIn, METRICS_LISTEN } from '@zephyr/runtime/config/variables/own-variables';
import type { Environment } from '@zephyr/runtime/environment';
import { phrase } from '@zephyr/runtime/phrase';

const TABLES = Object.values(TABLE_OF);

/** @throws ConfigError for another machine's address, or a name that does not resolve */
export async function rejectUnusableHosts(
  { config }: LoadedConfig,
  environment: Environment,
): Promise<void> {
  const metrics = addressIn(environment, METRICS_LISTEN);
  const [ofMetrics, ...ofTables] = await Promise.all([
    metrics === undefined ? undefined : problemOf(metrics.host),
    ...TABLES.map((table) => problemOf(config[table].host)),
  ]);
  const violations = TABLES.flatMap((table, index) => {
    const problem = ofTables[index];
    return problem === undefined ? [] : [{ path: [table, 'host'], ...problem }];
  });
  const ofEnvironment =
    ofMetrics === undefined ? [] : [{ file: ENVIRONMENT, path: METRICS_LISTEN, ...ofMetrics }];
  if (violations.length + ofEnvironment.length === 0) return;
  const text = readText(config.path, 'must exist');
  throw new ConfigError([...ofEnvironment, ...placedProblems(config.path, text, violations)]);
}

async function problemOf(host: string): Promise<Omit<Violation, 'path'> | undefined> {
  const server = createServer();
  try {
    server.listen(0, host);
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    return {
      found: phrase`${JSON.stringify(host)}, where this machine cannot listen (${code})`,
      expected: phrase`an address or a name of this machine, such as "127.0.0.1", "::1" or "0.0.0.0"`,
      advice: phrase`correct it; "0.0.0.0" means all its addresses, which requires keys`,
    };
  } finally {
    server.close();
  }
}
