/**
 * Endpoints that serve only some models, and under other names, on a whole proxy: two people in parallel, and
 * twice in one process.
 */
import { eventually } from '@zephyr/testkit/eventually';
import { type CallResult, call } from '@zephyr/testkit/http-call';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import { startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import {
  chunk,
  chunkedHead,
  hang,
  head,
  json,
  raw,
  sse,
  status,
  type UpstreamScript,
} from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it, onTestFinished } from 'vitest';

import { startFullBacklog } from '../test-support/full-backlog.ts';
import { startRig } from '../test-support/rig.ts';
import { startTestProxy } from '../test-support/test-proxy.ts';

const HAIKU = 'claude-haiku-4-5';
const OPUS = 'claude-opus-4-8';
const RULES = {
  small: 'models = ["*haiku*"]',
  large: `models = ["${OPUS}"]\nhealth_check = { model = "${OPUS}" }`,
};
const OVERLOADED = '{"type":"error","error":{"type":"overloaded_error","message":"later"}}';

const NOT_FOUND = '{"type":"error","error":{"type":"not_found_error","message":"no such model"}}';
const PAGE = `${head(200, { 'content-type': 'text/html', 'content-length': '15' })}<!doctype html>`;

/** The start of an answer whose rest never arrives. */
const opened =
  (body: string): UpstreamScript =>
  ({ socket }) =>
    void socket.write(
      `${head(200, { 'content-type': 'application/json', 'content-length': '999' })}${body}`,
    );

const bodyOf = (model: string, text = 'hello'): string =>
  JSON.stringify({
    model,
    messages: [{ role: 'user', content: text }],
    max_tokens: 9,
    stream: true,
  });

const ask = (port: number, model: string, session?: string): Promise<CallResult> =>
  call(port, {
    body: bodyOf(model),
    headers: session === undefined ? {} : { 'x-claude-code-session-id': session },
  });

const servedBy = ({ headers }: CallResult) => headers['x-zephyr-endpoint'];

describe('a request for a model', () => {
  it('goes to the endpoint that serves it, for every person, also within one session', async () => {
    const { proxy } = await startRig({ groups: ['small', 'large'], groupKeys: RULES });
    for (const session of ['11111111-aaaa', '22222222-bbbb']) {
      const answers = await Promise.all([
        ...[HAIKU, OPUS, HAIKU, OPUS].map((model) => ask(proxy.port, model, session)),
        ...[OPUS, HAIKU].map((model) => ask(proxy.port, model)),
      ]);
      expect(answers.map(servedBy)).toEqual(['e1', 'e2', 'e1', 'e2', 'e2', 'e1']);
    }
  });

  it('fails over only to endpoints that serve it', async () => {
    const groups = ['small', 'large', 'small'];
    const { proxy, upstreams } = await startRig({ count: 3, groups, groupKeys: RULES });
    const [first, second, third] = upstreams;
    first?.always(status(529, {}, OVERLOADED));
    expect(servedBy(await ask(proxy.port, HAIKU))).toBe('e3');
    third?.always(status(529, {}, OVERLOADED));
    expect((await ask(proxy.port, HAIKU)).status).toBe(529);
    expect((await ask(proxy.port, OPUS)).status).toBe(200);
    expect(second?.ledger).toHaveLength(1);
  });

  it('that no endpoint serves gets a 404 with the served models, and nothing is sent', async () => {
    const { proxy, upstreams } = await startRig({ groups: ['small', 'large'], groupKeys: RULES });
    for (const model of ['gpt-9', 'claude-opus-4-8-x']) {
      const answer = await ask(proxy.port, model);
      expect(answer.status).toBe(404);
      expect(answer.headers).toMatchObject({
        'x-zephyr-error': 'unknown_model',
        'x-should-retry': 'false',
      });
      expect(answer.text).toContain(`served are: *haiku*, ${OPUS}`);
    }
    expect(upstreams.flatMap(({ ledger }) => ledger)).toEqual([]);
    expect((await ask(proxy.port, HAIKU)).status).toBe(200);
  });
});

