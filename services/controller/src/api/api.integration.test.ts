import { request } from 'node:http';
import { decisionsSchema, historySchema, logEntrySchema } from '@zephyr/contract/api/api-history';
import { apiStateSchema } from '@zephyr/contract/api/api-state';
import { decisionSchema } from '@zephyr/contract/decide/decision';
import { trendsSchema } from '@zephyr/contract/history/rollup';
import { auditRecordSchema } from '@zephyr/contract/operate/operator-command';
import { problemSchema } from '@zephyr/contract/operate/problem';
import { DAY_MS } from '@zephyr/contract/units';
import { REMOVED_BEFORE_HEADER, usageReportSchema } from '@zephyr/contract/usage/usage';
import { endpointId, epochMs, parseRecording, replayRecording } from '@zephyr/core';
import { keys } from '@zephyr/runtime/redis/keys';
import { recordProbe } from '@zephyr/runtime/redis/probe-store';
import { readLast } from '@zephyr/runtime/redis/read-streams';
import { VERSION } from '@zephyr/runtime/version';
import { eventually } from '@zephyr/testkit/eventually';
import { call } from '@zephyr/testkit/http-call';
import { redisOfFile } from '@zephyr/testkit/use-redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ControllerProcess } from '../test-support/controller-process.ts';
import { readEvents } from '../test-support/read-events.ts';

const TOKEN = 'a-long-admin-token-for-the-test';

const { server, redis } = await redisOfFile({ keepsData: true });
let open: ControllerProcess;
let guarded: ControllerProcess;

beforeAll(async () => {
  open = await ControllerProcess.start({ redisUrl: server.url });
  guarded = await ControllerProcess.start({
    redisUrl: server.url,
    env: { ZEPHYR_ADMIN_TOKEN: TOKEN },
  });
  await eventually(async () => expect((await open.get('/api/state')).status).toBe(200));
});
afterAll(async () => {
  await open.stop();
  await guarded.stop();
});

describe('reading', () => {
  it('returns the state that the schema describes', async () => {
    const state = apiStateSchema.parse(await (await open.get('/api/state')).json());
    expect(state.endpoints.map(({ id }) => id)).toEqual(['one', 'two']);
    expect(state.leadership.status).toBe('leading');
  });

  it('reports from when usage is complete after older usage was removed, in JSON and beside the CSV', async () => {
    const removedBefore = async () => {
      const csv = await open.get('/api/usage.csv?since=400d');
      const report = await (await open.get('/api/usage?since=400d')).json();
      return [
        csv.headers.get(REMOVED_BEFORE_HEADER),
        usageReportSchema.parse(report).removed_before,
      ];
    };
    expect(await removedBefore()).toEqual([null, null]);
    const today = new Date(Math.floor(Date.now() / DAY_MS) * DAY_MS).toISOString();
    await redis.set(keys.usageRemoved('day'), Date.parse(today));
    expect(await removedBefore()).toEqual([today, today]);
    await redis.del(keys.usageRemoved('day'));
  });

  it('shows a probe in the state, the history and the metrics', async () => {
    await recordProbe(redis, {
      endpointId: endpointId('one'),
      slot: 'one:1',
      sequence: 1,
      style: 'cli',
      startedAtMs: epochMs(Date.now()),
      wallMs: 1_500,
      verdict: { status: 'ok', latencyMs: 432 },
      usage: { inputTokens: 100, outputTokens: 5, cacheReadTokens: 0, cacheWriteTokens: 0 },
      costUsd: 0.001,
      score: { status: 'unknown', failureMs: 0 },
    });
    await eventually(async () => {
      const state = apiStateSchema.parse(await (await open.get('/api/state')).json());
      const one = state.endpoints.find(({ id }) => id === 'one');
      expect(one?.health.status).toBe('healthy');
      expect(one?.probe.today).toMatchObject({ probes: 1, inputTokens: 100, costUsd: 0.001 });
      expect(one?.successRatio).toBe(1);
    });
    const history = historySchema.parse(await (await open.get('/api/history')).json());
    expect(history.samples).toContainEqual(
      expect.objectContaining({ endpointId: 'one', verdict: { status: 'ok', latencyMs: 432 } }),
    );
    const metrics = await (await open.get('/metrics')).text();
    expect(metrics).toContain('zephyr_controller_endpoint_healthy{endpoint="one"} 1');
    expect(metrics).toContain('zephyr_controller_leader 1');
    expect(metrics).toContain('zephyr_controller_endpoint_token_refused{endpoint="one"} 0');
    expect(metrics).toContain('zephyr_controller_endpoint_probe_overdue_seconds{endpoint="one"} 0');
    expect(metrics).toMatch(
      /zephyr_controller_config_timestamp_seconds\{status="applied"\} 1\d{9}/,
    );
    expect(metrics).toMatch(
      /zephyr_controller_switched_timestamp_seconds\{endpoint="one",reason=".+"\} 1\d{9}/,
    );
    expect(metrics).toMatch(/^process_start_time_seconds 1\d{9}/m);
    expect(metrics).toMatch(/zephyr_endpoint_info\{endpoint="one",name="[^"]+",group="[^"]+"\} 1/);
    expect(metrics).toContain(`zephyr_build_info{version="${VERSION}"} 1`);
  });

  it('answers an unknown address with a problem', async () => {
    const response = await open.get('/api/nothing');
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(problemSchema.parse(await response.json())).toMatchObject({
      code: 'not_found',
      status: 404,
    });
  });

  it('has an OpenAPI document with every command and every schema', async () => {
    const document = (await (await open.get('/openapi.json')).json()) as {
      openapi: string;
      paths: Record<string, unknown>;
      components: { schemas: Record<string, unknown> };
    };
    expect(document.openapi).toBe('3.1.1');
    expect(Object.keys(document.paths)).toContain('/api/commands/move-sessions');
    expect(Object.keys(document.components.schemas)).toEqual(
      expect.arrayContaining(['State', 'Decision', 'Problem', 'CommandAnswer']),
    );
  });
});

