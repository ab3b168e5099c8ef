/** The containers of docker-compose.yml as one object that a test can start, break and query. */
import { execFile, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { ProgramStatus } from '@zephyr/contract/status/program-status';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

const COMPOSE_FILES = ['docker-compose.yml'];

/** Why the containers cannot run here; undefined if they can. The first pull takes time. */
export function whyNoContainers(): string | undefined {
  const engine = docker('version', '--format', '{{.Server.Version}}');
  if (engine.error !== undefined) return 'docker is not installed';
  if (engine.status !== 0) return 'no Docker engine answers';
  if (docker('compose', 'version').status !== 0) return 'docker has no compose';
  const absent = imagesNeeded().find(
    (image) =>
      docker('image', 'inspect', image).status !== 0 &&
      docker('pull', '--quiet', image).status !== 0,
  );
  return absent === undefined ? undefined : `the image ${absent} cannot be had`;
}

/** Third-party images: those of the compose file not built here, and base images of ours. */
function imagesNeeded(): string[] {
  const named = docker('compose', '--env-file', 'deploy/demo/.env', 'config', '--images').stdout;
  const foreign = named.split('\n').filter((image) => image !== '' && !image.startsWith('zephyr-'));
  return [...foreign, ...baseImages().values()];
}

/** By the name of their argument in the Dockerfile, such as `NODE_IMAGE`. */
export function baseImages(): ReadonlyMap<string, string> {
  const text = readFileSync(join(root, 'Dockerfile'), 'utf8');
  const found = text.matchAll(/^ARG (\w+_IMAGE)=(\S+)$/gm);
  return new Map([...found].map(([, name = '', image = '']) => [name, image]));
}

function docker(...args: string[]): SpawnSyncReturns<string> {
  return spawnSync('docker', args, { cwd: root, encoding: 'utf8' });
}

export interface Stack {
  /** The proxy's. */
  readonly url: string;
  readonly configPath: string;
  /** Variables that point `docker compose` and scripts at this stack. */
  readonly environment: NodeJS.ProcessEnv;
  /** Runs `docker compose <args>`; resolves to its output. */
  compose(...args: string[]): Promise<string>;
  /** Stops a container gracefully and removes it. */
  replace(container: string): Promise<void>;
  /** GET of the proxy's /status. */
  status(): Promise<ProgramStatus>;
  /** Removes containers, networks and volumes. */
  remove(): Promise<void>;
}

/**
 * A separate project on free ports, with a copy of the demo's configuration.
 * @param files compose files, from the root of the repository
 */
export async function createStack(files: readonly string[] = COMPOSE_FILES): Promise<Stack> {
  const folder = mkdtempSync(join(tmpdir(), 'zephyr-compose-'));
  // The services run under other user ids and must be able to read it.
  chmodSync(folder, 0o755);
  cpSync(join(root, 'deploy/demo'), folder, { recursive: true });
  const [proxy, dashboard, grafana] = await Promise.all([freePort(), freePort(), freePort()]);
  const version = `e2e-${process.pid}`;
  const environment = {
    ...process.env,
    COMPOSE_PROJECT_NAME: `zephyr-e2e-${process.pid}-${files.length}`,
    // Separate images: a build elsewhere on this machine would replace containers during the test.
    ZEPHYR_VERSION: version,
    ZEPHYR_CONFIG_FOLDER: folder,
    ZEPHYR_BIND: '127.0.0.1',
    ZEPHYR_PORT: String(proxy),
    ZEPHYR_DASHBOARD_PORT: String(dashboard),
    ZEPHYR_GRAFANA_PORT: String(grafana),
  };
  const compose = async (...args: string[]) => {
    const options = { cwd: root, env: environment, maxBuffer: 16 * 1024 * 1024 };
    const named = files.flatMap((file) => ['--file', file]);
    const all = ['compose', ...named, '--env-file', 'deploy/demo/.env', ...args];
    return (await run('docker', all, options)).stdout;
  };
  const url = `http://127.0.0.1:${proxy}`;
  return {
    url,
    configPath: join(folder, 'config.toml'),
    environment,
    compose,
    replace: async (container) => {
      await run('docker', ['stop', container]);
      await run('docker', ['rm', container]);
    },
    status: async () => {
      const response = await fetch(`${url}/status`, { headers: { accept: 'application/json' } });
      return (await response.json()) as ProgramStatus;
    },
    remove: async () => {
      const images = (await compose('--profile', '*', 'config', '--images')).split('\n');
      await compose('down', '--volumes', '--timeout', '5');
      // The layers stay in the builder's cache, for the next run.
      await run('docker', [
        'image',
        'rm',
        ...images.filter((image) => image.endsWith(version)),
      ]).catch(() => undefined);
      rmSync(folder, { recursive: true });
    },
  };
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
