/**
 * Starts all of Zephyr on this machine, and ends it in good order: what `zephyr start` and
 * `zephyr demo` share. Redis first, then the services; at the end the proxy finishes its running
 * answers while everything else is still there.
 */
import { fileURLToPath } from 'node:url';

import type { LoadedConfig } from '@zephyr/runtime/config/load';
import type { ServiceName } from '@zephyr/runtime/service';

import { childEnvironment, variablesFor } from './child-environment.ts';
import { type PrivateRedis, startPrivateRedis } from './private-redis.ts';
import type { Environment } from './state-folder.ts';
import { type SupervisedService, superviseService } from './supervised-service.ts';

export interface LaunchPlan {
  readonly configPath: string;
  readonly envFilePath: string;
  readonly loaded: LoadedConfig;
  /** Whose surroundings the services get; see `childEnvironment`. */
  readonly environment: Environment;
  /** The proxy's port, instead of the configuration's. */
  readonly port?: number | undefined;
  /** Keeps the private Redis' data between runs; without it nothing is kept. */
  readonly redisFolder?: string | undefined;
  readonly onLine: (source: ServiceName | 'redis', line: string) => void;
  /** The services' programs; for tests. */
  readonly mainPathOf?: ((service: ServiceName) => string) | undefined;
  /** How long a service may take to become ready, instead of a minute; for tests. */
  readonly readyLimitMs?: number | undefined;
}

export interface LaunchedSystem {
  readonly ports: Readonly<Record<ServiceName, number>>;
  /** Of all child processes, for tests and for people who debug. */
  pids(): readonly number[];
  /** Ends all in order; waits for running answers. */
  stop(): Promise<void>;
  /** Ends all at once. */
  kill(): Promise<void>;
}

/** @throws ZephyrError `REDIS_MISSING`, `REDIS_START`, `SERVICE_START`; then nothing is left running. */
export async function launch(plan: LaunchPlan): Promise<LaunchedSystem> {
  const ownsRedis = plan.loaded.config.redis.urlFrom === 'default';
  const redis = ownsRedis
    ? await startPrivateRedis({
        dataFolder: plan.redisFolder,
        print: (line) => plan.onLine('redis', line),
      })
    : undefined;
  const services: Readonly<Record<ServiceName, SupervisedService>> = {
    controller: superviseService(specOf('controller', plan, redis)),
    prober: superviseService(specOf('prober', plan, redis)),
    proxy: superviseService(specOf('proxy', plan, redis)),
  };
  const all = Object.values(services);
  const kill = async () => {
    for (const service of all) service.kill();
    await Promise.all(all.map((service) => service.stop()));
    await redis?.stop();
  };
  try {
    const [controller, prober, proxy] = await Promise.all([
      services.controller.ready,
      services.prober.ready,
      services.proxy.ready,
    ]);
    return {
      ports: { controller, prober, proxy },
      pids: () =>
        [...all.map((service) => service.pid()), redis?.pid()].filter((pid) => pid !== undefined),
      stop: async () => {
        // A check that runs is of no more use; an answer that runs is.
        await Promise.all([services.proxy.stop(), services.prober.stop()]);
        await services.controller.stop();
        await redis?.stop();
      },
      kill,
    };
  } catch (error) {
    await kill();
    throw error;
  }
}

/** Loading takes a second or two, on a busy machine some more. */
const READY_LIMIT_MS = 60_000;

function specOf(name: ServiceName, plan: LaunchPlan, redis: PrivateRedis | undefined) {
  const { config } = plan.loaded;
  const listen =
    name === 'proxy' && plan.port !== undefined ? `${config.server.host}:${plan.port}` : undefined;
  return {
    name,
    mainPath: (plan.mainPathOf ?? mainPathOf)(name),
    environment: childEnvironment(plan.environment, variablesFor(name, plan.loaded), {
      // Not as arguments: Node takes every --env-file for its own.
      ZEPHYR_CONFIG: plan.configPath,
      ZEPHYR_ENV_FILE: plan.envFilePath,
      ...(redis === undefined ? {} : { ZEPHYR_REDIS_URL: redis.url }),
      // One address for all three, where a person has set it, would be two too few.
      ZEPHYR_LISTEN: listen,
    }),
    readyLimitMs: plan.readyLimitMs ?? READY_LIMIT_MS,
    onLine: plan.onLine,
  };
}

function mainPathOf(service: ServiceName): string {
  return fileURLToPath(new URL(`../../../../services/${service}/src/main.ts`, import.meta.url));
}