describe('commands', () => {
  it('are answered once applied, and are audited', async () => {
    expect(await open.command('pin', { endpointId: 'two' })).toMatchObject({
      status: 200,
      body: { outcome: 'applied', previousMode: { kind: 'auto' } },
    });
    expect((await open.state()).selection).toMatchObject({
      activeId: 'two',
      reason: 'operator_pinned',
    });
    expect(await open.command('pin', { endpointId: 'two' })).toMatchObject({
      body: { outcome: 'unchanged' },
    });
    expect(await open.command('unpin', {})).toMatchObject({ status: 200 });
    const audit = await readLast(
      redis,
      { key: keys.audit, count: 10 },
      { schema: auditRecordSchema, rejected: expect.unreachable },
    );
    expect(audit.map(({ value }) => [value.actor, value.name, value.outcome.status])).toEqual([
      ['loopback', 'pin', 'answered'],
      ['loopback', 'pin', 'answered'],
      ['loopback', 'unpin', 'answered'],
    ]);
    const { decisions } = decisionsSchema.parse(await (await open.get('/api/decisions')).json());
    expect(decisions[0]).toMatchObject({ reason: 'operator_pinned', fromId: 'one', toId: 'two' });
    expect(decisions[0]?.considered.map(({ id }) => id)).toEqual(['one', 'two']);
    const { unit, points } = trendsSchema.parse(await (await open.get('/api/trends')).json());
    expect([unit, points.length > 0]).toEqual(['hour', true]);
  });

  it('are refused with a reason', async () => {
    expect(await open.command('pin', { endpointId: 'nobody' })).toMatchObject({
      status: 404,
      body: { code: 'unknown_endpoint' },
    });
    expect(await open.command('enable', {})).toMatchObject({
      status: 400,
      body: { code: 'invalid_body' },
    });
    await open.command('disable', { endpointId: 'one' });
    expect(await open.command('pin', { endpointId: 'one' })).toMatchObject({
      status: 409,
      body: { code: 'endpoint_disabled' },
    });
    expect(await open.command('disable', { endpointId: 'two' })).toMatchObject({
      status: 409,
      body: { code: 'last_endpoint' },
    });
    await open.command('enable', { endpointId: 'one' });
  });

  it('can be replayed from the recording with the same decisions', async () => {
    await open.command('pin', { endpointId: 'two' });
    await open.command('unpin', {});
    const parsed = parseRecording(await (await open.get('/api/recording')).text());
    if (parsed.status !== 'ok') throw new Error(parsed.why);
    const { decisions } = decisionsSchema.parse(await (await open.get('/api/decisions')).json());
    const replayed = replayRecording(parsed.recording);
    expect(replayed.decisions.map((decision) => decisionSchema.parse(decision))).toEqual(
      decisions.toReversed(),
    );
    expect(decisions.length).toBeGreaterThan(0);
  });

  it('queue one check per endpoint, however often it is requested', async () => {
    await open.command('probe');
    expect(await open.command('probe')).toMatchObject({ status: 200, body: { affected: 2 } });
    const waitingJobs = await redis.lrange('{zephyr}:bull:probes:wait', '0', '-1');
    const liveProbes = waitingJobs.filter((id) => !id.startsWith('repeat:'));
    expect(liveProbes).toHaveLength(2);
  });
});

