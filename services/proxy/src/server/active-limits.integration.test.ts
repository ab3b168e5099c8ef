/** `[limits] active_requests` and `active_requests_per_client`; each slot is released again. */
import { createHash } from 'node:crypto';
import { eventually } from '@zephyr/testkit/eventually';
import { type CallResult, call, STREAM_BODY } from '@zephyr/testkit/http-call';
import {
  cutSse,
  hang,
  sse,
  status,
  type Turn,
  type UpstreamScript,
} from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it } from 'vitest';
import { type Rig, startRig } from '../test-support/rig.ts';

const ANN = 'ann-key-5c1d09a7f3';
const BOB = 'bob-key-0a93c7f1e2';
const clientKeys = [
  { name: 'ann', sha256: createHash('sha256').update(ANN).digest('hex') },
  { name: 'bob', sha256: createHash('sha256').update(BOB).digest('hex') },
];
const BODY_BYTES = 10_000;

function ask({ proxy }: Rig, key: string, more: Parameters<typeof call>[1] = {}) {
  return call(proxy.port, { ...more, headers: { 'x-api-key': key } });
}

/** Answers one at a time, when the test allows it. */
function heldAnswers() {
  const waiting: (() => void)[] = [];
  const script: UpstreamScript = async (turn: Turn) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    await sse()(turn);
  };
  return { script, waiting, answerNext: () => waiting.shift()?.() };
}

describe('the limit of active requests', () => {
  it('applies to all people together, and says when to retry', async () => {
    const rig = await startRig({
      clientKeys,
      limits: { activeRequests: 3, activeRequestsPerClient: 3 },
    });
    const { script, waiting, answerNext } = heldAnswers();
    rig.first.always(script);
    const active = [ask(rig, ANN), ask(rig, ANN), ask(rig, BOB)];
    await eventually(() => expect(waiting).toHaveLength(3));
    for (let round = 0; round < 2; round += 1) {
      for (const key of [ANN, BOB]) {
        const { status: code, headers } = await ask(rig, key);
        expect([code, headers['x-zephyr-error'], headers['retry-after']]).toEqual([
          503,
          'busy',
          '2',
        ]);
      }
      answerNext();
      await Promise.race(active);
      active.push(ask(rig, BOB));
      await eventually(() => expect(waiting).toHaveLength(3));
    }
    while (waiting.length > 0) answerNext();
    for (const { status: code } of await Promise.all(active)) expect(code).toBe(200);
  });

  it('applies per person: another one is served meanwhile', async () => {
    const rig = await startRig({ clientKeys, limits: { activeRequestsPerClient: 2 } });
    const { script, waiting, answerNext } = heldAnswers();
    rig.first.always(script);
    const active = [ask(rig, ANN), ask(rig, ANN)];
    await eventually(() => expect(waiting).toHaveLength(2));
    const { status: code, headers } = await ask(rig, ANN);
    expect([code, headers['x-zephyr-error'], headers['retry-after']]).toEqual([
      429,
      'client_busy',
      '2',
    ]);
    active.push(ask(rig, BOB));
    await eventually(() => expect(waiting).toHaveLength(3));
    while (waiting.length > 0) answerNext();
    for (const result of await Promise.all(active)) expect(result.status).toBe(200);
  });
});

interface Ending {
  readonly name: string;
  readonly script: UpstreamScript;
  readonly more?: (rig: Rig) => Parameters<typeof call>[1];
  readonly ended: Partial<CallResult>;
}

/** Leaves at the first byte of the answer. */
function leavingInTheStream(): Parameters<typeof call>[1] {
  const leaving = new AbortController();
  return { signal: leaving.signal, onChunk: () => leaving.abort() };
}

/** Leaves once the endpoint has the whole request: the slot is taken, and no answer will come. */
function leavingBeforeTheAnswer({ first }: Rig): Parameters<typeof call>[1] {
  const leaving = new AbortController();
  first.next(async ({ bodyComplete }) => {
    await bodyComplete;
    leaving.abort();
  });
  return { signal: leaving.signal };
}

const ENDINGS: readonly Ending[] = [
  { name: 'is answered', script: sse(), ended: { status: 200, end: 'clean' } },
  { name: 'is refused by the endpoint', script: status(400), ended: { status: 400 } },
  { name: 'fails at every endpoint', script: status(503), ended: { status: 503 } },
  { name: 'is cut', script: cutSse(3, 'reset'), ended: { status: 200, end: 'cut' } },
  {
    name: 'is too large',
    script: sse(),
    more: () => ({ body: 'x'.repeat(BODY_BYTES + 1) }),
    ended: { status: 413 },
  },
  {
    name: 'is abandoned before its answer',
    script: hang(),
    more: leavingBeforeTheAnswer,
    ended: { end: 'failed' },
  },
  {
    name: 'is abandoned during its answer',
    script: sse({ gapMs: 20, deltas: 1_000 }),
    more: leavingInTheStream,
    ended: { end: 'failed' },
  },
];

describe('the slot of a request', () => {
  it.each(ENDINGS)('is given back when it $name, each time', async ({ script, more, ended }) => {
    const rig = await startRig({
      clientKeys,
      failover: { failuresToEject: 1_000_000 },
      limits: { activeRequests: 2, activeRequestsPerClient: 1, bodyBytes: BODY_BYTES },
    });
    for (let round = 0; round < 4; round += 1) {
      for (const upstream of rig.upstreams) upstream.always(script);
      expect(await ask(rig, ANN, { body: STREAM_BODY, ...more?.(rig) })).toMatchObject(ended);
      for (const upstream of rig.upstreams) upstream.always(sse());
      // A client that left is noticed slightly later.
      await eventually(async () => expect((await ask(rig, ANN)).status).toBe(200));
      expect((await ask(rig, BOB)).status).toBe(200);
    }
    expect((await rig.proxy.status()).active_requests).toBe(0);
  });
});
