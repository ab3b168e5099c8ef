import { describe, expect, it } from 'vitest';

import { upstreamHeaders } from './request-headers.ts';

describe('upstreamHeaders', () => {
  const identity = {
    authority: 'endpoint:1',
    headers: { lines: [{ name: 'authorization', value: 'Bearer team' }], secrets: ['team'] },
    passes: { ofClient: undefined, ofAnswer: undefined },
  };
  it('replaces every credential of the client', () => {
    const client = {
      authorization: 'Bearer mine',
      'x-api-key': 'mine',
      cookie: 'mine',
      host: 'proxy',
    };
    const headers = upstreamHeaders(client, identity);
    expect(JSON.stringify(headers)).not.toContain('mine');
    expect(headers).toMatchObject({ host: 'endpoint:1', authorization: 'Bearer team' });
  });
  it('keeps what the Messages API needs', () => {
    const client = {
      'anthropic-beta': 'a,b',
      'anthropic-version': '2023-06-01',
      'x-stainless-os': 'Linux',
      'x-claude-code-session-id': 's',
      'user-agent': 'claude-cli/2',
      'x-app': 'cli',
    };
    expect(upstreamHeaders(client, identity)).toMatchObject(client);
  });

  it('passes what the configuration lists, but none that are ours', () => {
    const ofClient = (name: string): boolean => name !== 'x-other';
    const client = { 'x-team': 'a', 'x-other': 'b', te: 'trailers', authorization: 'Bearer mine' };
    const headers = upstreamHeaders(client, {
      ...identity,
      passes: { ofClient, ofAnswer: undefined },
    });
    expect(headers).toEqual({
      host: 'endpoint:1',
      'x-team': 'a',
      'accept-encoding': 'identity',
      authorization: 'Bearer team',
    });
  });

  it.each([
    ['X-App , user-agent', []],
    ['close, x-app', ['user-agent']],
    ['keep-alive', ['x-app', 'user-agent']],
    ['close', ['x-app', 'user-agent']],
    [undefined, ['x-app', 'user-agent']],
  ])('drops what the connection header names: %s', (connection, passed) => {
    const client = {
      ...{ 'x-app': 'cli', 'user-agent': 'u', accept: undefined },
      ...(connection === undefined ? {} : { connection }),
    };
    expect(Object.keys(upstreamHeaders(client, identity))).toEqual([
      ...['host', ...passed, 'accept-encoding', 'authorization'],
    ]);
  });

  it('replaces the trace of the client by that of a traced attempt', () => {
    const client = { traceparent: 'theirs', tracestate: 'theirs' };
    expect(upstreamHeaders(client, identity)).toMatchObject(client);
    const traced = upstreamHeaders(client, identity, { traceparent: 'ours' });
    expect(traced).toMatchObject({ traceparent: 'ours' });
    expect(traced).not.toHaveProperty('tracestate');
  });
});
