import { describe, expect, it } from 'vitest';

import { connectLines, keyToSet, proxyUrl } from './connect-lines.ts';

describe('the lines for Claude Code', () => {
  it.each([
    [null, 'http', 'http://zephyr.lan:8080'],
    [null, 'https', 'https://zephyr.lan:8080'],
    ['https://ai.example.net', 'http', 'https://ai.example.net'],
  ] as const)('with the address %j and %s name %s', (publicUrl, proxyScheme, url) => {
    const place = { publicUrl, proxyScheme, proxyPort: 8080 };
    expect(connectLines(proxyUrl(place, 'zephyr.lan'), 'zk-1')).toBe(
      `export ANTHROPIC_BASE_URL=${url}\nexport ANTHROPIC_AUTH_TOKEN=zk-1`,
    );
  });

  it('always have a token: a key if there are keys, otherwise anything', () => {
    expect(keyToSet({ hasKeys: true })).toBe("'<your key>'");
    expect(keyToSet({ hasKeys: false })).toBe('anything');
  });
});
