/** Traces as received by a collector, and their headers at endpoints. */
import { createHash } from 'node:crypto';
import { Secret } from '@zephyr/runtime/secret';
import { eventually } from '@zephyr/testkit/eventually';
import { call } from '@zephyr/testkit/http-call';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import {
  type OtlpReceiver,
  type ReceivedSpan,
  startOtlpReceiver,
} from '@zephyr/testkit/otlp-receiver';
import { openTestRedis, startTestRedis } from '@zephyr/testkit/redis';
import { status } from '@zephyr/testkit/upstream-scripts';
import pino from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';

import { Bill, charged, MODEL } from '../test-support/billed-requests.ts';
import { type RigOptions, startRig } from '../test-support/rig.ts';
import { publishSnapshot } from '../test-support/snapshots.ts';
import { tokenOf } from '../test-support/test-proxy.ts';
import { OtelTracing } from './opentelemetry.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const SESSION = 'b5ab7d4c-canary-session';
const KEYS = { ann: 'canary-key-of-ann', bob: 'canary-key-of-bob' };
const body = JSON.stringify({
  ...{ model: MODEL, max_tokens: 9, stream: true },
  messages: [{ role: 'user', content: 'canary-prompt' }],
});

async function startReceiver(): Promise<OtlpReceiver> {
  const receiver = await startOtlpReceiver();
  onTestFinished(() => receiver.stop());
  return receiver;
}

/** @param lines of `[traces]` */
async function startTraced(options: RigOptions & { readonly traces?: string } = {}) {
  const receiver = await startReceiver();
  const { traces = '', ...rest } = options;
  const rig = await startRig({
    ...rest,
    tables: `[traces]\notlp_endpoint = "${receiver.url}"\n${traces}`,
    variables: { OTLP_HEADERS: 'x-scope-orgid=canary-of-the-receiver' },
    failover: { failuresToEject: 1_000 },
  });
  return { ...rig, receiver };
}

const named = (receiver: OtlpReceiver, key: string, value: unknown) =>
  receiver.spans.filter(({ attributes }) => attributes[key] === value);

const carriedBy = ({ traceId, spanId }: ReceivedSpan) => `00-${traceId}-${spanId}-01`;

