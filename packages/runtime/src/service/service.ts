/**
 * How every service starts and ends: arguments, configuration, log, signals, exit code. As its own process, a
 * service's main.ts is one call of `runService`; alongside others in one process it is opened with
 * `openService`.
 */
import { randomBytes } from 'node:crypto';
import type { Server } from 'node:net';
import { hostname } from 'node:os';
import { parseArgs } from 'node:util';

import type { Config, Secrets } from '../config/config.ts';
import { type ConfigFiles, configFilesIn, FILE_VARIABLES } from '../config/files/config-files.ts';
import { localeOfFile } from '../config/read/locale.ts';
import {
  type Address,
  addressIn,
  LISTEN,
  METRICS_LISTEN,
} from '../config/variables/own-variables.ts';
import { type ConfigSource, createConfigSource } from '../config/watch/source.ts';
import { type Environment, takeEnvironment } from '../environment.ts';
import { EXIT, explain, ZephyrError } from '../errors.ts';
import { createLogger, type Logger } from '../logger.ts';
import type { TemplatesOf } from '../phrase.ts';
import { takeListenFds } from '../process/listen-fds.ts';
import { restoreStringPrototype } from '../process/string-prototype.ts';
import type { RedisTarget } from '../redis/client.ts';
import type { ServiceName } from '../service-name.ts';
import { VERSION } from '../version.ts';

export type { ServiceName };

export interface ServiceContext {
  readonly name: ServiceName;
  /** `<host>-<pid>-<random>`: identifies this process in Redis and logs. */
  readonly instanceId: string;
  /** As at start; a service that follows changes subscribes to `configSource`. */
  readonly config: Config;
  readonly secrets: Secrets;
  readonly configSource: ConfigSource;
  /** The files it was loaded from. */
  readonly files: ConfigFiles;
  /** All variables given to this process; possible secrets are not in `process.env`. */
  readonly environment: Environment;
  readonly redis: RedisTarget;
  readonly log: Logger;
  /** Where metrics are exposed, if not on the public port. */
  readonly metricsAddress?: Address | undefined;
  /** Listening sockets from the previous process, in the order of `RunningService.listeners`. */
  readonly listenFds?: readonly number[] | undefined;
}

export type StopReason = 'asked' | 'crashed';

export interface RunningService {
  /** Where it listens; reported to the launcher. */
  readonly port: number;
  /** Listeners that a successor process may take over. */
  readonly listeners?: readonly Server[] | undefined;
  /** Shuts down gracefully; called once. After `crashed` the state may be corrupt: do it quickly. */
  stop(why: StopReason): Promise<void>;
}

/** Sent to the launcher over IPC, if there is one. */
export interface ReadyMessage {
  readonly kind: 'ready';
  readonly service: ServiceName;
  readonly port: number;
}

/** Longest time that a service may take to stop, whatever hangs. Above the proxy's drain limit. */
const STOP_TIMEOUT_MS = 620_000;
const FLUSH_TIMEOUT_MS = 1_000;
const ARGUMENTS = {
  config: { type: 'string' },
  'env-file': { type: 'string' },
  version: { type: 'boolean' },
} as const;

export type StartFunction = (context: ServiceContext) => Promise<RunningService>;

/** What a service's starter passes to it. */
export interface ServiceSurroundings {
  /** With the paths of its configuration: `ZEPHYR_CONFIG`, `ZEPHYR_ENV_FILE`. */
  readonly environment: Environment;
  readonly log: Logger;
  /** For its error messages. */
  readonly templatesOf: TemplatesOf;
}

/** Starts a service in this process. @throws ZephyrError `CONFIG` and anything the service throws */
export async function openService(
  name: ServiceName,
  start: StartFunction,
  surroundings: ServiceSurroundings,
): Promise<RunningService> {
  // Here every module of the service is loaded.
  restoreStringPrototype();
  const context = contextFor(name, surroundings);
  try {
    const service = await start(context);
    return {
      port: service.port,
      listeners: service.listeners,
      stop: async (why) => {
        context.configSource.stop();
        await service.stop(why);
      },
    };
  } catch (error) {
    context.configSource.stop();
    throw error;
  }
}

