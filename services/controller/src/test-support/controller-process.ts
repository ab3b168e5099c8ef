/** A real controller in its own process, so that it can be killed, paused and cut off. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { ApiState } from '@zephyr/contract/api/api-state';
import type { CommandName } from '@zephyr/contract/operate/operator-command';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

export interface ControllerOptions {
  readonly redisUrl: string;
  /** Endpoints of the group; `One` and `Two` by default. */
  readonly endpointNames?: readonly string[];
  /** Added to the configuration file, e.g. a `[health_check]` table. */
  readonly extraConfig?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments of Node, e.g. `--import` with something that breaks the clock. */
  readonly execArgv?: readonly string[];
}

export interface CommandReply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export class ControllerProcess {
  readonly folder: string;
  readonly child: ChildProcess;
  port = 0;
  #output = '';

  private constructor(folder: string, child: ChildProcess) {
    this.folder = folder;
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
      });
    }
  }

  /** Resolves when it is ready, or has ended without becoming ready. */
  static async start(options: ControllerOptions): Promise<ControllerProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'zephyr-controller-'));
    writeFileSync(join(folder, 'config.toml'), configText(options));
    writeFileSync(join(folder, '.env'), 'TEAM_TOKEN=sk-team-token-of-the-test\n');
    const child = fork(
      MAIN,
      ['--config', join(folder, 'config.toml'), '--env-file', join(folder, '.env')],
      {
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        execArgv: [...(options.execArgv ?? [])],
        env: { PATH: process.env['PATH'], ...options.env },
      },
    );
    const controller = new ControllerProcess(folder, child);
    const ready = once(child, 'message') as Promise<[{ port: number }]>;
    const ended = once(child, 'exit').then(() => undefined);
    const message = await Promise.race([ready, ended]);
    if (message !== undefined) controller.port = message[0].port;
    return controller;
  }

  output(): string {
    return this.#output;
  }

  writeConfig(options: Omit<ControllerOptions, 'redisUrl'> & { readonly redisUrl: string }): void {
    writeFileSync(join(this.folder, 'config.toml'), configText(options));
  }

  async state(): Promise<ApiState> {
    const response = await this.get('/api/state');
    if (!response.ok) throw new Error(`state: ${response.status}`);
    return (await response.json()) as ApiState;
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    if (this.port === 0) throw new Error(`the controller did not start: ${this.#output}`);
    return fetch(`http://127.0.0.1:${this.port}${path}`, { headers });
  }

  async command(name: CommandName, body: object = {}): Promise<CommandReply> {
    const response = await fetch(`http://127.0.0.1:${this.port}/api/commands/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return {
      status: response.status,
      body: (await response.json()) as Readonly<Record<string, unknown>>,
    };
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** The exit code, or the signal that terminated it. */
  async ended(): Promise<number | NodeJS.Signals | null> {
    const { child } = this;
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.exitCode ?? child.signalCode;
  }

  async stop(): Promise<void> {
    this.child.kill('SIGCONT');
    this.child.kill('SIGTERM');
    const limit = setTimeout(() => this.child.kill('SIGKILL'), 10_000);
    await this.ended();
    clearTimeout(limit);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function configText({ redisUrl, endpointNames, extraConfig }: ControllerOptions): string {
  const endpoints = (endpointNames ?? ['One', 'Two']).map(
    (name) => `  { url = "https://${name.toLowerCase()}.example.com", name = "${name}" },`,
  );
  return [
    ...['[controller]', 'port = 0', '[redis]', `url = "${redisUrl}"`, extraConfig ?? ''],
    ...['[[groups]]', 'name = "team"', 'auth_token_env = "TEAM_TOKEN"'],
    ...['endpoints = [', ...endpoints, ']', ''],
  ].join('\n');
}
