import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '@zephyr/runtime/config/read/load';
import type { Environment } from '@zephyr/runtime/environment';

import type { LaunchPlan } from '../launcher.ts';
import { startStub } from './stub-service.ts';

export const STUBS: NonNullable<LaunchPlan['services']> = {
  proxy: async () => startStub,
  prober: async () => startStub,
  controller: async () => startStub,
};

/** Launches stub services with a configuration in this folder. */
export function stubPlan(folder: string, onLine: LaunchPlan['onLine']): LaunchPlan {
  const configPath = join(folder, 'config.toml');
  const envFilePath = join(folder, '.env');
  writeFileSync(
    configPath,
    `[[groups]]\nname = "a"\nauth_token_env = "TOKEN_A"
     endpoints = [{ url = "https://a.invalid", name = "A" }]\n`,
  );
  const environment: Environment = {
    ...process.env,
    TOKEN_A: 'sk-token-a',
    ANTHROPIC_API_KEY: 'sk-of-the-person',
    ZEPHYR_REDIS_URL: undefined,
  };
  return {
    configPath,
    envFilePath,
    environment,
    loaded: loadConfig({ configPath, envFilePath, environment }),
    services: STUBS,
    onLine,
  };
}
