import { setImmediate as turn } from 'node:timers/promises';

import { ManualClock } from '@zephyr/testkit/manual-clock';
import { describe, expect, it } from 'vitest';

import { type StartedService, superviseService } from './supervised-service.ts';

/** One run of a service that only the test makes ready, and ends. */
class Run implements StartedService {
  readonly #ready = Promise.withResolvers<number>();
  readonly #ended = Promise.withResolvers<string>();
  readonly calls: string[] = [];
  readonly listeners = [];

  get ready(): Promise<number> {
    return this.#ready.promise;
  }

  get ended(): Promise<string> {
    return this.#ended.promise;
  }

  stop(): void {
    this.calls.push('stop');
  }

  kill(): void {
    this.calls.push('kill');
  }

  isReady(): void {
    this.#ready.resolve(8_080);
  }

  ends(how = 'exit code 1'): void {
    this.#ended.resolve(how);
  }
}

function start() {
  const clock = new ManualClock();
  const passes = async (ms = 0): Promise<void> => {
    clock.advance(ms);
    await turn();
  };
  const runs: Run[] = [];
  const lines: string[] = [];
  const service = superviseService(
    {
      ...{ name: 'proxy', environment: {}, readyTimeoutMs: 60_000 },
      onLine: (_, line) => lines.push(line),
    },
    () => {
      const run = new Run();
      runs.push(run);
      return run;
    },
    clock,
  );
  const last = (): Run => runs.at(-1) ?? expect.fail('nothing was started');
  const crash = async (): Promise<number> => {
    last().isReady();
    await passes();
    const before = runs.length;
    last().ends();
    await passes();
    let waitedMs = 0;
    for (; runs.length === before && waitedMs < 60_000; waitedMs += 500) await passes(500);
    return waitedMs;
  };
  return { service, runs, lines, last, crash, passes, clock };
}

describe('a supervised service', () => {
  it('waits twice as long after each crash, up to ten seconds', async () => {
    const { crash, lines } = start();
    const waited: number[] = [];
    for (let time = 0; time < 7; time += 1) waited.push(await crash());
    expect(waited).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
    expect(lines[1]).toBe('ended with exit code 1; starting it again in 1 s');
  });

  it('waits the shortest time again after it ran for more than a minute', async () => {
    const { crash, last, passes } = start();
    expect([await crash(), await crash()]).toEqual([500, 1_000]);
    last().isReady();
    await passes(60_000);
    expect(await crash()).toBe(2_000);
    last().isReady();
    await passes(60_001);
    expect(await crash()).toBe(500);
  });

  it('that is stopped while it waits is not started again', async () => {
    const { service, runs, last, passes, clock } = start();
    last().isReady();
    await passes();
    last().ends();
    await passes();
    await service.stop();
    await passes(60_000);
    expect(runs).toHaveLength(1);
    expect(clock.timers).toBe(0);
  });

  it('that is stopped twice is asked once, and not started again', async () => {
    const { service, runs, last, passes } = start();
    last().isReady();
    await passes();
    const stops = [service.stop(), service.stop()];
    expect(last().calls).toEqual(['stop']);
    last().ends('a request to stop');
    await Promise.all(stops);
    await passes(60_000);
    expect(runs).toHaveLength(1);
  });

  it('that is not ready in time at its first start is killed, and has failed', async () => {
    const { service, runs, last, passes } = start();
    const failed = expect(service.ready).rejects.toThrow('not ready after 60 s');
    await passes(59_999);
    expect(last().calls).toEqual([]);
    await passes(1);
    expect(last().calls).toEqual(['kill']);
    last().ends('a request to end at once');
    await failed;
    await service.stop();
    expect(runs).toHaveLength(1);
  });

  it('may take longer at a later start', async () => {
    const { crash, last, passes } = start();
    await crash();
    await passes(120_000);
    expect(last().calls).toEqual([]);
  });
});
