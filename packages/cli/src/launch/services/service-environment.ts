import type { LoadedConfig } from '@zephyr/runtime/config/read/load';
import { REDIS_URL_VARIABLE } from '@zephyr/runtime/config/urls/redis-url';
import { METRICS_LISTEN, PUBLIC_URL } from '@zephyr/runtime/config/variables/own-variables';
import { type Environment, isGeneral } from '@zephyr/runtime/environment';
import type { ServiceName } from '@zephyr/runtime/service/service';

/**
 * The environment of a service: the general variables and those that it reads. Other secrets of the user who
 * starts it (cloud keys, an ANTHROPIC_API_KEY) stay out.
 *
 * @param names see `variablesFor`; with them the `<NAME>_FILE` variables
 */
export function serviceEnvironment(
  environment: Environment,
  names: readonly string[],
  additions: Environment,
): Record<string, string> {
  const own = [REDIS_URL_VARIABLE, ...names];
  const wanted = new Set(own.flatMap((name) => [name, `${name}_FILE`]));
  const passed = Object.entries(environment).filter(
    ([name]) => isGeneral(name) || wanted.has(name),
  );
  const all = { ...Object.fromEntries(passed), ...additions };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/**
 * The variables that one service reads besides the common ones: those named in config.toml, such as
 * `auth_token_env`; the admin token is for the controller only. The proxy faces the network.
 */
export function variablesFor(
  service: ServiceName,
  { config, variableNames }: LoadedConfig,
): readonly string[] {
  const { tokenEnv } = config.controller;
  const shared = variableNames.filter((name) => name !== tokenEnv);
  if (service === 'controller') return [...shared, tokenEnv, PUBLIC_URL];
  return service === 'proxy' ? [...shared, METRICS_LISTEN] : shared;
}
