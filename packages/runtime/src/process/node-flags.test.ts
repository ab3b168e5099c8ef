import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { SERVICE_NODE_FLAGS } from './node-flags.ts';

const textOf = (file: string): string =>
  readFileSync(new URL(`../../../../${file}`, import.meta.url), 'utf8');

describe('the flags of Node', () => {
  it.each(['proxy', 'prober', 'controller'])('are those of the %s image too', (service) => {
    const command = ['node', ...SERVICE_NODE_FLAGS, `services/${service}/src/main.ts`];
    expect(textOf('Dockerfile')).toContain(
      `\nCMD [${command.map((part) => `"${part}"`).join(', ')}]\n`,
    );
  });

  it.each([
    'docker-compose.yml',
    'deploy/swarm/stack.yml',
    'deploy/helm/templates/prober.yaml',
    'deploy/kubernetes/probe-users/kustomization.yaml',
  ])('are those with which %s replaces the command of an image too', (file) => {
    const command = ['node', ...SERVICE_NODE_FLAGS, 'services/prober/src/main.ts'];
    expect(textOf(file).replaceAll(/\n +- /g, ' ')).toContain(` ${command.join(' ')}\n`);
  });

  it.each(['packages/cli/bin/zephyr', 'packages/cli/npm/zephyr'])(
    'are those of %s too, but for a smaller young generation',
    (file) => {
      for (const flag of SERVICE_NODE_FLAGS) {
        if (!flag.startsWith('--max-semi-space-size=')) expect(textOf(file)).toContain(flag);
      }
    },
  );
});
