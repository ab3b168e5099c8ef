/**
 * A single-node swarm with deploy/swarm/stack.yml and what an organisation provides: a Redis with the users
 * of `zephyr secrets`, endpoints, an ingress.
 *
 * Two things differ from several nodes. Names resolve to tasks instead of virtual addresses
 * (`dnsrr`), and HAProxy takes the place of the swarm's own balancer: both need IPVS, which not
 * every kernel has.
 */
import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { baseImages } from './stack.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

const STACK = 'zephyr-e2e';
const SIMULATED = ['a', 'b', 'c'];
const CONVERGE_TIMEOUT_MS = 180_000;

export interface Swarm {
  /** Runs `docker <args>`; resolves to its output. */
  docker(...args: string[]): Promise<string>;
  /** Its name in the swarm. */
  nameOf(service: string): string;
  /** `proxy` → `3/3`: healthy tasks of desired tasks. */
  replicas(): Promise<Readonly<Record<string, string>>>;
  /** Removes the stack, leaves the swarm. */
  remove(): Promise<void>;
}

/** Why it cannot run on this engine; undefined if it can. */
export function whyNoSwarm(): string | undefined {
  const format = ['info', '--format', '{{.Swarm.LocalNodeState}}'];
  const { stdout } = spawnSync('docker', format, { encoding: 'utf8' });
  return stdout?.trim() === 'inactive' ? undefined : 'this engine is in a swarm already';
}

/** @param port public port of the proxies on this machine */
export async function createSwarm(port: number): Promise<Swarm> {
  const folder = mkdtempSync(join(tmpdir(), 'zephyr-swarm-'));
  chmodSync(folder, 0o755);
  const version = `swarm-${process.pid}`;
  const env = { ...process.env, ZEPHYR_VERSION: version };
  const docker = async (...args: string[]) =>
    (await run('docker', args, { cwd: root, env, maxBuffer: 16 * 1024 * 1024 })).stdout;
  await docker('compose', '--env-file', 'deploy/demo/.env', 'build', '--quiet');
  const here = ['--advertise-addr=127.0.0.1', '--listen-addr=127.0.0.1:2377'];
  await docker('swarm', 'init', ...here, '--data-path-addr=127.0.0.1');
  const remove = async () => {
    // Leaving the swarm immediately would leave its containers' volumes behind.
    await docker('stack', 'rm', STACK);
    await gone(docker);
    await docker('swarm', 'leave', '--force');
    const images = (await docker('images', '--quiet', `--filter=reference=zephyr-*:${version}`))
      .split('\n')
      .filter((id) => id !== '');
    // Containers stop a moment after the stack.
    await docker('image', 'rm', '--force', ...images).catch(() => undefined);
    rmSync(folder, { recursive: true });
  };
  try {
    await makeSecrets(folder, docker);
    writeFileSync(join(folder, 'stack.yml'), stackWithoutIngress());
    writeFileSync(join(folder, 'config.toml'), configOfTheDemo());
    writeFileSync(join(folder, 'around.yml'), around({ folder, version, port }));
    await docker(
      ...['stack', 'deploy', '--resolve-image=never', '--detach=true'],
      ...[`--compose-file=${folder}/stack.yml`, `--compose-file=${folder}/around.yml`, STACK],
    );
  } catch (error) {
    await remove();
    throw error;
  }
  const swarm: Swarm = {
    docker,
    nameOf: (service) => `${STACK}_${service}`,
    replicas: async () => {
      const lines = await docker('service', 'ls', '--format', '{{.Name}} {{.Replicas}}');
      const pairs = lines
        .trim()
        .split('\n')
        .map((line) => line.split(' '));
      return Object.fromEntries(
        pairs.map(([name = '', count = '']) => [name.replace(`${STACK}_`, ''), count]),
      );
    },
    remove,
  };
  return swarm;
}