describe('a model with another name at its endpoint', () => {
  const groupKeys = { main: `model_map = { "${HAIKU}" = "vendor/haiku" }` };
  const odd =
    '{ "messages":[{"content":"{\\"model\\":\\"decoy\\"} 模型"}],\n"mod\\u0065l"\t: "claude-haiku-4-5" ,"stream":true}';

  it.each([
    ['as Claude Code writes it', bodyOf(HAIKU), bodyOf('vendor/haiku')],
    ['at another place', odd, odd.replace('"claude-haiku-4-5"', '"vendor/haiku"')],
    ['of a large body', bodyOf(HAIKU, 'x'.repeat(400_000)), undefined],
    ['of another model', bodyOf(OPUS), bodyOf(OPUS)],
  ])('is sent under that name, %s, and all else byte for byte', async (_, body, expected) => {
    const { proxy, first } = await startRig({ groupKeys });
    for (const round of [1, 2]) {
      const answer = await call(proxy.port, { body });
      expect(answer.status).toBe(200);
      const sent = first.ledger[round - 1]?.body.toString();
      expect(sent).toBe(expected ?? body.replace(HAIKU, 'vendor/haiku'));
    }
  });

  it('is sent under that name in a body of unknown length', async () => {
    const { proxy, first } = await startRig({ groupKeys });
    const { status: code } = await fetch(`http://127.0.0.1:${proxy.port}/v1/messages`, {
      method: 'POST',
      body: new Response(bodyOf(HAIKU)).body,
      duplex: 'half',
    });
    expect(code).toBe(200);
    expect(first.ledger[0]?.body.toString()).toBe(bodyOf('vendor/haiku'));
  });

  it('is sent under that name if bodies are not buffered', async () => {
    const { proxy, first } = await startRig({ groupKeys, limits: { bufferedBodiesBytes: 0 } });
    const body = bodyOf(HAIKU, 'x'.repeat(200_000));
    expect((await call(proxy.port, { body })).status).toBe(200);
    expect(first.ledger[0]?.body.toString()).toBe(body.replace(HAIKU, 'vendor/haiku'));
  });

  it('is looked up under that name', async () => {
    const { proxy, first } = await startRig({ groupKeys });
    first.always(json({ id: 'vendor/haiku' }));
    await call(proxy.port, { method: 'GET', path: `/v1/models/${HAIKU}`, body: '' });
    expect(first.ledger[0]?.target).toBe('/v1/models/vendor%2Fhaiku');
  });

  it('has its own name at each endpoint of a failover', async () => {
    const groups = ['main', 'other'];
    const { proxy, first, second } = await startRig({ groups, groupKeys });
    first.always(status(529, {}, OVERLOADED));
    expect(servedBy(await ask(proxy.port, HAIKU))).toBe('e2');
    expect(first.ledger[0]?.body.toString()).toBe(bodyOf('vendor/haiku'));
    expect(second.ledger[0]?.body.toString()).toBe(bodyOf(HAIKU));
  });
});

