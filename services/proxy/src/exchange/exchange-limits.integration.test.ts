/** Limits of one request as a whole: its time, and the share of the budget that its retries take. */

import { RETRY_POLL_MS } from '@zephyr/core';
import { eventually } from '@zephyr/testkit/eventually';
import { call } from '@zephyr/testkit/http-call';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import { cutSse, hang, json, status, type UpstreamScript } from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it } from 'vitest';
import { startRig } from '../test-support/rig.ts';

describe('the total time limit of a request', () => {
  const patient = { firstByteMs: 3_600_000, idleMs: 3_600_000, totalMs: 1_800_000 };

  it('ends a wait for an answer with an error, and the connection upstream', async () => {
    const clock = new ManualClock();
    const { proxy, first } = await startRig({ clock, count: 1, timeouts: patient });
    first.always(hang());
    for (let round = 1; round <= 2; round += 1) {
      const answer = call(proxy.port);
      await eventually(() => expect(first.ledger).toHaveLength(round));
      clock.advance(patient.totalMs);
      const { status: code, headers } = await answer;
      expect([code, headers['x-zephyr-error']]).toEqual([504, 'upstream_timeout']);
      await eventually(() => expect(first.openConnections).toBe(0));
    }
  });

  it('cuts an answer that is still running', async () => {
    const clock = new ManualClock();
    const { proxy, first } = await startRig({ clock, count: 1, timeouts: patient });
    first.always(cutSse(3, 'silence'));
    const begun = Promise.withResolvers<void>();
    const answer = call(proxy.port, { onChunk: () => begun.resolve() });
    await begun.promise;
    clock.advance(patient.totalMs);
    expect((await answer).end).toBe('cut');
    expect(await proxy.attempts()).toEqual({ 'e1 timeout': 1 });
  });
});

describe('the retry budget', () => {
  it('is refunded for a retry that succeeds', async () => {
    // Ten retries, and no time passes in which more are added.
    const failover = { retryRatio: 0, retriesPerSecond: 1, failuresToEject: 1_000_000 };
    const { proxy, upstreams } = await startRig({ clock: new ManualClock(), failover });
    let deliveries = 0;
    const everySecondFails: UpstreamScript = (turn) => {
      deliveries += 1;
      return (deliveries % 2 === 1 ? status(503) : json())(turn);
    };
    for (const upstream of upstreams) upstream.always(everySecondFails);
    for (let round = 0; round < 25; round += 1) expect((await call(proxy.port)).status).toBe(200);
    expect(deliveries).toBe(50);
  });

  /** Sends several at the same time; the clock moves only once the last of them is waiting. */
  function askAll(port: number, clock: ManualClock, count: number) {
    const codes: number[] = [];
    for (let each = 0; each < count; each += 1) {
      void call(port).then(({ status: code }) => codes.push(code));
    }
    const all = async (): Promise<readonly number[]> => {
      await eventually(() => {
        clock.advance(RETRY_POLL_MS);
        expect(codes).toHaveLength(count);
      });
      return codes;
    };
    return { all };
  }

  it('is spent by failed retries; a request that gets none ends a moment later', async () => {
    const failover = { retryRatio: 0, retriesPerSecond: 1, failuresToEject: 1_000_000 };
    const clock = new ManualClock();
    const { proxy, upstreams } = await startRig({ clock, failover });
    for (const upstream of upstreams) upstream.always(status(503));
    const delivered = () => upstreams.reduce((sum, { ledger }) => sum + ledger.length, 0);
    const asked = askAll(proxy.port, clock, 25);
    await eventually(() => expect(delivered()).toBe(25 + 10));
    expect(new Set(await asked.all())).toEqual(new Set([503]));
    expect(delivered()).toBe(25 + 10);
  });

  it('loses no request when spent, if an endpoint is found that answers', async () => {
    const failover = { retryRatio: 0, retriesPerSecond: 0.1, failuresToEject: 1_000_000 };
    const clock = new ManualClock();
    const { proxy, upstreams, first, second } = await startRig({ clock, failover });
    for (const upstream of upstreams) upstream.always(status(503));
    const asked = askAll(proxy.port, clock, 4);
    await eventually(() => expect([first.ledger.length, second.ledger.length]).toEqual([4, 1]));
    second.always(json());
    await first.refuse();
    expect((await call(proxy.port)).status).toBe(200);
    // One request has had its retry, which failed.
    expect((await asked.all()).toSorted()).toEqual([200, 200, 200, 503]);
  });
});
