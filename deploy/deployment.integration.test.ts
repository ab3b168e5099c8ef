/** What the files of a deployment promise, read from what Docker and Kubernetes make of them. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { configSchema } from '@zephyr/runtime/config/schema';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

const root = join(import.meta.dirname, '..');
const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0;
const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;
if (!hasCompose)
  console.log('deployment: compose file not checked, docker compose is not installed');
if (!hasKubectl) console.log('deployment: manifests not checked, kubectl is not installed');

const serviceSchema = z.object({
  image: z.string(),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
  init: z.boolean().optional(),
  mem_limit: z.coerce.number().optional(),
  stop_grace_period: z.string().optional(),
  healthcheck: z.unknown().optional(),
  user: z.string().optional(),
  ports: z.array(z.object({ host_ip: z.string().optional(), published: z.string() })).optional(),
  volumes: z
    .array(
      z.object({
        type: z.string(),
        source: z.string().optional(),
        read_only: z.boolean().optional(),
      }),
    )
    .optional(),
  networks: z.record(z.string(), z.unknown()).optional(),
});
const projectSchema = z.object({
  services: z.record(z.string(), serviceSchema),
  networks: z.record(
    z.string(),
    z.object({
      internal: z.boolean().optional(),
      driver_opts: z.record(z.string(), z.string()).optional(),
    }),
  ),
});

const stackSchema = z.object({
  services: z.record(
    z.string(),
    z.object({
      environment: z.record(z.string(), z.string()),
      secrets: z.array(z.object({ source: z.string(), target: z.string().optional() })),
    }),
  ),
});

const run = (command: string, ...args: string[]) => {
  // Without the settings of whoever runs the tests.
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, env, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  return stdout;
};

describe.skipIf(!hasCompose)('docker-compose.yml', () => {
  const { services, networks } = hasCompose
    ? projectSchema.parse(
        JSON.parse(
          run(
            'docker',
            'compose',
            '--env-file',
            '/dev/null',
            '--profile',
            '*',
            'config',
            '--format',
            'json',
          ),
        ),
      )
    : { services: {}, networks: {} };
  const all = Object.entries(services);

  it.each(all)('takes from %s what it does not need', (_name, service) => {
    expect(service).toMatchObject({
      ...{ read_only: true, cap_drop: ['ALL'], init: true },
      security_opt: ['no-new-privileges:true'],
    });
    expect(service.mem_limit).toBeGreaterThan(0);
  });

  it('pins the version of every image of others', () => {
    for (const [name, { image }] of all.filter(([, { image }]) => !image.startsWith('zephyr-'))) {
      expect(image, name).toMatch(/:v?\d+\.\d+\.\d+$/);
    }
  });

  it('publishes the proxy, and all else on this machine only', () => {
    const published = all.flatMap(([name, { ports = [] }]) =>
      ports.map(({ host_ip }) => [name, host_ip] as const),
    );
    expect(Object.fromEntries(published)).toEqual({
      ...{ proxy: '0.0.0.0', controller: '127.0.0.1', grafana: '127.0.0.1' },
    });
  });

  it('keeps Redis and Prometheus, and who sees them, without a way out', () => {
    expect(networks['core']?.internal).toBe(true);
    expect(networks['metrics']?.internal).toBe(true);
    expect(networks['dashboards']?.driver_opts).toEqual({
      'com.docker.network.bridge.enable_ip_masquerade': 'false',
    });
    const networksOf = (name: string) => Object.keys(services[name]?.networks ?? {}).sort();
    expect(networksOf('redis')).toEqual(['core']);
    expect(networksOf('prometheus')).toEqual(['metrics']);
    expect(networksOf('controller')).toEqual(['core', 'dashboards', 'metrics']);
  });

  it('mounts nothing of the host that a service may change', () => {
    for (const [name, { volumes = [] }] of all.filter(([name]) => name !== 'cli')) {
      for (const { type, source, read_only } of volumes) {
        if (type === 'bind') expect(read_only, `${name}: ${source}`).toBe(true);
        expect(source).not.toContain('docker.sock');
      }
    }
  });

  it('gives a proxy longer to end than its answers have', () => {
    const { timeouts } = configSchema.parse({
      groups: [{ name: 'a', auth_token_env: 'A', endpoints: [{ url: 'https://a', name: 'A' }] }],
    });
    expect(services['proxy']?.stop_grace_period).toBe('11m0s');
    expect(timeouts.drain_ms).toBeLessThan(11 * 60_000);
  });
});

describe('the swarm stack', () => {
  it.skipIf(!hasCompose)('is one that Docker understands', () => {
    run('docker', 'stack', 'config', '--compose-file', 'deploy/swarm/stack.yml');
  });

  it.skipIf(!hasCompose)('gives each service its own user of Redis and no other', () => {
    const { services } = stackSchema.parse(
      JSON.parse(
        run('docker', 'compose', '--file', 'deploy/swarm/stack.yml', 'config', '--format', 'json'),
      ),
    );
    const redisUrls = Object.entries(services).map(([name, { environment, secrets }]) => {
      const urls = secrets.filter(({ source }) => source.endsWith('redis_url'));
      return [name, environment['ZEPHYR_REDIS_URL_FILE'], urls] as const;
    });
    expect(redisUrls.toSorted()).toEqual(
      ['controller', 'prober', 'proxy'].map((name) => [
        name,
        '/run/secrets/redis-url',
        [{ source: `zephyr_${name}_redis_url`, target: 'redis-url' }],
      ]),
    );
  });
});

describe.skipIf(!hasKubectl)('the manifests for Kubernetes', () => {
  const text = hasKubectl ? run('kubectl', 'kustomize', 'deploy/kubernetes/demo') : '';
  const documents = text.split(/^---$/m);
  const ofKind = (kind: string) =>
    documents.filter((document) => document.includes(`\nkind: ${kind}\n`));

  it('are what the schemas of Kubernetes expect', async () => {
    const objects = ['base', 'demo'].flatMap((folder) =>
      parseAllDocuments(run('kubectl', 'kustomize', `deploy/kubernetes/${folder}`)).map((one) =>
        objectSchema.parse(one.toJS()),
      ),
    );
    expect(objects.length).toBeGreaterThan(20);
    for (const object of objects) await validate(object);
    const wrong = objects.find(({ kind }) => kind === 'Deployment');
    await expect(validate({ ...wrong, spec: {} } as (typeof objects)[number])).rejects.toThrow(
      'must have required property',
    );
  });

  it('replicate what people need', () => {
    expect(ofKind('PodDisruptionBudget')).toHaveLength(3);
    const proxy = ofKind('Deployment').find((document) => /\n {2}name: proxy\n/.test(document));
    expect(proxy).toContain('replicas: 3');
    expect(proxy).toContain('maxUnavailable: 0');
    expect(proxy).toContain('terminationGracePeriodSeconds: 660');
  });

  it('run every pod unprivileged', () => {
    for (const deployment of ofKind('Deployment')) {
      expect(deployment).toContain('runAsNonRoot: true');
      expect(deployment).toContain('allowPrivilegeEscalation: false');
      expect(deployment).toMatch(/drop:\n\s+- ALL/);
    }
  });

  it('give the demo the configuration that the demo of compose has', () => {
    const read = (path: string) => readFileSync(join(import.meta.dirname, path), 'utf8');
    expect(read('kubernetes/demo/config.toml')).toBe(read('demo/config.toml'));
  });
});

const objectSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
});

/** @throws Error with the path of what is missing or of another type. */
async function validate(object: z.infer<typeof objectSchema>): Promise<void> {
  const { apiVersion, kind, metadata } = object;
  const module = (await import(`kubernetes-models/${apiVersion}/${kind}`)) as Readonly<
    Record<string, new (object: object) => { validate(): void }>
  >;
  const Model = module[kind];
  if (Model === undefined) throw new Error(`no schema for ${apiVersion} ${kind}`);
  try {
    new Model(object).validate();
  } catch (cause) {
    throw new Error(`${kind} ${metadata.name}: ${String(cause)}`, { cause });
  }
}
