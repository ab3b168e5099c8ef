/** Checks the deployment files as Docker and Kubernetes render them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

import { timeouts } from '@zephyr/runtime/config/keys/timeouts-and-drain';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';

import { hasKubectl, objectsOf, run, validate } from './rendered.ts';

const root = join(import.meta.dirname, '..');
const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0;
const hasBuildx = spawnSync('docker', ['buildx', 'version']).status === 0;

const serviceSchema = z.object({
  image: z.string(),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
  init: z.boolean().optional(),
  mem_limit: z.coerce.number().optional(),
  cpus: z.coerce.number().optional(),
  cpu_quota: z.coerce.number().optional(),
  cap_add: z.array(z.string()).optional(),
  command: z.array(z.string()).nullish(),
  stop_grace_period: z.string().optional(),
  healthcheck: z.object({ timeout: z.string() }).optional(),
  environment: z.record(z.string(), z.string().nullable()).optional(),
  user: z.string().optional(),
  ports: z.array(z.object({ host_ip: z.string().optional(), published: z.string() })).optional(),
  volumes: z
    .array(
      z.object({
        type: z.string(),
        source: z.string().optional(),
        target: z.string(),
        read_only: z.boolean().optional(),
      }),
    )
    .optional(),
  networks: z.record(z.string(), z.unknown()).optional(),
});
/** The project as Docker parses it, with these files on top. */
const composeConfig = (files: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  const named = ['docker-compose.yml', ...files].flatMap((file) => ['--file', file]);
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return projectSchema.parse(
    JSON.parse(
      run(
        'env',
        ...[...settings, 'docker', 'compose', ...named],
        ...['--env-file', '/dev/null', '--profile', '*', 'config', '--format', 'json'],
      ),
    ),
  );
};
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
      cap_add: z.array(z.string()).optional(),
      command: z.array(z.string()).nullish(),
      deploy: z.object({ resources: z.object({ limits: z.object({ cpus: z.coerce.number() }) }) }),
    }),
  ),
});