/** Runs a service as this process, until a signal ends it. */
export async function runService(
  name: ServiceName,
  start: StartFunction,
  templatesOf: TemplatesOf,
): Promise<void> {
  const taken = takeEnvironment();
  const { values } = parseArgs({ options: ARGUMENTS });
  if (values.version === true) {
    process.stdout.write(`${VERSION}\n`);
    return;
  }
  const environment: Environment = {
    ...taken,
    // What the command line says takes precedence.
    [FILE_VARIABLES.config]: values.config ?? taken[FILE_VARIABLES.config],
    [FILE_VARIABLES.envFile]: values['env-file'] ?? taken[FILE_VARIABLES.envFile],
  };
  const log = createLogger(name, environment['ZEPHYR_LOG_LEVEL']);
  let running: RunningService | undefined;
  let isStopping = false;

  const stop = async (why: string, exitCode: number): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    log.info({ why }, 'stopping');
    setTimeout(() => process.exit(EXIT.failure), STOP_TIMEOUT_MS).unref();
    try {
      await running?.stop(exitCode === EXIT.ok ? 'asked' : 'crashed');
      log.info('stopped');
    } catch (error) {
      log.error({ err: error }, 'stopping failed');
    }
    exitAfterFlush(log, exitCode);
  };

  // Not `once`: a second signal during the drain must not end the process immediately.
  process.on('SIGTERM', () => void stop('SIGTERM', EXIT.ok));
  process.on('SIGINT', () => void stop('SIGINT', EXIT.ok));
  // The launcher is gone: no one else would stop us.
  process.once('disconnect', () => void stop('the launcher is gone', EXIT.ok));
  process.once('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught exception');
    void stop('uncaught exception', EXIT.failure);
  });

  try {
    running = await openService(name, start, { environment, log, templatesOf });
  } catch (error) {
    const exitCode =
      error instanceof ZephyrError && error.code === 'CONFIG' ? EXIT.usage : EXIT.failure;
    process.stderr.write(`${explainStart(error, { environment, templatesOf })}\n`);
    exitAfterFlush(log, exitCode);
    return;
  }
  const ready: ReadyMessage = { kind: 'ready', service: name, port: running.port };
  process.send?.(ready);
  log.info({ port: running.port }, 'ready');
}

/** Why a service did not start, in the language of its configuration. */
export function explainStart(
  error: unknown,
  { environment, templatesOf }: Omit<ServiceSurroundings, 'log'>,
): string {
  return explain(error, templatesOf(localeOfFile(configFilesIn(environment).config, environment)));
}

/** The log is buffered; its last lines say why the service ended. */
function exitAfterFlush(log: Logger, exitCode: number): void {
  // If nothing reads the log, the flush never ends.
  setTimeout(() => process.exit(exitCode), FLUSH_TIMEOUT_MS);
  log.flush(() => process.exit(exitCode));
}

function contextFor(
  name: ServiceName,
  { environment, log, templatesOf }: ServiceSurroundings,
): ServiceContext {
  const listen = addressIn(environment, LISTEN);
  const files = configFilesIn(environment);
  const configSource = createConfigSource(
    { configPath: files.config, envFilePath: files.envFile, environment },
    log,
    { starting: [{ name, host: listen?.host, port: listen?.port }], templatesOf },
  );
  const { config, secrets } = configSource.current();
  return {
    name,
    instanceId: `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`,
    config: listening(name, config, listen),
    secrets,
    ...{ configSource, files },
    environment,
    redis: { url: config.redis.url, password: secrets.redisPassword?.reveal() },
    log,
    metricsAddress: addressIn(environment, METRICS_LISTEN),
    listenFds: takeListenFds(environment),
  };
}

/**
 * A container listens on all its addresses and on the port that its image documents, whatever the
 * configuration, written for a laptop, says: ZEPHYR_LISTEN is `<host>:<port>` of this one process.
 */
function listening(name: ServiceName, config: Config, address: Address | undefined): Config {
  const section = name === 'proxy' ? 'server' : name;
  return { ...config, [section]: { ...config[section], ...address } };
}
