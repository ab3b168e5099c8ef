import type { Environment } from './state-folder.ts';

/** What every program needs of its surroundings, and how Node and proxies for HTTP are set up. */
const PASSED =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR|XDG_\w+|NO_COLOR|FORCE_COLOR|NODE_\w+|SSL_CERT_\w+|(https?|no)_proxy|ZEPHYR_\w+)$/i;

/**
 * The environment of a service: its surroundings and the variables that the configuration names.
 * Other secrets of the person who starts it (a cloud's keys, an ANTHROPIC_API_KEY) stay out.
 *
 * @param names variables that config.toml names, such as `auth_token_env`; with them the
 *   `<NAME>_FILE` variables
 */
export function childEnvironment(
  environment: Environment,
  names: readonly string[],
  additions: Environment,
): Record<string, string> {
  const wanted = new Set(names.flatMap((name) => [name, `${name}_FILE`]));
  const passed = Object.entries(environment).filter(
    ([name]) => PASSED.test(name) || wanted.has(name),
  );
  const all = { ...Object.fromEntries(passed), ...additions };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
