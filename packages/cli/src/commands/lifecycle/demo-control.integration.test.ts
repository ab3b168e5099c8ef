import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type SimulatedEndpoint, startSimulatedEndpoint } from '@zephyr/testkit/simulated-endpoint';
import { translator } from '@zephyr/texts';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import { stateFolder } from '../../launch/state-folder.ts';
import { controlDemo, serveDemoControl } from './demo-control.ts';

describe('demos side by side', () => {
  let environment: { XDG_STATE_HOME: string };
  beforeEach(() => {
    environment = { XDG_STATE_HOME: mkdtempSync(join(tmpdir(), 'zephyr-demos-')) };
    // Left by a killed demo.
    writeFileSync(join(stateFolder(environment, 'demo'), 'control-7000'), 'http://127.0.0.1:9');
  });
  afterEach(() => rmSync(environment.XDG_STATE_HOME, { recursive: true }));

  async function startOne(port: number): Promise<SimulatedEndpoint> {
    const endpoint = await startSimulatedEndpoint({
      ...{ name: 'Tokyo', token: 'x', firstEventMs: 1, jitterMs: 0, failureRatio: 0 },
      ...{ wordMs: 1, seed: 1 },
    });
    const control = await serveDemoControl([endpoint], port, environment);
    onTestFinished(async () => {
      await control.stop();
      await endpoint.kill();
    });
    return endpoint;
  }

  const isAlive = (endpoint: SimulatedEndpoint): Promise<boolean> =>
    fetch(endpoint.url).then(
      () => true,
      () => false,
    );
  const kill = { action: 'kill', endpoint: 'tokyo' } as const;

  it('controls the only running one without --port', async () => {
    const endpoint = await startOne(8080);
    expect(await controlDemo(kill, environment, translator('en'))).toBe('Tokyo is stopped');
    expect(await isAlive(endpoint)).toBe(false);
  });

  it('asks which of two is meant, and touches no other', async () => {
    const [first, second] = [await startOne(8080), await startOne(9080)];
    await expect(controlDemo(kill, environment, translator('en'))).rejects.toThrow(
      'several demos are running, on the ports 8080, 9080',
    );
    expect(await controlDemo({ ...kill, port: 9080 }, environment, translator('en'))).toBe(
      'Tokyo is stopped',
    );
    expect([await isAlive(first), await isAlive(second)]).toEqual([true, false]);
    await expect(
      controlDemo({ ...kill, port: 7000 }, environment, translator('en')),
    ).rejects.toThrow('no demo is running on 7000');
  });
});
