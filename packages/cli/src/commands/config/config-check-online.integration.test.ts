/** `zephyr config check --online` against one endpoint of each kind. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { hang, json, sse, status, type UpstreamScript } from '@zephyr/testkit/upstream-scripts';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import { checkConfig } from './config-check.ts';
import type { SurveyedEndpoint } from './config-check-online.ts';

const TOKEN = 'sk-canary-0123456789abcdef';
const quiet = { progress: () => undefined, signal: new AbortController().signal };

interface Gateway {
  readonly messages: UpstreamScript;
  readonly models?: UpstreamScript;
  readonly countTokens?: UpstreamScript;
}

/** Answers 404 to everything else, as the API does. */
function gateway({ messages, models, countTokens }: Gateway): UpstreamScript {
  return (turn) => {
    const path = turn.request.target.split('?')[0];
    const script = { '/v1/messages': messages, '/v1/models': models };
    if (path === '/v1/messages/count_tokens') return (countTokens ?? status(404))(turn);
    return (script[path as keyof typeof script] ?? status(404))(turn);
  };
}

const list = (...ids: string[]) => json({ data: ids.map((id) => ({ type: 'model', id })) });
const refused = status(401);
/** Accepts the token in these headers only. */
const taking =
  (names: readonly string[], script: UpstreamScript): UpstreamScript =>
  (turn) => {
    const sent = ['authorization', 'x-api-key'].filter((name) => name in turn.request.headers);
    return (sent.join() === names.join() ? script : refused)(turn);
  };
const ofClaudeCode =
  (script: UpstreamScript): UpstreamScript =>
  (turn) =>
    (/^claude-cli/.test(turn.request.headers['user-agent'] ?? '') ? script : status(403))(turn);

