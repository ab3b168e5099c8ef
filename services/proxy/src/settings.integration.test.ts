/** A changed configuration while requests run. */
import type { Config } from '@zephyr/runtime/config/config';
import type { LoadedConfig } from '@zephyr/runtime/config/load';
import type { ConfigChange, ConfigSource } from '@zephyr/runtime/config/source';
import { Secret } from '@zephyr/runtime/secret';
import { call } from '@zephyr/testkit/http-call';
import { sse } from '@zephyr/testkit/scripted-upstream';
import { describe, expect, it, vi } from 'vitest';

import { startRig } from './test-support/rig.ts';

/** Tells changes when the test says so. */
class TestSource implements ConfigSource {
  readonly #listeners: ((change: ConfigChange) => void)[] = [];
  loaded: LoadedConfig | undefined;

  current(): LoadedConfig {
    if (this.loaded === undefined) throw new Error('not started');
    return this.loaded;
  }
  subscribe(listener: (change: ConfigChange) => void): void {
    this.#listeners.push(listener);
  }
  reload(): ConfigChange {
    return { status: 'applied', loaded: this.current() };
  }
  stop(): void {
    this.#listeners.length = 0;
  }
  change(edit: (loaded: LoadedConfig) => Partial<LoadedConfig>): void {
    this.loaded = { ...this.current(), ...edit(this.current()) };
    for (const listener of this.#listeners) listener(this.reload());
  }
}

async function start() {
  const source = new TestSource();
  const rig = await startRig({
    configSource: source,
    onLoaded: (loaded) => {
      source.loaded = loaded;
    },
  });
  return { ...rig, source };
}

function without(config: Config, id: string): Config {
  return { ...config, endpoints: config.endpoints.filter((endpoint) => endpoint.id !== id) };
}

describe('a changed configuration', () => {
  it('F4 that removes the active endpoint: its streams end, new requests go elsewhere', async () => {
    const { proxy, source, first } = await start();
    first.always(sse({ gapMs: 100, deltas: 8 }));
    const begun = Promise.withResolvers<void>();
    const running = call(proxy.port, { onChunk: () => begun.resolve() });
    await begun.promise;
    source.change(({ config }) => ({ config: without(config, 'e1') }));
    expect((await call(proxy.port)).headers['x-zephyr-endpoint']).toBe('e2');
    expect(await running).toMatchObject({ status: 200, end: 'clean' });
    await vi.waitFor(() => expect(first.openConnections).toBe(0));
    expect((await proxy.status()).endpoints.map(({ id }) => id)).toEqual(['e2']);
  });

  it('F6 that rotates a token: new requests use it, running ones end', async () => {
    const { proxy, source, first } = await start();
    first.always(sse({ gapMs: 60, deltas: 8 }));
    const begun = Promise.withResolvers<void>();
    const running = call(proxy.port, { onChunk: () => begun.resolve() });
    await begun.promise;
    source.change(({ secrets }) => ({
      secrets: { ...secrets, groupTokens: new Map([['main', new Secret('rotated-token')]]) },
    }));
    await call(proxy.port);
    expect((await running).end).toBe('clean');
    expect(first.ledger.map(({ headers }) => headers['authorization'])).toEqual([
      expect.stringContaining('canary'),
      'Bearer rotated-token',
    ]);
  });

  it('keeps connections of endpoints that did not change', async () => {
    const { proxy, source, first } = await start();
    await call(proxy.port);
    source.change(({ config }) => ({
      config: { ...config, failover: { ...config.failover, maxReplays: 0 } },
    }));
    await call(proxy.port);
    expect(first.connectionsSeen).toBe(1);
  });
});
