/** A proxy in its own process, for what only signals and exit codes can show. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { ReadyMessage } from '@zephyr/runtime/service/service';
import { folderOfTest } from '@zephyr/testkit/folder-of-test';

import { tokenOf } from './test-proxy.ts';

export interface ProxyProcess {
  readonly port: number;
  readonly child: ChildProcess;
  output(): string;
  /** Resolves with the exit code. */
  readonly exited: Promise<number | null>;
  kill(): void;
}

export interface ProxyProcessOptions {
  readonly endpoints: readonly string[];
  /** Further tables of config.toml. */
  readonly config?: string;
  /** A module that is loaded first. */
  readonly preload?: string;
  readonly port?: number;
  readonly redisUrl?: string;
  /**
   * Folder of its configuration and state, owned by the caller: for proxies started one after the other, or
   * outside a test.
   */
  readonly folder?: string;
}

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

export async function startProxyProcess(options: ProxyProcessOptions): Promise<ProxyProcess> {
  const folder = options.folder ?? folderOfTest('process');
  const configPath = join(folder, 'config.toml');
  writeFileSync(configPath, configText(options));
  const child = fork(MAIN, ['--config', configPath], {
    execArgv: options.preload === undefined ? [] : ['--import', options.preload],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      // Not as an argument: Node itself reads `--env-file`, wherever it is.
      ZEPHYR_ENV_FILE: join(folder, 'none'),
      TOKEN_main: tokenOf('main'),
      ZEPHYR_REDIS_URL: options.redisUrl ?? `unix://${folder}/none.sock`,
    },
  });
  let output = '';
  const collect = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const ready = await Promise.race([once(child, 'message'), exited]);
  if (!Array.isArray(ready)) throw new Error(`the proxy did not start: ${output}`);
  return {
    port: (ready[0] as ReadyMessage).port,
    child,
    output: () => output,
    exited,
    kill: () => void child.kill('SIGKILL'),
  };
}

function configText({ endpoints, config = '', port = 0 }: ProxyProcessOptions): string {
  const lines = endpoints.map(
    (url, index) => `[[groups.endpoints]]\nname = "e${index + 1}"\nurl = "${url}"\n`,
  );
  return `[server]\nport = ${port}\n${config}\n[[groups]]\nname = "main"\nauth_token_env = "TOKEN_main"\n${lines.join('')}`;
}
