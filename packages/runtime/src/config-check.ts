/**
 * `node config-check.ts` in a container of a service, before it is started: the configuration as
 * the service will see it, with its user and its mounts. Ends with 0, or with 2 and all problems.
 */
import { loadConfig } from './config/load.ts';
import { EXIT, explain } from './errors.ts';

try {
  loadConfig({
    configPath: process.env['ZEPHYR_CONFIG'] ?? 'config.toml',
    envFilePath: process.env['ZEPHYR_ENV_FILE'] ?? '.env',
    environment: process.env,
  });
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = EXIT.usage;
}
