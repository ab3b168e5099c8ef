import { describe, expect, it } from 'vitest';

import { ConfigError } from '../config-error.ts';
import { parseConfig } from '../read/load.ts';

const SECRETS: Readonly<Record<string, string>> = {
  TOKEN: 'sk-ant-Zq83kd02mmQp',
  HEADERS: 'authorization=Bearer%20hidden-4c1f,X-Scope-OrgID=team',
  NO_PAIR: 'hidden-4c1f',
  NO_ESCAPE: 'a=%zz-hidden-4c1f',
  TWO_LINES: 'a=hidden-4c1f%0Ab: c',
  FRAMING: 'content-length=4',
};

const parse = (traces: string) =>
  parseConfig({
    path: 'config.toml',
    text: `[[groups]]\nname = "a"\nauth_token_env = "TOKEN"
endpoints = [{ url = "https://a.example.net", name = "A" }]\n[traces]\n${traces}`,
    variables: (name) => SECRETS[name],
  });

function messageOf(traces: string): string {
  try {
    parse(traces);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

describe('[traces]', () => {
  it('has none unless an address is named', () => {
    const { config, secrets } = parse('');
    expect(config.traces).toEqual({ sampleRatio: 1 });
    expect(secrets.traceHeaders.size).toBe(0);
  });

  it('reads headers in the format of OTEL_EXPORTER_OTLP_HEADERS, and shows none', () => {
    const { config, secrets } = parse(
      'otlp_endpoint = "https://otlp.example.com/in"\nheaders_env = "HEADERS"\nsample_ratio = 0.1',
    );
    expect(config.traces.sampleRatio).toBe(0.1);
    const headers = [...secrets.traceHeaders].map(([name, value]) => [name, value.reveal()]);
    expect(headers).toEqual([
      ['authorization', 'Bearer hidden-4c1f'],
      ['x-scope-orgid', 'team'],
    ]);
    expect(JSON.stringify({ config, secrets })).not.toContain('hidden');
  });

  it.each([
    ['no URL', 'otlp_endpoint = "tempo"', 'without credentials'],
    ['credentials', 'otlp_endpoint = "http://ann:hidden-4c1f@tempo"', 'without credentials'],
    ['a missing variable', 'headers_env = "MISSING"', 'MISSING, which is not set'],
    ['no pair', 'headers_env = "NO_PAIR"', 'does not hold headers'],
    ['a wrong escape', 'headers_env = "NO_ESCAPE"', 'does not hold headers'],
    ['a second line', 'headers_env = "TWO_LINES"', 'does not hold headers'],
    ['a header of ours', 'headers_env = "FRAMING"', 'content-length, which Zephyr sets'],
    ['more than all', 'sample_ratio = 1.5', 'sample_ratio'],
  ])('rejects %s, and shows no secret', (_, keys, says) => {
    const message = messageOf(keys);
    expect(message).toContain(says);
    expect(message).not.toContain('hidden');
  });
});
