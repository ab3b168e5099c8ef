import { describe, expect, it } from 'vitest';

import { linesFor } from './settings-data.ts';

const place = { hostname: 'zephyr.lan', proxyPort: 8080 };

describe('the lines for a person with a new key', () => {
  it.each([
    [null, 'http', 'http://zephyr.lan:8080'],
    [null, 'https', 'https://zephyr.lan:8080'],
    ['https://ai.example.net', 'http', 'https://ai.example.net'],
  ] as const)('with the address %j and %s name %s', (publicUrl, proxyScheme, url) => {
    expect(linesFor('zk-1', { publicUrl, proxyScheme }, place)).toBe(
      `export ANTHROPIC_BASE_URL=${url}\nexport ANTHROPIC_AUTH_TOKEN=zk-1`,
    );
  });
});