describe('config check --online', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'zephyr-online-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function check(
    gateways: Readonly<Record<string, UpstreamScript | string>>,
    json = true,
    keys = '',
  ) {
    const entries = Object.entries(gateways).map(async ([name, script]) => {
      if (typeof script === 'string') return `{ name = "${name}", url = "${script}"${keys} }`;
      const server = await startScriptedUpstream({ script });
      onTestFinished(() => server.stop());
      return `{ name = "${name}", url = "${server.url}"${keys} }`;
    });
    const endpoints = (await Promise.all(entries)).join(', ');
    const config = join(folder, 'config.toml');
    writeFileSync(
      config,
      `[health_check]\ntimeout_seconds = 30\nstyle = "messages"
      [[groups]]\nname = "main"\nauth_token_env = "TOKEN"\nendpoints = [${endpoints}]`,
    );
    const options = { config, envFile: join(folder, '.env'), online: true, json };
    const environment = { TOKEN, PATH: process.env['PATH'] };
    const { text, exitCode } = await checkConfig({ options, environment, ...quiet });
    expect(text).not.toContain(TOKEN);
    return { text, exitCode };
  }

  async function survey(...args: Parameters<typeof check>) {
    const { text, exitCode } = await check(...args);
    const { endpoints } = JSON.parse(text) as { endpoints: SurveyedEndpoint[] };
    return { exitCode, endpoints: new Map(endpoints.map((each) => [each.name, each])) };
  }

  it('finds out how each accepts the token, and proposes the line', async () => {
    const { exitCode, endpoints } = await survey({
      bearer: gateway({ messages: taking(['authorization'], sse()) }),
      key: gateway({
        messages: taking(['x-api-key'], sse()),
        models: taking(['x-api-key'], list('gpt-4o')),
      }),
      both: gateway({ messages: taking(['authorization', 'x-api-key'], sse()) }),
    });
    expect([...endpoints.values()].map(({ auth, proposals }) => [auth, proposals])).toEqual([
      ['bearer', []],
      ['x-api-key', ['auth = "x-api-key"']],
      ['both', ['auth = "both"']],
    ]);
    expect(exitCode).toBe(0);
    expect(endpoints.get('key')?.costUsd).toBeGreaterThan(0);
    // Retried in the accepted way.
    expect(endpoints.get('key')?.models).toEqual(['gpt-4o']);
  });

  it('finds out what each can do, and its kind', async () => {
    const { endpoints } = await survey({
      full: gateway({
        messages: sse({ headers: { 'anthropic-organization-id': 'o' } }),
        models: list('claude-a', '\u001b]0;owned\u0007', 'claude-\u202ex', 'claude-b'),
        countTokens: json({ input_tokens: 9 }),
      }),
      bare: gateway({
        messages: status(
          200,
          { 'x-new-api-version': 'v1', 'x-oneapi-request-id': '1' },
          '{"type":"message","role":"assistant","content":[],"usage":{"input_tokens":3,"output_tokens":1}}',
        ),
        models: list('gpt-4o', 'claude-a'),
      }),
    });
    expect(endpoints.get('full')).toMatchObject({
      ...{ serves: 'any_client', canStream: true, canCountTokens: true, kind: 'anthropic' },
      ...{ models: ['claude-a', 'claude-b'], proposals: ['models = ["claude-a","claude-b"]'] },
    });
    expect(endpoints.get('bare')).toMatchObject({
      ...{ serves: 'any_client', canStream: false, canCountTokens: false, kind: 'new_api' },
      ...{ proposals: ['models = ["claude-a"]'] },
    });
  });

  it('recognises one that accepts only requests from Claude Code', async () => {
    const { exitCode, endpoints } = await survey({
      gateway: gateway({ messages: ofClaudeCode(sse()) }),
    });
    expect(endpoints.get('gateway')).toMatchObject({
      ...{ serves: 'claude_code', proposals: ['style = "cli"'] },
      refusal: { failure: 'forbidden' },
    });
    expect(exitCode).toBe(0);
  });

  it('reports why an endpoint does not serve, along with the others', async () => {
    const agents = new Set<string | undefined>();
    const wrong: UpstreamScript = (turn) => {
      agents.add(turn.request.headers['user-agent']);
      return refused(turn);
    };
    const { exitCode, endpoints } = await survey({
      wrong: gateway({ messages: wrong, models: wrong }),
      closed: 'http://127.0.0.1:1',
      // Accepts the token in one header only, and has other problems.
      other: gateway({ messages: taking(['x-api-key'], status(503)), models: refused }),
      well: gateway({ messages: sse() }),
    });
    expect(endpoints.get('wrong')).toMatchObject({
      ...{ serves: 'nobody', refusal: { failure: 'token_refused' } },
    });
    // If the token is always refused, the Claude CLI, which takes seconds to start, is not run.
    expect([...agents].join()).not.toContain('claude-cli');
    expect(endpoints.get('other')).toMatchObject({
      ...{ serves: 'nobody', refusal: { failure: 'server_error' } },
    });
    expect(endpoints.get('closed')).toMatchObject({
      ...{ serves: 'not_asked', reach: { failure: 'connection_refused' } },
    });
    expect(endpoints.get('well')).toMatchObject({ serves: 'any_client' });
    expect(exitCode).toBe(1);
  });

  it('prints it for people, with the lines and the cost', async () => {
    const { text } = await check(
      { key: gateway({ messages: taking(['x-api-key'], sse()) }) },
      false,
    );
    expect(text).toContain('✓ key: serves any client');
    expect(text).toContain('accepts the token as x-api-key');
    expect(text).toContain('    auth = "x-api-key"');
    expect(text).toMatch(/These requests cost about \S*\d/);
  });

  it('proposes nothing that is configured already', async () => {
    const { endpoints } = await survey(
      { key: gateway({ messages: taking(['x-api-key'], sse()), models: list('claude-a') }) },
      true,
      ', auth = "x-api-key", models = ["claude-*"]',
    );
    expect(endpoints.get('key')?.proposals).toEqual([]);
  });

  it('takes bounded time with an endpoint that never answers', async () => {
    const { endpoints } = await survey({ silent: hang() });
    expect(endpoints.get('silent')).toMatchObject({
      ...{ serves: 'nobody', refusal: { failure: 'first_byte_timeout' } },
    });
  }, 180_000);
});
