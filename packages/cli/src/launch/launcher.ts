/**
 * Starts all of Zephyr on this machine, and stops it gracefully; shared by `zephyr start` and `zephyr demo`.
 * Redis first, then the services as parts of this process; on shutdown the proxy drains while everything else
 * still runs.
 */
import { flushCompileCache } from 'node:module';
import { FILE_VARIABLES } from '@zephyr/runtime/config/files/config-files';
import type { LoadedConfig } from '@zephyr/runtime/config/read/load';
import type { Address } from '@zephyr/runtime/config/variables/own-variables';
import type { Environment } from '@zephyr/runtime/environment';
import { LISTEN_FDS } from '@zephyr/runtime/process/listen-fds';
import type { ServiceName } from '@zephyr/runtime/service/service';

import { type PrivateRedis, startPrivateRedis } from './redis/private-redis.ts';
import { serviceEnvironment, variablesFor } from './services/service-environment.ts';
import { startPartBy, watchUncaughtErrors } from './services/service-part.ts';
import { SERVICES } from './services/start-functions.ts';
import { type SupervisedService, superviseService } from './services/supervised-service.ts';
import type { HandedOver } from './succession/succession.ts';

export interface LaunchPlan {
  readonly configPath: string;
  readonly envFilePath: string;
  readonly loaded: LoadedConfig;
  /** The base of the services' environments; see `serviceEnvironment`. */
  readonly environment: Environment;
  /** The proxy's port, instead of the configuration's. */
  readonly port?: number | undefined;
  /** Keeps the private Redis' data between runs; without it nothing is kept. */
  readonly redisFolder?: string | undefined;
  /** Listening sockets of the process that this one replaces. */
  readonly handedOver?: HandedOver | undefined;
  readonly onLine: (source: ServiceName | 'redis', line: string) => void;
  /** Instead of the services; for tests. */
  readonly services?: typeof SERVICES | undefined;
  /** How long a service may take to become ready, instead of a minute; for tests. */
  readonly readyTimeoutMs?: number | undefined;
}

export interface LaunchedSystem {
  readonly ports: Readonly<Record<ServiceName, number>>;
  readonly services: SupervisedServices;
  /** Pid of the private Redis, the only other process; undefined while there is none. */
  redisPid(): number | undefined;
  /** URL of the private Redis; undefined if Redis is external. */
  readonly redisUrl: string | undefined;
  /** Resolves with an uncaught error that came from no service. */
  readonly fault: Promise<Error>;
  /** Stops the services, not Redis, in favour of another process; active requests finish here. */
  retire(): Promise<void>;
  /** Stops everything gracefully; waits for active requests. */
  stop(): Promise<void>;
  /** Kills what would outlive this process, for a caller about to exit immediately. */
  abandon(): Promise<void>;
}

type SupervisedServices = Readonly<Record<ServiceName, SupervisedService>>;

/** @throws ZephyrError `REDIS_MISSING`, `REDIS_START`, `SERVICE_START`; Redis has then been stopped again. */
export async function launch(plan: LaunchPlan): Promise<LaunchedSystem> {
  const hasOwnRedis = plan.loaded.config.redis.urlFrom === 'default';
  const load = plan.services ?? SERVICES;
  // Preloads while Redis starts. An error here recurs when the proxy is started.
  load.proxy().catch(() => undefined);
  const redis = hasOwnRedis
    ? await startPrivateRedis({
        dataFolder: plan.redisFolder,
        print: (line) => plan.onLine('redis', line),
      })
    : undefined;
  const fault = Promise.withResolvers<Error>();
  const unwatch = watchUncaughtErrors(fault.resolve);
  const services = startServices(plan, load, redis);
  const retire = async () => {
    const all = [services.proxy, services.prober, services.controller];
    await Promise.all(all.map((service) => service.stop()));
  };
  const stop = async () => {
    // A running probe is useless now; an active request is not, and drains.
    await Promise.all([services.proxy.stop(), services.prober.stop()]);
    await services.controller.stop();
    await redis?.stop();
    unwatch();
  };
  try {
    const ports = await Promise.race([portsOf(services), fault.promise.then(raise)]);
    // Node writes it at exit, which a killed process never reaches (bin/zephyr).
    flushCompileCache();
    return {
      ...{ ports, services, retire, stop, fault: fault.promise },
      redisUrl: redis?.url,
      redisPid: () => redis?.pid(),
      abandon: async () => await redis?.stop(),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The proxy first: it serves before the others have been loaded. */
function startServices(
  plan: LaunchPlan,
  load: typeof SERVICES,
  redis: PrivateRedis | undefined,
): SupervisedServices {
  const start = (name: ServiceName, before?: Promise<unknown>) =>
    superviseService(
      specOf(name, plan, redis),
      startPartBy(async () => {
        await before?.catch(() => undefined);
        return load[name]();
      }),
    );
  const proxy = start('proxy');
  return {
    proxy,
    controller: start('controller', proxy.ready),
    prober: start('prober', proxy.ready),
  };
}

async function portsOf(services: SupervisedServices): Promise<LaunchedSystem['ports']> {
  const [controller, prober, proxy] = await Promise.all([
    services.controller.ready,
    services.prober.ready,
    services.proxy.ready,
  ]);
  return { controller, prober, proxy };
}

function raise(error: Error): never {
  throw error;
}

/** Undefined if the configured address has changed. */
function fdsFor(name: ServiceName, { loaded, port, handedOver }: LaunchPlan): string | undefined {
  const handed = handedOver?.[name];
  if (handed === undefined) return undefined;
  const wanted = addressesOf(loaded, port)[name];
  const isSame = handed.host === wanted.host && handed.port === wanted.port;
  return isSame ? handed.fds.join(',') : undefined;
}

/** @param port the proxy's, instead of the configured one */
export function addressesOf(
  { config: { server, controller, prober } }: LoadedConfig,
  port: number | undefined,
): Readonly<Record<ServiceName, Address>> {
  return {
    proxy: { host: server.host, port: port ?? server.port },
    controller: { host: controller.host, port: controller.port },
    prober: { host: prober.host, port: prober.port },
  };
}

/** Loading takes a second or two, more on a loaded machine. */
const READY_TIMEOUT_MS = 60_000;

function specOf(name: ServiceName, plan: LaunchPlan, redis: PrivateRedis | undefined) {
  const { config } = plan.loaded;
  const listen =
    name === 'proxy' && plan.port !== undefined ? `${config.server.host}:${plan.port}` : undefined;
  return {
    name,
    environment: serviceEnvironment(plan.environment, variablesFor(name, plan.loaded), {
      [FILE_VARIABLES.config]: plan.configPath,
      [FILE_VARIABLES.envFile]: plan.envFilePath,
      ...(redis === undefined ? {} : { ZEPHYR_REDIS_URL: redis.url }),
      // A single ZEPHYR_LISTEN set by a person would not fit all three.
      ZEPHYR_LISTEN: listen,
      [LISTEN_FDS]: fdsFor(name, plan),
    }),
    readyTimeoutMs: plan.readyTimeoutMs ?? READY_TIMEOUT_MS,
    onLine: plan.onLine,
  };
}
