import { describe, expect, it } from 'vitest';

import { ConfigError } from '../config-error.ts';
import { parseConfig } from '../read/load.ts';

const PASSWORD = 'hidden-4c1f';

function parse(groupKeys: string, endpointKeys = '', variables: Record<string, string> = {}) {
  return parseConfig({
    path: 'config.toml',
    text: `[[groups]]\nname = "a"\nauth_token_env = "TOKEN"\n${groupKeys}
endpoints = [{ url = "https://a.example.net", name = "A"${endpointKeys} }]\n`,
    variables: (name) => ({ TOKEN: 'sk-ant-Zq83kd02mmQp', ...variables })[name],
  });
}

function proxyOf(...parts: Parameters<typeof parse>) {
  const { config, secrets } = parse(...parts);
  const [endpoint] = config.endpoints;
  const credentials =
    endpoint === undefined ? undefined : secrets.proxyCredentials.get(endpoint.id);
  return [endpoint?.outboundProxy, credentials?.reveal()];
}

const WITH_PASSWORD = { OUTBOUND: `http://ann:${PASSWORD}@proxy.lan:3128` };

describe('the outbound proxy of an endpoint', () => {
  it('is none, or set by its group, itself or the environment', () => {
    const own = { url: 'http://proxy.lan:3128', from: 'proxy' };
    expect(proxyOf('')).toEqual([undefined, undefined]);
    expect(proxyOf('proxy = "http://proxy.lan:3128"')).toEqual([own, undefined]);
    expect(proxyOf('', ', proxy = "http://proxy.lan:3128"')).toEqual([own, undefined]);
    expect(proxyOf('proxy_env = "OUTBOUND"', '', WITH_PASSWORD)).toEqual([
      { url: 'http://proxy.lan:3128', from: 'OUTBOUND' },
      `ann:${PASSWORD}`,
    ]);
    const environment = { HTTPS_PROXY: `http://bob:${PASSWORD}@office.lan:8080` };
    expect(proxyOf('', '', environment)).toEqual([
      { url: 'http://office.lan:8080', from: 'HTTPS_PROXY' },
      `bob:${PASSWORD}`,
    ]);
    expect(proxyOf('proxy = "none"', '', environment)).toEqual([undefined, undefined]);
    expect(proxyOf('proxy_env = "OUTBOUND"', ', proxy = "none"', WITH_PASSWORD)).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('has no password in the printed configuration', () => {
    const { config, secrets } = parse('proxy_env = "OUTBOUND"', '', WITH_PASSWORD);
    expect(JSON.stringify(config)).not.toContain(PASSWORD);
    expect(JSON.stringify([...secrets.proxyCredentials])).not.toContain(PASSWORD);
  });

  it.each([
    ['proxy = "ftp://proxy.lan"', 'groups[0].proxy', 'not a proxy that Zephyr can use'],
    [`proxy = "http://ann:${PASSWORD}@proxy.lan"`, 'groups[0].proxy', 'proxy_env = "NAME"'],
    [`proxy = "ftp://ann:${PASSWORD}@proxy.lan"`, 'groups[0].proxy', 'no secrets in this file'],
    ['proxy_env = "OUTBOUND"', 'groups[0].proxy_env', 'not set or empty'],
    ['proxy_env = "TOKEN"', 'groups[0].proxy_env', 'holds no URL of a proxy'],
    ['proxy = "none"\nproxy_env = "TOKEN"', 'groups[0].proxy_env', 'only one of them'],
  ])('%s is rejected', (keys, place, text) => {
    const variables = keys.includes('"TOKEN"') ? { TOKEN: 'http://has a blank' } : {};
    const message = messageOf(() => parse(keys, '', variables));
    expect(message).toContain(place);
    expect(message).toContain(text);
    expect(message).not.toContain(PASSWORD);
  });

  it('of the environment is rejected where it would be used, if it is unusable', () => {
    const variables = { HTTPS_PROXY: `socks4://ann:${PASSWORD}@old.lan` };
    const message = messageOf(() => parse('', '', variables));
    expect(message).toContain('HTTPS_PROXY, which holds no URL of a proxy');
    expect(message).not.toContain(PASSWORD);
    expect(proxyOf('proxy = "none"', '', variables)).toEqual([undefined, undefined]);
    expect(proxyOf('', '', { ...variables, NO_PROXY: '*' })).toEqual([undefined, undefined]);
  });
});

function messageOf(act: () => unknown): string {
  try {
    act();
    return '';
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message;
  }
}
