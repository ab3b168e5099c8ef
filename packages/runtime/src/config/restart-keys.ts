/**
 * The keys that a running service cannot follow: it would have to leave the address that its
 * clients know, or the Redis that the other services still use. docs/configuration.md marks them.
 */
import type { LoadedConfig } from './config.ts';

type Read = (loaded: LoadedConfig) => unknown;

const RESTART_KEYS: Readonly<Record<string, Read>> = {
  'server.host': ({ config }) => config.server.host,
  'server.port': ({ config }) => config.server.port,
  'controller.host': ({ config }) => config.controller.host,
  'controller.port': ({ config }) => config.controller.port,
  'prober.host': ({ config }) => config.prober.host,
  'prober.port': ({ config }) => config.prober.port,
  'redis.url': ({ config }) => config.redisUrl,
  'redis.password_env': ({ secrets }) => secrets.redisPassword?.reveal(),
};

/** Those whose value is not the one that the service started with. */
export function keysForRestart(atStart: LoadedConfig, now: LoadedConfig): readonly string[] {
  return Object.entries(RESTART_KEYS).flatMap(([key, read]) =>
    read(atStart) === read(now) ? [] : [key],
  );
}
