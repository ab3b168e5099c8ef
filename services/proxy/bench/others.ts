/**
 * Two gateways that people use for the same purpose, from npm, in a temporary folder: they are no
 * dependencies of this repository. Each passes the Messages API on to one upstream, as its own
 * documentation says. The versions are fixed, so that two runs compare the same.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Candidate, freePort, listening } from './candidates.ts';

const PORTKEY = '@portkey-ai/gateway@1.15.2';
const ROUTER = '@musistudio/claude-code-router@2.0.0';

/** A gateway may want to be told in each request where to send it. */
export interface Gateway extends Candidate {
  readonly headers: Readonly<Record<string, string>>;
}

/** Returns the folder of their packages; installs them where that was not done before. */
export function installOthers(): string {
  const folder = join(tmpdir(), 'zephyr-bench-others');
  const packages = join(folder, 'node_modules');
  if (existsSync(packages)) return packages;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{}');
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', PORTKEY, ROUTER];
  const { status } = spawnSync('npm', args, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error('npm could not install the gateways to compare with');
  return packages;
}

export async function startPortkey(packages: string, upstreamPort: number): Promise<Gateway> {
  const port = await freePort();
  const script = join(packages, '@portkey-ai/gateway/build/start-server.js');
  const child = start(script, [`--port=${port}`, '--headless'], tmpdir());
  await listening(port, child);
  return {
    ...candidateOf('portkey', port, child),
    headers: {
      'x-portkey-provider': 'anthropic',
      'x-portkey-custom-host': `http://127.0.0.1:${upstreamPort}/v1`,
      'x-api-key': 'bench',
      'anthropic-version': '2023-06-01',
    },
  };
}

export async function startRouter(packages: string, upstreamPort: number): Promise<Gateway> {
  const port = await freePort();
  const home = mkdtempSync(join(tmpdir(), 'zephyr-bench-router-'));
  mkdirSync(join(home, '.claude-code-router'));
  const provider = {
    name: 'bench',
    api_base_url: `http://127.0.0.1:${upstreamPort}/v1/messages?bench=json`,
    api_key: 'bench',
    models: ['claude-haiku-4-5'],
    transformer: { use: ['Anthropic'] },
  };
  const config = {
    ...{ PORT: port, HOST: '127.0.0.1', LOG: false, Providers: [provider] },
    Router: { default: 'bench,claude-haiku-4-5' },
  };
  writeFileSync(join(home, '.claude-code-router/config.json'), JSON.stringify(config));
  const script = join(packages, '@musistudio/claude-code-router/dist/cli.js');
  const child = start(script, ['start'], home);
  await listening(port, child);
  return { ...candidateOf('router', port, child), headers: {} };
}

function start(script: string, args: readonly string[], home: string): ChildProcess {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: 'ignore',
    env: { PATH: process.env['PATH'], HOME: home, NODE_ENV: 'production' },
  });
  // They know nothing of a launcher, and would outlive a bench that is ended.
  process.once('exit', () => child.kill('SIGKILL'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  return child;
}

function candidateOf(name: string, port: number, child: ChildProcess): Candidate {
  return { name, port, pid: child.pid, stop: () => void child.kill('SIGKILL') };
}
