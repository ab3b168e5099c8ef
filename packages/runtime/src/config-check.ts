/**
 * `node config-check.ts <service>` in a container of this service, before it is started: the
 * configuration as the service will see it, with its user, its mounts and its address. Ends with 0,
 * or with 2 and all problems.
 */
import { parseArgs } from 'node:util';

import { loadConfig } from './config/load.ts';
import { EXIT, explain } from './errors.ts';
import { addressIn } from './service.ts';
import { isServiceName } from './service-name.ts';

const [service = ''] = parseArgs({ allowPositionals: true }).positionals;
try {
  const host = addressIn('ZEPHYR_LISTEN')?.host;
  loadConfig(
    {
      configPath: process.env['ZEPHYR_CONFIG'] ?? 'config.toml',
      envFilePath: process.env['ZEPHYR_ENV_FILE'] ?? '.env',
      environment: process.env,
    },
    { starting: isServiceName(service) ? [{ name: service, host }] : [] },
  );
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = EXIT.usage;
}
