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
});
