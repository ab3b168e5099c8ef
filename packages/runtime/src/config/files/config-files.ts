/** Where the configuration is, if no option says it. Imports nothing that runs: read before anything else is loaded. */
import type { Environment } from '../../environment.ts';

/** Paths. */
export interface ConfigFiles {
  readonly config: string;
  readonly envFile: string;
}

/** The variables that name the files. */
export const FILE_VARIABLES: Readonly<Record<keyof ConfigFiles, string>> = {
  config: 'ZEPHYR_CONFIG',
  envFile: 'ZEPHYR_ENV_FILE',
};

/** In the working directory. */
export const DEFAULT_FILES: ConfigFiles = { config: 'config.toml', envFile: '.env' };

/** An empty variable is not set. */
export function configFilesIn(environment: Environment): ConfigFiles {
  return {
    config: environment[FILE_VARIABLES.config] || DEFAULT_FILES.config,
    envFile: environment[FILE_VARIABLES.envFile] || DEFAULT_FILES.envFile,
  };
}