describe.skipIf(!hasCompose)('docker-compose.yml', () => {
  const { services, networks } = hasCompose ? composeConfig([]) : { services: {}, networks: {} };
  const all = Object.entries(services);

  it.each(all)('takes from %s what it does not need', (_name, service) => {
    expect(service).toMatchObject({
      ...{ read_only: true, cap_drop: ['ALL'], init: true },
      security_opt: ['no-new-privileges:true'],
    });
    expect(service.mem_limit).toBeGreaterThan(0);
    // `cpus` above one would be refused on a single-CPU host.
    expect(service.cpus ?? (service.cpu_quota ?? 0) / 100_000).toBeGreaterThan(0);
    expect(service.cpus ?? 1).toBeLessThanOrEqual(1);
  });

  it('adds capabilities to the prober alone, for the users of its probes', () => {
    const added = all.filter(([, { cap_add }]) => cap_add !== undefined);
    expect(added.map(([name, { cap_add }]) => [name, cap_add])).toEqual([
      ['prober', ['SETUID', 'SETGID', 'KILL']],
    ]);
    const { command = [] } = services['prober'] ?? {};
    expect(command?.[0]).toBe('setpriv');
    // After switching users, it runs the image's command.
    const image = readFileSync(join(root, 'Dockerfile'), 'utf8');
    const own = JSON.stringify(command?.slice(4)).replaceAll(',', ', ');
    expect(image).toContain(`CMD ${own}`);
  });

  it('pins the version of every image of others', () => {
    const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
    const based = [...dockerfile.matchAll(/^ARG \w+_IMAGE=(\S+)$/gm)].map(([, image]) => image);
    expect(based).toHaveLength(4);
    const run = all.map(([, { image }]) => image).filter((image) => !image.startsWith('zephyr-'));
    for (const image of [...based, ...run]) {
      expect(image).toMatch(/:v?\d+\.\d+\.\d+(-[\w-]+)?(@sha256:[0-9a-f]{64})?$/);
    }
  });

  it.each(['docker-compose.yml', 'deploy/compose/scale.yml'])(
    'mounts only files that people write themselves: the rest of a clone may be closed to others, in %s',
    (file) => {
      const { services } = composeConfig(file === 'docker-compose.yml' ? [] : [file]);
      const mounted = Object.values(services).flatMap(({ volumes = [] }) =>
        volumes
          .filter(({ type }) => type === 'bind')
          .map(({ source = '' }) => relative(root, source)),
      );
      expect([...new Set(mounted)].toSorted()).toEqual(['config', 'grafana/alertmanager']);
    },
  );

  it('publishes the proxy, and all else on this machine only', () => {
    const published = all.flatMap(([name, { ports = [] }]) =>
      ports.map(({ host_ip }) => [name, host_ip] as const),
    );
    expect(Object.fromEntries(published)).toEqual({
      ...{ proxy: '0.0.0.0', controller: '127.0.0.1', grafana: '127.0.0.1', jaeger: '127.0.0.1' },
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

  it.each([[[]], [['deploy/compose/metrics.yml', 'deploy/compose/scale.yml']]])(
    'has one address for Prometheus of each service, or it would count it twice: with %j',
    (files) => {
      const { services } = composeConfig(files, { ZEPHYR_METRICS_BIND: '192.0.2.1' });
      const networksOf = (name: string) => Object.keys(services[name]?.networks ?? {});
      const ofPrometheus = networksOf('prometheus');
      for (const name of ['proxy', 'prober', 'controller', 'alertmanager']) {
        const shared = networksOf(name).filter((network) => ofPrometheus.includes(network));
        expect(shared, name).toEqual(['metrics']);
      }
    },
  );

  it('lets no container out through the networks of published ports', () => {
    const { networks } = composeConfig(['deploy/compose/metrics.yml'], {
      ZEPHYR_METRICS_BIND: '192.0.2.1',
    });
    for (const name of ['dashboards', 'federation']) {
      expect(networks[name]?.driver_opts, name).toEqual({
        'com.docker.network.bridge.enable_ip_masquerade': 'false',
      });
    }
  });

  it('gives every service the configuration by its path on the host, which messages name', () => {
    const { services } = composeConfig([], { ZEPHYR_CONFIG_FOLDER: './team' });
    for (const name of ['proxy', 'prober', 'controller', 'cli']) {
      const { environment = {}, volumes = [] } = services[name] ?? {};
      const path = environment['ZEPHYR_CONFIG'] ?? '';
      expect(join(path), name).toBe('team/config.toml');
      const mounted = volumes.find(({ source }) => source === join(root, 'team'));
      expect(mounted?.target, name).toBe(join('/app', path, '..'));
    }
  });

  it('mounts nothing of the host that a service may change', () => {
    for (const [name, { volumes = [] }] of all.filter(([name]) => name !== 'cli')) {
      for (const { type, source, read_only } of volumes) {
        if (type === 'bind') expect(read_only, `${name}: ${source}`).toBe(true);
        expect(source).not.toContain('docker.sock');
      }
    }
  });

  it('waits for a health check as long as Node needs to start on a busy machine', () => {
    const image = readFileSync(join(root, 'Dockerfile'), 'utf8');
    const ours = [...image.matchAll(/^HEALTHCHECK .*--timeout=(\S+)/gm)].map(
      ([, timeout]) => timeout,
    );
    expect(ours).toEqual(['10s', '10s', '10s', '10s']);
    const others = all.flatMap(([, { healthcheck }]) => healthcheck?.timeout ?? []);
    expect(new Set(others)).toEqual(new Set(['10s']));
  });

  it('gives a proxy longer to end than its answers have', () => {
    expect(services['proxy']?.stop_grace_period).toBe('11m0s');
    expect(timeouts.parse({}).drain_ms).toBeLessThan(11 * 60_000);
  });
});

describe('the swarm stack', () => {
  it.skipIf(!hasCompose)('is one that Docker understands', () => {
    run('docker', 'stack', 'config', '--compose-file', 'deploy/swarm/stack.yml');
  });

  it.skipIf(!hasCompose)('limits the processors, and starts the prober as compose does', () => {
    const { services } = stackSchema.parse(
      JSON.parse(
        run('docker', 'compose', '--file', 'deploy/swarm/stack.yml', 'config', '--format', 'json'),
      ),
    );
    for (const { deploy } of Object.values(services)) {
      expect(deploy.resources.limits.cpus).toBeGreaterThan(0);
    }
    const added = Object.entries(services).filter(([, { cap_add }]) => cap_add !== undefined);
    expect(added.map(([name, { cap_add }]) => [name, cap_add])).toEqual([
      ['prober', ['SETUID', 'SETGID', 'KILL']],
    ]);
    expect(services['prober']?.command?.slice(0, 2)).toEqual(['setpriv', '--reuid=10002']);
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

const bakeSchema = z.object({
  target: z.record(z.string(), z.object({ target: z.string(), platforms: z.array(z.string()) })),
});

describe('the Dockerfile', () => {
  it('has the program of its health check in each image of a service', () => {
    const stages = readFileSync(join(root, 'Dockerfile'), 'utf8').split(/^FROM /m);
    const checked = stages.filter((stage) =>
      stage.includes('CMD ["node", "deploy/container-check.ts"'),
    );
    expect(checked).toHaveLength(3);
    const copy = 'COPY --from=sources /source/deploy/container-check.ts deploy/container-check.ts';
    for (const stage of checked) expect(stage).toContain(copy);
    expect(readFileSync(join(root, '.dockerignore'), 'utf8')).toContain(
      'deploy/*\n!deploy/container-check.ts\n',
    );
  });
});

describe('docker-bake.hcl', () => {
  it.skipIf(!hasBuildx)('builds every service of the Dockerfile for both processors', () => {
    const file = ['--file', 'deploy/docker-bake.hcl'];
    const { target } = bakeSchema.parse(
      JSON.parse(run('docker', 'buildx', 'bake', ...file, '--print')),
    );
    const stages = readFileSync(join(root, 'Dockerfile'), 'utf8').matchAll(
      /^FROM runtime AS (\w+)$/gm,
    );
    const services = [...stages].map(([, name]) => name).filter((name) => name !== 'simulator');
    expect(
      Object.values(target)
        .map(({ target }) => target)
        .toSorted(),
    ).toEqual(services.toSorted());
    for (const { platforms } of Object.values(target)) {
      expect(platforms).toEqual(['linux/amd64', 'linux/arm64']);
    }
  });
});

describe.skipIf(!hasKubectl)('the manifests for Kubernetes', () => {
  const text = hasKubectl ? run('kubectl', 'kustomize', 'deploy/kubernetes/demo') : '';
  const documents = text.split(/^---$/m);
  const ofKind = (kind: string) =>
    documents.filter((document) => document.includes(`\nkind: ${kind}\n`));

  it('are valid by the Kubernetes schemas', async () => {
    const objects = ['base', 'demo'].flatMap((folder) =>
      objectsOf(run('kubectl', 'kustomize', `deploy/kubernetes/${folder}`)),
    );
    expect(objects.length).toBeGreaterThan(20);
    for (const object of objects) await validate(object);
    const wrong = objects.find(({ kind }) => kind === 'Deployment');
    await expect(validate({ ...wrong, spec: {} } as (typeof objects)[number])).rejects.toThrow(
      'must have required property',
    );
  });

  it('replicate the services that people need', () => {
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
      expect(deployment).toMatch(/limits:\n\s+cpu: /);
    }
    expect(text).toMatch(/pod-security.kubernetes.io\/enforce: restricted/);
    expect(text).toMatch(/pod-security.kubernetes.io\/enforce-version: v\d+\.\d+/);
  });

  it('allow only the listed traffic', () => {
    const policies = new Map(
      objectsOf(run('kubectl', 'kustomize', 'deploy/kubernetes/base'))
        .filter(({ kind }) => kind === 'NetworkPolicy')
        .map(({ metadata, ['spec']: spec }) => [metadata.name, policySchema.parse(spec)] as const),
    );
    expect(policies.get('nothing')).toMatchObject({
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
    });
    const open = [...policies].flatMap(([name, { ingress = [] }]) =>
      ingress
        .filter(({ from }) => from === undefined)
        .flatMap(({ ports = [] }) => ports.map(({ port }) => `${name} ${port}`)),
    );
    expect(open).toEqual(['people 8080']);
    const [toEndpoints] = policies.get('endpoints')?.egress ?? [];
    expect(toEndpoints?.ports).toEqual([{ port: 443 }]);
    const except = toEndpoints?.to?.flatMap(({ ipBlock }) => ipBlock?.except ?? []);
    expect(except).toEqual(expect.arrayContaining(['10.0.0.0/8', '169.254.0.0/16', 'fc00::/7']));
  });

  it('give the prober two capabilities if an overlay enables probe users', async () => {
    const overlay = mkdtempSync(join(import.meta.dirname, 'kubernetes/.test-'));
    onTestFinished(() => rmSync(overlay, { recursive: true }));
    writeFileSync(
      join(overlay, 'kustomization.yaml'),
      'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n' +
        'resources: [../base]\ncomponents: [../probe-users]\n',
    );
    const rendered = run('kubectl', 'kustomize', overlay);
    for (const object of objectsOf(rendered)) await validate(object);
    expect(rendered.match(/add:\n\s+- SETUID\n\s+- SETGID/g)).toHaveLength(1);
    expect(rendered.match(/ZEPHYR_PROBE_USERS/g)).toHaveLength(1);
    expect(rendered).toContain('pod-security.kubernetes.io/enforce: baseline');
  });

  it('give the controller egress if an overlay enables notifications', async () => {
    const overlay = mkdtempSync(join(import.meta.dirname, 'kubernetes/.test-'));
    onTestFinished(() => rmSync(overlay, { recursive: true }));
    writeFileSync(
      join(overlay, 'kustomization.yaml'),
      'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n' +
        'resources: [../base]\ncomponents: [../notifications]\n',
    );
    const objects = objectsOf(run('kubectl', 'kustomize', overlay));
    for (const object of objects) await validate(object);
    const added = objects.find(({ metadata }) => metadata.name === 'notifications');
    const [way] = policySchema.parse(added?.['spec']).egress ?? [];
    expect(way?.ports).toEqual([{ port: 443 }, { port: 465 }, { port: 587 }]);
    const except = way?.to?.flatMap(({ ipBlock }) => ipBlock?.except ?? []);
    expect(except).toEqual(expect.arrayContaining(['10.0.0.0/8', '169.254.0.0/16', 'fc00::/7']));
  });

  it('give the demo the configuration that the demo of compose has', () => {
    const read = (path: string) => readFileSync(join(import.meta.dirname, path), 'utf8');
    expect(read('kubernetes/demo/config.toml')).toBe(read('demo/config.toml'));
  });
});

const portsSchema = z.array(z.looseObject({ port: z.number() })).optional();
const policySchema = z.looseObject({
  ingress: z.array(z.object({ from: z.unknown().optional(), ports: portsSchema })).optional(),
  egress: z
    .array(
      z.object({
        to: z
          .array(
            z.looseObject({
              ipBlock: z.object({ cidr: z.string(), except: z.array(z.string()) }).optional(),
            }),
          )
          .optional(),
        ports: portsSchema,
      }),
    )
    .optional(),
});
