import { isServing } from '@zephyr/contract/probe/endpoint-finding';
import { ConfigError } from '@zephyr/runtime/config/config-error';
import { type LoadedConfig, loadConfig } from '@zephyr/runtime/config/read/load';
import { localeOfFile } from '@zephyr/runtime/config/read/locale';
import type { Environment } from '@zephyr/runtime/environment';
import { EXIT, explain } from '@zephyr/runtime/errors';
import { templatesOf, translator } from '@zephyr/texts';

import { outboundNotesOf, warningsOf } from '../../launch/preflight/config-warnings.ts';
import { rejectUnusableHosts } from '../../launch/preflight/usable-hosts.ts';
import { isElsewhere, startingServices } from '../../network/service-location.ts';
import { type SurveyCall, surveyEndpoints, surveyText } from './config-check-online.ts';

export interface ConfigCheckOptions {
  readonly config: string;
  readonly envFile: string;
  readonly json?: boolean;
  /** Queries each endpoint, too. */
  readonly online?: boolean;
}

export interface ConfigCheckCall extends SurveyCall {
  readonly options: ConfigCheckOptions;
  readonly environment: Environment;
}

/**
 * What `zephyr config check` prints: everything that `zephyr start` would reject. With `json`: `{ "ok",
 * "problems": [{ file, line, column, path, found, expected, advice }], "notes": [text] }`, the problems in
 * English, online also `"endpoints"` (SurveyedEndpoint). An endpoint that does not serve is not a
 * configuration error: exit code 1.
 *
 * @throws ZephyrError `CONFIG` if a file cannot be read
 */
export async function checkConfig(
  call: ConfigCheckCall,
): Promise<{ readonly text: string; readonly exitCode: number }> {
  const { options, environment } = call;
  const loaded = await loadedOrProblems(options, environment);
  if (loaded instanceof ConfigError) {
    const { problems } = loaded;
    const text =
      options.json === true
        ? JSON.stringify({ ok: false, problems, notes: [] })
        : explain(loaded, templatesOf(localeOfFile(options.config, environment)));
    return { text, exitCode: EXIT.usage };
  }
  const { config } = loaded;
  const say = translator(config.ui.language);
  const notes = warningsOf(loaded, options.envFile, say);
  const endpoints = options.online === true ? await surveyEndpoints(loaded, call) : undefined;
  const isOk = endpoints === undefined || endpoints.every(isServing);
  const exitCode = isOk ? EXIT.ok : EXIT.failure;
  if (options.json === true) {
    return { text: JSON.stringify({ ok: isOk, problems: [], notes, endpoints }), exitCode };
  }
  const summary = say('config.noErrors', {
    ...{ path: options.config, count: config.endpoints.length, groups: config.groups.length },
  });
  const lines = [summary, ...outboundNotesOf(loaded, say), ...notes.map((note) => `! ${note}`)];
  const text = lines.join('\n');
  return {
    text: endpoints === undefined ? text : `${text}\n\n${surveyText(endpoints, loaded)}`,
    exitCode,
  };
}

async function loadedOrProblems(
  { config, envFile }: ConfigCheckOptions,
  environment: Environment,
): Promise<LoadedConfig | ConfigError> {
  try {
    const loaded = loadConfig(
      { configPath: config, envFilePath: envFile, environment },
      { starting: startingServices(environment) },
    );
    if (!isElsewhere(environment)) await rejectUnusableHosts(loaded, environment);
    return loaded;
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}