describe('requests from elsewhere', () => {
  const post = (headers: Record<string, string>, body = '{}') =>
    new Promise<number>((resolve, reject) => {
      const outgoing = request(
        { port: open.port, method: 'POST', path: '/api/commands/pause', headers },
        (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  const json = { 'content-type': 'application/json' };

  it.each([
    ['a name that may point anywhere', { ...json, host: 'rebind.example' }, 403],
    ['another origin', { ...json, host: '127.0.0.1', origin: 'https://evil.example' }, 403],
    ['another site, according to the browser', { ...json, 'sec-fetch-site': 'cross-site' }, 403],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['a body without a type', {}, 415],
  ])('are refused: %s', async (_name, headers, status) => {
    expect(await post(headers)).toBe(status);
    expect((await open.state()).automation.status).toBe('running');
  });

  it('are refused when they read under a foreign host name', async () => {
    const status = await new Promise((resolve) =>
      request(
        { port: open.port, path: '/api/state', headers: { host: 'rebind.example' } },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      ).end(),
    );
    expect(status).toBe(403);
  });

  it.each(['/metrics', '/health', '/livez', '/readyz', '/api/state', '/'])(
    'are refused on %s, from a page of another site or by a name that leads here',
    async (path) => {
      for (const headers of [
        { origin: 'https://evil.example' },
        { 'sec-fetch-site': 'cross-site' },
        { host: 'rebind.example' },
      ]) {
        const answer = await call(open.port, {
          ...{ method: 'GET', path, body: '' },
          headers: headers as unknown as Record<string, string>,
        });
        expect(answer.status).toBe(403);
      }
    },
  );

  it('never find an API answer in a cache, however the path is written', async () => {
    for (const path of ['/api/state', '/API/state', '/Api/Decisions', '/health', '/api/nothing']) {
      const { headers } = await call(open.port, { method: 'GET', path, body: '' });
      expect([path, headers['cache-control']]).toEqual([path, 'no-store']);
    }
  });

  it('may not send a large body', async () => {
    expect(await post(json, JSON.stringify({ endpointId: 'x'.repeat(100_000) }))).toBe(413);
  });
});

describe('a controller with a token', () => {
  const bearer = { authorization: `Bearer ${TOKEN}` };

  it('serves only watchers without it', async () => {
    for (const path of ['/api/state', '/api/history', '/events']) {
      expect((await guarded.get(path)).status).toBe(401);
    }
    expect((await guarded.get('/api/state', { authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await guarded.get('/health')).status).toBe(200);
    expect((await guarded.get('/metrics')).status).toBe(200);
  });

  it('serves programs with the token', async () => {
    await eventually(async () => {
      expect((await guarded.get('/api/state', bearer)).status).toBe(200);
    });
  });

  it('gives browsers a cookie that scripts cannot read', async () => {
    const login = (token: string) =>
      fetch(`http://127.0.0.1:${guarded.port}/api/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token }),
      });
    expect((await login('wrong')).status).toBe(401);
    const response = await login(TOKEN);
    expect(response.status).toBe(204);
    const cookie = response.headers.get('set-cookie') ?? '';
    expect(cookie).toContain('HttpOnly');
    expect(cookie).toContain('SameSite=Strict');
    expect(cookie).not.toContain(TOKEN);
    const [pair = ''] = cookie.split(';');
    expect((await guarded.get('/api/state', { cookie: pair })).status).toBe(200);
    const forged = `zephyr_session=${Date.now() + 1e9}.${'0'.repeat(64)}`;
    expect((await guarded.get('/api/state', { cookie: forged })).status).toBe(401);
  });

  it('requires it off loopback: without one the controller does not start', async () => {
    const exposed = await ControllerProcess.start({
      redisUrl: server.url,
      env: { ZEPHYR_LISTEN: '0.0.0.0:0' },
    });
    expect(await exposed.ended()).toBe(2);
    expect(exposed.output()).toContain('ZEPHYR_ADMIN_TOKEN');
    await exposed.stop();
  });
});

describe('the event stream', () => {
  it('starts with state and history, then sends each change', async () => {
    const stream = await readEvents(open.port);
    await eventually(() => {
      expect(stream.events.slice(0, 2).map(({ event }) => event)).toEqual(['state', 'history']);
    });
    await open.command('pause');
    await eventually(() => {
      const logged = stream.events
        .filter(({ event }) => event === 'log')
        .map(({ data }) => logEntrySchema.parse(data));
      expect(logged).toContainEqual(expect.objectContaining({ kind: 'command', command: 'pause' }));
      const state = apiStateSchema.parse(
        stream.events.findLast(({ event }) => event === 'state')?.data,
      );
      expect(state.automation.status).toBe('paused');
    });
    await open.command('resume');
    stream.stop();
  });

  it('resumes after the last entry that the client has seen, on any controller', async () => {
    const first = await readEvents(open.port);
    await open.command('pause');
    await eventually(() => expect(first.events.some(({ event }) => event === 'log')).toBe(true));
    first.stop();
    const lastId = first.events.findLast(({ id }) => id !== undefined)?.id ?? '';
    await open.command('resume');

    const second = await readEvents(guarded.port, {
      authorization: `Bearer ${TOKEN}`,
      'last-event-id': lastId,
    });
    await eventually(() => {
      const logged = second.events.filter(({ event }) => event === 'log');
      expect(logged[0]?.data).toMatchObject({ kind: 'command', command: 'resume' });
    });
    expect(second.events.some(({ event }) => event === 'history')).toBe(false);
    second.stop();
  });

  it('restarts with the history when the client has seen an unknown event', async () => {
    const stream = await readEvents(open.port, { 'last-event-id': '1-0' });
    await eventually(() => {
      expect(stream.events.some(({ event }) => event === 'history')).toBe(true);
    });
    stream.stop();
  });
});
