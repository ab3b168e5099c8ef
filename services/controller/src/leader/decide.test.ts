import type { ProxyPresence } from '@zephyr/contract/presence';
import { describe, expect, it } from 'vitest';

import { freshProgress, readingOf } from '../test-support/batches.ts';
import { decide } from './decide.ts';

/** Another version of the proxy may report what this one cannot take. */
const foreign = { proxyId: 'p' } as ProxyPresence;

describe('decide', () => {
  it('goes on without an event that the core cannot take, and does not record it', () => {
    const batch = decide(freshProgress(), readingOf({ presences: [foreign] }));
    expect(batch.setAside.map(({ kind, id }) => [kind, id])).toEqual([['presence', 'p']]);
    expect(batch.inputs.map(({ event }) => event.kind)).toEqual(['tick']);
  });
});