describe('the list of models', () => {
  const list = (port: number) =>
    call(port, { method: 'GET', path: '/v1/models?limit=9', body: '' });

  it('is the endpoint’s own if it has one', async () => {
    const { proxy, first } = await startRig({ groups: ['small', 'large'], groupKeys: RULES });
    first.always(json({ data: [{ id: 'theirs' }] }));
    expect((await list(proxy.port)).text).toContain('theirs');
  });

  it('is taken from the configuration if no endpoint has one', async () => {
    const { proxy, upstreams } = await startRig({
      groups: ['small', 'large'],
      groupKeys: { ...RULES, small: `models = ["*haiku*", "${HAIKU}"]` },
    });
    for (const upstream of upstreams) upstream.always(status(404, {}, 'no such path'));
    for (const _ of [1, 2]) {
      const answer = await list(proxy.port);
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.text)).toMatchObject({
        data: [{ id: HAIKU }, { id: OPUS }],
        has_more: false,
        first_id: HAIKU,
        last_id: OPUS,
      });
    }
    for (const upstream of upstreams) upstream.always(sse());
    expect((await ask(proxy.port, HAIKU)).status).toBe(200);
  });

  it('is taken from the configuration if each endpoint returns a web page', async () => {
    const { proxy, upstreams } = await startRig({
      groups: ['small', 'large'],
      groupKeys: { ...RULES, small: `models = ["*haiku*", "${HAIKU}"]` },
    });
    for (const upstream of upstreams) upstream.always(raw(PAGE));
    expect(JSON.parse((await list(proxy.port)).text)).toMatchObject({ first_id: HAIKU });
  });

  /** Slow kinds take a second each, because Claude Code gives up after three; so all run in parallel. */
  const kinds = Object.entries({
    silence: hang(),
    'headers and then silence': opened(''),
    'blank lines and then silence': opened('\r\n\r\n'),
    'half a list and then silence': opened('{"data":['),
    'half a list': raw(`${chunkedHead(200, {})}${chunk('{"data":[')}`, 'close'),
    'a page': raw(PAGE),
    nothing: raw(head(200, { 'content-length': '0' })),
    'an error that is called a success': json({ error: { message: 'no permission' } }),
  } satisfies Record<string, UpstreamScript>);

  it('is another endpoint’s if one has none in time, for every person, and not retried there', async () => {
    const seen = await Promise.all(
      kinds.map(async ([kind, script]) => {
        const { proxy, first, second } = await startRig();
        first.always(script);
        second.always(json({ data: [{ id: 'theirs' }] }));
        const atOnce = await Promise.all([list(proxy.port), list(proxy.port)]);
        const again = await list(proxy.port);
        const asked = first.ledger.length;
        first.always(sse());
        const message = await call(proxy.port);
        return [kind, ...[...atOnce, again, message].map(servedBy), again.text, asked];
      }),
    );
    const passing = ['half a list', 'an error that is called a success'];
    expect(seen).toEqual(
      kinds.map(([kind]) => [
        ...[kind, 'e2', 'e2', 'e2', 'e1', '{"data":[{"id":"theirs"}]}'],
        passing.includes(kind) ? 3 : 2,
      ]),
    );
  });

  it('stays the same if one person requests a model that its endpoint does not have', async () => {
    const { proxy, first } = await startRig();
    first.next(status(404, {}, NOT_FOUND));
    const path = `/v1/models/${HAIKU}`;
    expect(servedBy(await call(proxy.port, { method: 'GET', path, body: '' }))).toBe('e2');
    first.always(json({ data: [] }));
    expect(servedBy(await list(proxy.port))).toBe('e1');
  });

  it('of remote endpoints arrives before Claude Code gives up, even if there are many', async () => {
    const clock = new ManualClock();
    const { proxy, upstreams } = await startRig({ clock, count: 5 });
    for (const upstream of upstreams) upstream.always(hang());
    upstreams[2]?.always(async (turn) => {
      clock.advance(1_100);
      await json({ data: [] })(turn);
    });
    const listed = list(proxy.port);
    // With the 1.1 s of the third: less than the 3 s of Claude Code.
    for (const [index, waitMs] of [1_000, 700].entries()) {
      await eventually(() => expect(upstreams[index]?.ledger).toHaveLength(1));
      clock.advance(waitMs);
    }
    expect(servedBy(await listed)).toBe('e3');
  });

  it('is another endpoint’s if one does not even accept the connection', async () => {
    const full = await startFullBacklog();
    onTestFinished(() => full.stop());
    const good = await startScriptedUpstream({ script: json({ data: [] }) });
    onTestFinished(() => good.stop());
    // Longer than a test may take.
    const timeouts = { connectMs: 600_000 };
    const proxy = await startTestProxy({ endpoints: [full.url, good.url], timeouts });
    onTestFinished(() => proxy.stop());
    expect(servedBy(await list(proxy.port))).toBe('e2');
  });

  it('of the only endpoint may arrive as slowly as it likes', async () => {
    const clock = new ManualClock();
    const { proxy, first } = await startRig({ clock, count: 1 });
    first.always(async ({ socket }) => {
      clock.advance(20_000);
      socket.write(`${head(200, { 'content-length': '11' })}{"data"`);
      // Later requests have their answers, so the first part has arrived.
      for (let round = 0; round < 2; round += 1) await proxy.status();
      clock.advance(20_000);
      socket.write(':[]}');
    });
    expect((await list(proxy.port)).text).toBe('{"data":[]}');
  });
});
