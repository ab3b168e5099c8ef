/** The services of Zephyr as separate processes, restarted when they end. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { ServiceName } from '@zephyr/runtime/service/service';

import { superviseService } from '../../packages/cli/src/launch/services/supervised-service.ts';
import { serviceProcesses } from './service-process.ts';

export interface ServicesSetup {
  /** With `config.toml` and `.env`; their state goes there too. */
  readonly folder: string;
  /** @param number of the proxy, from 0; the other services are number 0 */
  readonly redisUrlOf: (name: ServiceName, number: number) => string;
  readonly proxies: number;
  /** With a controller and a prober. */
  readonly isWhole: boolean;
  /** Further arguments for Node. */
  readonly nodeFlags?: readonly string[];
  readonly onLine: (service: string, line: string) => void;
}

export interface Service {
  readonly name: ServiceName;
  /** Of the proxy, from 0. */
  readonly number: number;
  /** Such as `proxy 2`. */
  readonly label: string;
  /** Undefined between two runs. */
  pid(): number | undefined;
  /** Where this run listens; undefined until it is ready, and between two runs. */
  port(): number | undefined;
  /** Port of the first run. */
  readonly ready: Promise<number>;
  stop(): Promise<void>;
  kill(): void;
}

export function startServices(setup: ServicesSetup): readonly Service[] {
  const proxies = Array.from({ length: setup.proxies }, (_, number) =>
    startService('proxy', number, setup),
  );
  if (!setup.isWhole) return proxies;
  return [...proxies, startService('controller', 0, setup), startService('prober', 0, setup)];
}

export async function stopServices(services: readonly Service[]): Promise<void> {
  const ended = services.map((service) => service.stop());
  for (const service of services) service.kill();
  await Promise.all(ended);
}

function startService(name: ServiceName, number: number, setup: ServicesSetup): Service {
  const main = fileURLToPath(new URL(`../../services/${name}/src/main.ts`, import.meta.url));
  const label = name === 'proxy' && setup.proxies > 1 ? `proxy ${number + 1}` : name;
  const processes = serviceProcesses(main, setup.nodeFlags);
  const { ready, stop, kill } = superviseService(
    {
      name,
      environment: environmentOf(setup.folder, setup.redisUrlOf(name, number)),
      readyTimeoutMs: 60_000,
      onLine: (_: ServiceName, line: string) => setup.onLine(label, line),
    },
    processes.start,
  );
  const { pid, port } = processes;
  return { name, number, label, pid, port, ready, stop, kill };
}

function environmentOf(folder: string, redisUrl: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    XDG_STATE_HOME: join(folder, 'state'),
    ZEPHYR_CONFIG: join(folder, 'config.toml'),
    ZEPHYR_ENV_FILE: join(folder, '.env'),
    ZEPHYR_REDIS_URL: redisUrl,
  };
}
