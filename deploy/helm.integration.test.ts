/** The Helm chart renders the same deployment as kubernetes/base, with values instead of patches. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { hasKubectl, type KubernetesObject, objectsOf, run, validate } from './rendered.ts';

const root = join(import.meta.dirname, '..');
const chart = 'deploy/helm';
// A helm built from source knows no newer cluster.
const cluster = ['--kube-version', '1.32.0'];
const withConfig = ['--set-file', 'config=config.toml.example'];
const hasHelm = spawnSync('helm', ['version']).status === 0;

const template = (...args: string[]) =>
  objectsOf(run('helm', 'template', 'zephyr', chart, '--namespace', 'zephyr', ...cluster, ...args));
const rendered = (...args: string[]) => template(...withConfig, ...args);
const named = (objects: readonly KubernetesObject[]) =>
  Object.fromEntries(objects.map((one) => [`${one.kind} ${one.metadata.name}`, one]));

describe.skipIf(!hasHelm)('the Helm chart', () => {
  it('passes lint', () => {
    expect(run('helm', 'lint', '--strict', chart, ...cluster, ...withConfig)).toContain(
      '0 chart(s) failed',
    );
  });

  it.skipIf(!hasKubectl)('renders the same as kubernetes/base', () => {
    const { 'Namespace zephyr': _namespace, ...base } = named(
      objectsOf(run('kubectl', 'kustomize', 'deploy/kubernetes/base')),
    );
    const { 'ConfigMap zephyr-config': _config, ...ours } = named(rendered());
    expect(ours).toEqual(base);
  });

  it('renders valid Kubernetes objects, with all values in use', async () => {
    const objects = rendered(
      ...['--set', 'prober.probeUsers=true,image.registry=registry.example/,image.tag=1.2.3'],
      ...['--set', 'image.pullSecrets={one,two},ingress.enabled=true,ingress.host=zephyr.example'],
      ...['--set', 'ingress.className=nginx,ingress.tlsSecret=zephyr-tls,proxy.replicas=5'],
    );
    for (const object of objects) await validate(object);
    const text = JSON.stringify(objects);
    expect(text).toContain('registry.example/zephyr-prober:1.2.3');
    expect(text.match(/"add":\["SETUID","SETGID"\]/g)).toHaveLength(1);
    expect(named(objects)['Deployment proxy']).toMatchObject({
      spec: {
        replicas: 5,
        template: { spec: { imagePullSecrets: [{ name: 'one' }, { name: 'two' }] } },
      },
    });
    expect(named(objects)['Ingress proxy']).toMatchObject({
      spec: { ingressClassName: 'nginx', tls: [{ hosts: ['zephyr.example'] }] },
    });
  });

  it.each([
    ['[[notify]]\nkind = "slack"\n', true],
    ['# [[notify]]\n', false],
  ])('lets the controller out only where it notifies somebody: %j', (config, isOpen) => {
    const objects = template('--set-json', `config=${JSON.stringify(config)}`);
    expect('NetworkPolicy notifications' in named(objects)).toBe(isOpen);
  });

  it('omits network policies if disabled', () => {
    const kinds = rendered('--set', 'networkPolicies=false').map(({ kind }) => kind);
    expect(kinds).not.toContain('NetworkPolicy');
    expect(kinds).toContain('Deployment');
  });

  it.each([
    { name: 'no configuration', args: [], problem: 'config is empty: --set-file config=' },
    {
      name: 'a mistyped value',
      args: [...withConfig, '--set', 'proxy.replica=2'],
      problem: 'replica',
    },
    {
      name: 'no replicas',
      args: [...withConfig, '--set', 'proxy.replicas=0'],
      problem: 'replicas',
    },
    {
      name: 'an ingress without a host',
      args: [...withConfig, '--set', 'ingress.enabled=true'],
      problem: 'ingress.host is empty',
    },
  ])('rejects $name', ({ args, problem }) => {
    const { status, stderr } = spawnSync(
      'helm',
      ['template', 'zephyr', chart, ...cluster, ...args],
      {
        ...{ cwd: root, encoding: 'utf8' },
      },
    );
    expect(status).not.toBe(0);
    expect(stderr).toContain(problem);
  });
});
