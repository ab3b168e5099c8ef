import { describe, expect, it } from 'vitest';

import { isOwnHeader, isUnsafeAnswerHeader } from '../../header-rules.ts';
import { ConfigError } from '../config-error.ts';
import { endpointHeadersOf } from '../derived/endpoint-headers.ts';
import { parseConfig } from '../read/load.ts';
import { variablesOf } from '../variables/variables.ts';

const TOKEN = 'sk-ant-Zq83kd02mmQp';

function load(keys: string, endpointKeys = '') {
  return parseConfig({
    path: 'config.toml',
    text: `[[groups]]\nname = "a"\nauth_token_env = "TOKEN"\n${keys}
endpoints = [{ url = "https://a.example.com", name = "A"${endpointKeys} }]\n`,
    variables: variablesOf({ TOKEN, HELICONE: 'hidden-value', LINES: 'a\nb' }, ''),
  });
}

function headersOf(keys: string, endpointKeys = ''): readonly string[] {
  const loaded = load(keys, endpointKeys);
  const [endpoint] = loaded.config.endpoints;
  if (endpoint === undefined) throw new Error('no endpoint');
  return endpointHeadersOf(loaded, endpoint).lines.map(({ name, value }) => `${name}: ${value}`);
}

function problemOf(keys: string): string | undefined {
  try {
    load(keys);
    return undefined;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.message).not.toContain('hidden-value');
    return error.problems.map(({ path, found }) => `${path}: ${found}`).join('; ');
  }
}

describe('the headers of an endpoint', () => {
  it('are the credentials, as set by auth', () => {
    expect(headersOf('')).toEqual([`authorization: Bearer ${TOKEN}`]);
    expect(headersOf('auth = "x-api-key"')).toEqual([`x-api-key: ${TOKEN}`]);
    expect(headersOf('auth = "x-api-key"', ', auth = "both"')).toEqual([
      `authorization: Bearer ${TOKEN}`,
      `x-api-key: ${TOKEN}`,
    ]);
  });

  it('have each name once: of a group and its endpoint, and never twice in one table', () => {
    const group = 'headers_env = { x-a = "HELICONE" }';
    expect(headersOf(group, ', headers = { X-A = "1", x-b = "2" }')).toEqual([
      'x-a: hidden-value',
      'x-b: 2',
      `authorization: Bearer ${TOKEN}`,
    ]);
    expect(problemOf('headers = { x-a = "1", X-A = "2" }')).toContain('a second value of X-A');
    expect(problemOf(`headers = { X-A = "1" }\n${group}`)).toContain('a second value of x-a');
  });

  it('are those of the configuration too, secret ones by variable', () => {
    const keys = 'headers = { X-Title = "Zephyr" }\nheaders_env = { helicone-auth = "HELICONE" }';
    expect(headersOf('headers = { "x.title" = "1" }')).toContain('x.title: 1');
    expect(headersOf(keys)).toEqual([
      'x-title: Zephyr',
      'helicone-auth: hidden-value',
      `authorization: Bearer ${TOKEN}`,
    ]);
    const loaded = load(keys);
    expect(loaded.variableNames).toContain('HELICONE');
    expect(JSON.stringify(loaded)).not.toContain('hidden-value');
  });

  it.each([
    ['headers = { Authorization = "x" }', 'headers.Authorization: Authorization, which Zephyr'],
    ['headers = { x-api-key = "x" }', 'headers.x-api-key: x-api-key, which Zephyr sets itself'],
    ['headers = { "a b" = "x" }', 'headers.a b: not a valid header name'],
    ['headers = { helicone-auth = "x" }', 'a value of helicone-auth, which looks like a secret'],
    ['headers = { x = "a\\nb" }', 'headers.x: '],
    ['headers_env = { x = "MISSING" }', 'headers_env.x: the name of a variable that is not set'],
    ['headers_env = { x = "LINES" }', 'the name of a variable with other than ASCII text'],
    ['headers_env = { cookie = "HELICONE" }', 'headers_env.cookie: cookie, which Zephyr sets'],
    ['pass_headers = ["Cookie"]', 'pass_headers[0]: "Cookie", which is never passed on'],
    ['pass_headers = ["*"]', 'pass_headers[0]: "*"'],
    ['pass_answer_headers = ["set-cookie"]', '"set-cookie", which is never passed on'],
    ['auth = "basic"', 'groups[0].auth: '],
  ])('%s is rejected', (keys, found) => {
    expect(problemOf(keys)).toContain(found);
  });

  it.each(['authorization', 'host', 'transfer-encoding', 'proxy-authorization', 'content-length'])(
    '%s is ours alone',
    (name) => expect(isOwnHeader(name)).toBe(true),
  );

  it.each([
    'set-cookie',
    'location',
    'access-control-allow-origin',
    'connection',
    'x-zephyr-error',
  ])('%s of an answer reaches nobody', (name) => expect(isUnsafeAnswerHeader(name)).toBe(true));
});