/** Waits until all tasks are healthy. @throws with the swarm's report on those that are not */
export async function converge(swarm: Swarm): Promise<void> {
  const deadlineMs = performance.now() + CONVERGE_TIMEOUT_MS;
  for (;;) {
    const counts = await swarm.replicas();
    const isDone = Object.values(counts).every((count) => {
      const [running, wanted] = count.split('/');
      return running === wanted;
    });
    if (isDone) return;
    if (performance.now() > deadlineMs) {
      const tasks = await swarm.docker('stack', 'ps', '--no-trunc', STACK);
      throw new Error(`the stack does not converge: ${JSON.stringify(counts)}\n${tasks}`);
    }
    await sleep(500);
  }
}

/** Waits until the stack's containers have ended. */
async function gone(docker: Swarm['docker']): Promise<void> {
  const deadlineMs = performance.now() + CONVERGE_TIMEOUT_MS;
  const filter = `--filter=label=com.docker.stack.namespace=${STACK}`;
  while ((await docker('ps', '--all', '--quiet', filter)) !== '') {
    if (performance.now() > deadlineMs) return;
    await sleep(500);
  }
}

/** With the commands of deploy/README.md. */
async function makeSecrets(folder: string, docker: Swarm['docker']): Promise<void> {
  const secrets = join(folder, 'secrets');
  const cli = join(root, 'packages/cli/src/main.ts');
  await run(process.execPath, [cli, 'secrets', secrets, '--redis', 'redis:6379']);
  const create = (name: string, file: string) => docker('secret', 'create', name, file);
  for (const service of ['proxy', 'prober', 'controller']) {
    await create(`zephyr_${service}_redis_url`, join(secrets, service, 'redis-url'));
  }
  await create('zephyr_admin_token', join(secrets, 'controller/admin-token'));
  await create('zephyr_tokens', join(root, 'deploy/demo/.env'));
}

function stackWithoutIngress(): string {
  const text = read('deploy/swarm/stack.yml');
  return text.replaceAll(/^ {4}ports:\n {6}- \{.*mode: ingress \}\n/gm, '');
}

/** As deploy/README.md says: the balancer notices before a proxy refuses connections. */
function configOfTheDemo(): string {
  return `${read('deploy/demo/config.toml')}\n[timeouts]\ndrain_delay_ms = 5000\n`;
}

/** JSON, which is YAML. */
function around(options: { folder: string; version: string; port: number }): string {
  const { folder, version, port } = options;
  const byTask = { deploy: { endpoint_mode: 'dnsrr' } };
  const redis = /image: (redis:\S+)/.exec(read('docker-compose.yml'))?.[1];
  const simulated = SIMULATED.map((name) => [
    `simulated-${name}`,
    {
      ...byTask,
      image: `zephyr-simulator:${version}`,
      networks: ['zephyr'],
      environment: { SIMULATED_TOKEN: 'demo-token-of-the-simulated-endpoints' },
    },
  ]);
  return JSON.stringify({
    services: {
      ...{ proxy: byTask, controller: byTask, prober: byTask },
      ...Object.fromEntries(simulated),
      redis: {
        ...byTask,
        image: redis,
        command: ['redis-server', '--aclfile', '/users.acl', '--maxmemory-policy', 'noeviction'],
        networks: ['zephyr'],
        configs: [{ source: 'users', target: '/users.acl' }],
      },
      balancer: {
        ...byTask,
        image: baseImages().get('HAPROXY_IMAGE'),
        networks: ['zephyr'],
        configs: [{ source: 'balancer', target: '/usr/local/etc/haproxy/haproxy.cfg' }],
        ports: [{ target: 8080, published: port, mode: 'host' }],
      },
    },
    configs: {
      config: { name: 'zephyr-config-e2e', file: join(folder, 'config.toml') },
      users: { file: join(folder, 'secrets/redis/users.acl') },
      balancer: { file: join(root, 'deploy/compose/haproxy.cfg') },
    },
  });
}