describe('a trace', () => {
  it('of a failed-over request has one root and two attempts; a second person has a separate one', async () => {
    const redisServer = await startTestRedis();
    const redis = openTestRedis(redisServer);
    onTestFinished(async () => {
      redis.disconnect();
      await redisServer.stop();
    });
    const { proxy, first, second, receiver } = await startTraced({
      traces: 'headers_env = "OTLP_HEADERS"',
      redisUrl: redisServer.url,
      clientKeys: Object.entries(KEYS).map(([name, key]) => ({
        ...{ name, sha256: createHash('sha256').update(key).digest('hex') },
      })),
    });
    const { configHash } = proxy;
    await publishSnapshot(redis, { order: ['e1', 'e2'], configHash, decision: 17 });
    await eventually(async () => expect((await proxy.status()).snapshot.version).toBe(1));
    const bill = new Bill();
    first.next(status(529));
    second.next(charged(bill));
    const headers = {
      ...{ 'x-api-key': KEYS.ann, 'x-claude-code-session-id': SESSION },
      ...{ traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: 'ours=1' },
    };
    expect((await call(proxy.port, { headers, body })).status).toBe(200);
    const bobs = { 'x-api-key': KEYS.bob, tracestate: 'without=parent' };
    expect((await call(proxy.port, { headers: bobs, body })).status).toBe(200);
    await proxy.stop();

    const [root] = named(receiver, 'zephyr.person', 'ann');
    expect(root).toMatchObject({
      ...{ traceId: TRACE, parentSpanId: PARENT, kind: 2, name: 'POST /v1/messages', status: 0 },
      attributes: {
        ...{ 'http.request.method': 'POST', 'http.response.status_code': 200 },
        ...{ 'zephyr.outcome': 'ok', 'zephyr.endpoint': 'e2', 'zephyr.group': 'main' },
        ...{ 'zephyr.attempts': 2, 'zephyr.decision': 17 },
      },
    });
    expect(root?.attributes['zephyr.request_id']).toMatch(/^zephyr_/);
    const attempts = receiver.spans.filter(({ parentSpanId }) => parentSpanId === root?.spanId);
    expect(attempts).toMatchObject([
      {
        ...{ traceId: TRACE, kind: 3, name: `chat ${MODEL}`, status: 2 },
        attributes: {
          ...{ 'zephyr.endpoint': 'e1', 'zephyr.attempt': 1, 'error.type': 'overloaded' },
          ...{ 'server.address': '127.0.0.1', 'server.port': first.port },
          'http.response.status_code': 529,
        },
      },
      {
        ...{ traceId: TRACE, kind: 3, name: `chat ${MODEL}`, status: 0 },
        attributes: {
          ...{ 'zephyr.endpoint': 'e2', 'zephyr.attempt': 2, 'http.response.status_code': 200 },
          ...{ 'gen_ai.provider.name': 'anthropic', 'gen_ai.operation.name': 'chat' },
          ...{ 'gen_ai.request.model': MODEL, 'gen_ai.usage.output_tokens': 3 },
          // 1 read now, 1,001 from the cache, 2 and 5 into it.
          ...{ 'gen_ai.usage.input_tokens': 1_009 },
          'gen_ai.usage.cache_read.input_tokens': 1_001,
          'gen_ai.usage.cache_creation.input_tokens': 7,
        },
      },
    ]);
    expect(attempts[0]?.attributes).not.toHaveProperty('gen_ai.usage.input_tokens');
    const [failed, served] = attempts as [ReceivedSpan, ReceivedSpan];
    expect(failed.endNanos).toBeLessThanOrEqual(served.startNanos);
    expect(served.endNanos).toBeLessThanOrEqual((root as ReceivedSpan).endNanos);
    expect(first.ledger[0]?.headers['traceparent']).toBe(carriedBy(failed));
    expect(second.ledger[0]?.headers).toMatchObject({
      ...{ traceparent: carriedBy(served), tracestate: 'ours=1' },
    });

    const [other] = named(receiver, 'zephyr.person', 'bob');
    expect(other).toMatchObject({ parentSpanId: '', attributes: { 'zephyr.attempts': 1 } });
    expect(other?.traceId).not.toBe(TRACE);
    const asked = [...first.ledger, ...second.ledger].filter(({ headers: { traceparent } }) =>
      String(traceparent).includes(String(other?.traceId)),
    );
    expect(asked).toHaveLength(1);
    expect(asked[0]?.headers).not.toHaveProperty('tracestate');
    expect(receiver.spans).toHaveLength(5);

    expect(receiver.requests[0]).toMatchObject({
      url: '/v1/traces',
      headers: { 'x-scope-orgid': 'canary-of-the-receiver' },
    });
    // The session appears only as the pseudonym that dashboards show.
    expect(attempts[0]?.attributes['gen_ai.conversation.id']).toMatch(/^[0-9a-f]+$/);
    expect(receiver.text).not.toContain('canary');
    expect(receiver.text).not.toContain(tokenOf('main'));
    expect(proxy.log()).not.toContain('canary-of');
  });

  it('is sampled as the client decides, otherwise by the configured ratio', async () => {
    const { proxy, first, receiver } = await startTraced({ count: 1, traces: 'sample_ratio = 0' });
    await call(proxy.port);
    await call(proxy.port, { headers: { traceparent: `00-${TRACE}-${PARENT}-01` } });
    await proxy.stop();
    expect(receiver.spans.map(({ traceId }) => traceId)).toEqual([TRACE, TRACE]);
    // Services further on can see that we did not record it.
    expect(first.ledger[0]?.headers['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  });

  it('that no receiver accepts costs requests nothing', async () => {
    const { proxy, receiver } = await startTraced({ count: 1 });
    await receiver.stop();
    for (const _ of [1, 2]) expect(await call(proxy.port)).toMatchObject({ end: 'clean' });
    await proxy.stop();
  });

  it('is neither created nor propagated if no receiver is configured', async () => {
    const { proxy, first } = await startRig({ count: 1 });
    await call(proxy.port);
    const traceparent = `00-${TRACE}-${PARENT}-01`;
    await call(proxy.port, { headers: { traceparent } });
    const seen = first.ledger.map(({ headers }) => headers['traceparent']);
    expect(seen).toEqual([undefined, traceparent]);
  });
});

describe('a receiver that refuses traces', () => {
  it('is logged once a minute, without its answer, and refused traces are lost', async () => {
    const receiver = await startReceiver();
    receiver.answerWith(400);
    const lines: string[] = [];
    const clock = new ManualClock();
    const tracing = new OtelTracing(receiver.url, {
      config: { otlpEndpoint: receiver.url, sampleRatio: 1 },
      headers: new Map([['authorization', new Secret('canary')]]),
      ...{ instanceId: 'p', clock, log: pino({}, { write: (line) => lines.push(line) }) },
    });
    const record = { attempts: [], outcome: 'failed' } as never;
    const request = { headers: {}, method: 'GET', path: '/', decision: undefined } as const;
    for (let index = 0; index < 3_000; index += 1) {
      tracing.begin({ ...request, operation: 'models' }).ended(record, 503);
    }
    await tracing.stop();
    expect(receiver.requests.length).toBeGreaterThan(1);
    expect(receiver.requests.length).toBeLessThan(6);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('"reason":"400"');
    expect(lines[0]).not.toContain('canary');
  });
});
