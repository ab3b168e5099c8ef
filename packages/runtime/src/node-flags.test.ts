import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { SERVICE_NODE_FLAGS } from './node-flags.ts';

describe('the flags of Node', () => {
  it.each(['proxy', 'prober', 'controller'])('are those of the %s image too', (service) => {
    const dockerfile = readFileSync(new URL('../../../Dockerfile', import.meta.url), 'utf8');
    const command = ['node', ...SERVICE_NODE_FLAGS, `services/${service}/src/main.ts`];
    expect(dockerfile).toContain(`\nCMD [${command.map((part) => `"${part}"`).join(', ')}]\n`);
  });
});
