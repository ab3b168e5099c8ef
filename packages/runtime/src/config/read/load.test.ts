import fc from 'fast-check';
import { stringify } from 'smol-toml';
import { describe, expect, it } from 'vitest';

import { ZephyrError } from '../../errors.ts';
import { ConfigError, type ConfigProblem } from '../config-error.ts';
import { variablesOf } from '../variables/variables.ts';
import { loadConfig, parseConfig } from './load.ts';

const TOKEN = 'sk-ant-Zq83kd02mmQp';

function parse(text: string, environment: Record<string, string> = { TOKEN_A: TOKEN }) {
  return parseConfig({ path: '/etc/config.toml', text, variables: variablesOf(environment, '') });
}

function problemsOf(text: string, environment?: Record<string, string>): readonly ConfigProblem[] {
  try {
    parse(text, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const GROUP = `
[[groups]]
name = "a"
auth_token_env = "TOKEN_A"
`;
const ENDPOINTS = 'endpoints = [{ url = "https://a.example.com", name = "A 1" }]\n';
const MINIMAL = GROUP + ENDPOINTS;

describe('mistakes of a first .env', () => {
  const problems = (env: string, text = MINIMAL) => {
    const variables = variablesOf({}, env);
    try {
      parseConfig({ path: 'config.toml', text, variables, envFile: { path: '.env', text: env } });
    } catch (error) {
      if (error instanceof ConfigError) return error.problems;
      throw error;
    }
    return [];
  };

  it.each(['TOKEN_A: sk-ant-Zq83', 'sk-ant-Zq83', '\uFEFF\nsk-ant-Zq83\r\n'])(
    'names the line that sets nothing where a token is missing, and does not show it: %j',
    (env) => {
      const [first, ...rest] = problems(`# ours\n\n${env}`);
      expect(first).toMatchObject({
        file: '.env',
        advice: "write TOKEN_A='…', if it is meant here",
      });
      expect(rest).toMatchObject([{ found: 'TOKEN_A, which is not set or empty' }]);
      expect(JSON.stringify(first)).not.toContain('Zq83');
    },
  );

  it('ignores such a line if nothing is missing, or if the name may be the token', () => {
    expect(problems("stray\nTOKEN_A='sk-ant-Zq83'")).toEqual([]);
    const swapped = MINIMAL.replace('"TOKEN_A"', '"sk_ant_Zq83"');
    expect(JSON.stringify(problems('stray', swapped))).not.toContain('Zq83');
  });

  it.each(["TOKEN_A='sk-ant-Zq83", 'TOKEN_A="sk-ant-Zq83'])(
    'says that a quote is open: %j',
    (env) => {
      expect(problems(env)[0]).toMatchObject({ line: 1, advice: "close the quote: TOKEN_A='…'" });
    },
  );

  it('detects quotes replaced by a chat program', () => {
    const [problem] = problemsOf(MINIMAL.replace('"A 1"', '“A 1”'));
    expect(problem?.advice).toContain('straight quotes');
  });
});

describe('parseConfig', () => {
  it('fills in the defaults, in milliseconds', () => {
    const { config, secrets } = parse(MINIMAL);
    expect(config).toMatchObject({
      server: {
        host: '127.0.0.1',
        port: 8080,
        switchThresholdMs: 50,
        gracefulSwitchTimeoutMs: 30_000,
      },
      controller: { host: '127.0.0.1', port: 8081 },
      redis: { url: 'redis://127.0.0.1:6379', urlFrom: 'default' },
      ui: { language: 'en' },
      groups: [
        {
          name: 'a',
          isDefault: true,
          healthCheck: {
            intervalMs: 60_000,
            minIntervalMs: 30_000,
            maxIntervalMs: 3_600_000,
            timeoutMs: 15_000,
            dynamicScaling: false,
          },
        },
      ],
      endpoints: [{ id: 'a-1', name: 'A 1', groupName: 'a', baseUrl: 'https://a.example.com' }],
    });
    expect(secrets.groupTokens.get('a')?.reveal()).toBe(TOKEN);
  });

  it.each([
    [{ LANG: 'zh_CN.UTF-8' }, '', 'zh'],
    [{ LANG: 'zh_CN.UTF-8', LC_ALL: 'C' }, '', 'en'],
    [{}, '', 'en'],
    [{ LANG: 'zh_CN.UTF-8' }, '[ui]\nlanguage = "en"\n', 'en'],
  ])('with the locale %j and %j speaks %s', (locale, table, language) => {
    const { config } = parse(table + MINIMAL, { TOKEN_A: TOKEN, ...locale });
    expect(config.ui.language).toBe(language);
  });

  it('is deeply frozen', () => {
    const { config } = parse(MINIMAL);
    const parts = [config, config.server, config.groups, config.groups[0]?.healthCheck];
    expect(parts.every((part) => Object.isFrozen(part))).toBe(true);
  });

  it('lets a group override the common times', () => {
    const { config } = parse(
      `[health_check]\ninterval_seconds = 100\ntimeout_seconds = 20\n${MINIMAL}
       health_check = { interval_seconds = 40 }\n`,
    );
    expect(config.groups[0]?.healthCheck).toMatchObject({ intervalMs: 40_000, timeoutMs: 20_000 });
  });

  it('accepts an interval outside the default bounds if the bounds are unset', () => {
    const { config } = parse(`[health_check]\ninterval_seconds = 20\n${MINIMAL}`);
    expect(config.groups[0]?.healthCheck).toMatchObject({
      intervalMs: 20_000,
      minIntervalMs: 20_000,
    });
  });

  it('keeps the claude_binary_path of the original', () => {
    const { config } = parse(`[health_check]\nclaude_binary_path = "claude"\n${MINIMAL}`);
    expect(config.groups[0]?.healthCheck.claudeBinaryPath).toBe('claude');
  });

  it('lists the endpoints of the default group first', () => {
    const { config } = parse(
      `${MINIMAL}[[groups]]\nname = "b"\nauth_token_env = "TOKEN_A"\ndefault = true
       endpoints = [{ url = "https://b.example.com/team/", name = "香港" }]\n`,
    );
    expect(config.endpoints.map(({ name }) => name)).toEqual(['香港', 'A 1']);
    expect(config.endpoints[0]).toMatchObject({ baseUrl: 'https://b.example.com/team' });
    expect(config.endpoints[0]?.id).toMatch(/^e-[0-9a-f]{8}$/);
  });

  it('changes the hash with the endpoints only', () => {
    const { hash } = parse(MINIMAL).config;
    expect(hash).toMatch(/^[0-9a-f]{12}$/);
    expect(parse(`[server]\nport = 1\n${MINIMAL}`).config.hash).toBe(hash);
    expect(parse(MINIMAL.replace('a.example', 'b.example')).config.hash).not.toBe(hash);
  });

  it('keeps the Redis password out of the configuration', () => {
    const environment = { TOKEN_A: TOKEN, ZEPHYR_REDIS_URL: 'rediss://me:pass%2Fword@r:6380/2' };
    const { config, secrets } = parse(MINIMAL, environment);
    expect(config.redis.url).toBe('rediss://me@r:6380/2');
    expect(config.redis.urlFrom).toBe('environment');
    expect(secrets.redisPassword?.reveal()).toBe('pass/word');
    expect(JSON.stringify({ config, secrets })).not.toContain('pass');
  });

  it('reads the Redis password from the variable named in the file', () => {
    const { config, secrets } = parse(
      `[redis]\nurl = "unix:///run/redis.sock"\npassword_env = "PW"\n${MINIMAL}`,
      { TOKEN_A: TOKEN, PW: 'secret-word' },
    );
    expect(config.redis.url).toBe('unix:///run/redis.sock');
    expect(config.redis.urlFrom).toBe('file');
    expect(secrets.redisPassword?.reveal()).toBe('secret-word');
  });
});

describe('a bad configuration', () => {
  it('names the first table of a list that has too many, and what to do', () => {
    const client = (at: number) =>
      `[[clients]]\nname = "p${at}"\nkey_sha256 = "${at.toString(16).padStart(64, '0')}"\n`;
    const people = (count: number) => Array.from({ length: count }, (_, at) => client(at)).join('');
    const members = Array.from({ length: 5_000 }, (_, at) => `"p${at}"`);
    const team = (names: readonly string[]) => `[[teams]]\nname = "all"\nmembers = [${names}]\n`;
    expect(problemsOf(MINIMAL + people(5_000) + team(members))).toEqual([]);
    expect(problemsOf(MINIMAL + people(5_002) + team(members))).toEqual([
      {
        ...{ file: '/etc/config.toml', line: 15_006, column: 1, path: 'clients[5000]' },
        ...{ found: '5002 tables [[clients]]', expected: 'at most 5000' },
        advice: 'remove 2 of them, or move them into the configuration of a second installation',
      },
    ]);
  });

  it('is rejected with all problems in one run, in file order', () => {
    const text = `[server]
prot = 8080
[health_check]
extra_paths = []
${GROUP}endpoints = [
  { url = "http://a.example.com", name = "A 1" },
]
`;
    let message = '';
    try {
      parse(text, {});
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toBe(`/etc/config.toml has 4 problems:

/etc/config.toml:2:1  server.prot
  found:    an unknown key
  expected: one of: host, port, tls_cert_file, tls_key_file, switch_threshold_ms, graceful_switch_timeout_ms, priority_tolerance_ms, price_tolerance_ms, open, allowed_hosts, trusted_proxies, extra_paths
  to do:    did you mean port?

/etc/config.toml:4:1  health_check.extra_paths
  found:    an unknown key
  expected: one of: interval_seconds, min_interval_seconds, max_interval_seconds, timeout_seconds, dynamic_scaling, claude_binary_path, style, cheap_style, real_interval_seconds, model, daily_budget_usd
  to do:    move it: extra_paths belongs in [server]

/etc/config.toml:8:1  groups[0].auth_token_env
  found:    TOKEN_A, which is not set or empty
  expected: a variable of .env or of the environment that holds the token
  to do:    write TOKEN_A=… with the token of your provider into .env

/etc/config.toml:10:5  groups[0].endpoints[0].url
  found:    http to a.example.com, which is not this machine
  expected: an https URL: over http anyone on the network path can read your token
  to do:    write https://, or add allow_http = true to this endpoint in a network you trust`);
  });

  const endpoint = (fields: string) => `${GROUP}endpoints = [{ ${fields} }]\n`;
  const two = (left: string, right: string) =>
    `${GROUP}endpoints = [{ url = "https://a.example.com", ${left} }, { url = "https://b.example.com", ${right} }]\n`;
  const checks = (lines: string) => `[health_check]\n${lines}\n${MINIMAL}`;
  const secondGroup = (lines: string) =>
    `${MINIMAL}[[groups]]\nauth_token_env = "TOKEN_A"\n${lines}\nendpoints = [{ url = "https://b.example.com", name = "B" }]\n`;

  it.each([
    ['an empty file', '', 'groups: no setting at all'],
    ['no group', '[server]\nport = 8080', 'groups: no [[groups]]'],
    ['no endpoint', `${GROUP}endpoints = []`, 'groups[0].endpoints: an empty list'],
    ['a wrong type', `[server]\nport = "8080"\n${MINIMAL}`, 'server.port: "8080"'],
    ['a broken number', checks('interval_seconds = 60.5'), 'health_check.interval_seconds: 60.5'],
    ['a number out of range', `[server]\nport = 70000\n${MINIMAL}`, 'server.port: 70000'],
    ['an unknown language', `[ui]\nlanguage = "de"\n${MINIMAL}`, 'ui.language: "de"'],
    ['a table for a value', `[server.port]\nx = 1\n${MINIMAL}`, 'server.port: a table'],
    [
      'a missing name',
      endpoint('url = "https://a.example.com"'),
      'groups[0].endpoints[0].name: nothing',
    ],
    [
      'an unsupported scheme',
      endpoint('url = "ftp://a.example.com", name = "A"'),
      'groups[0].endpoints[0].url: a URL that starts with ftp:',
    ],
    [
      'no scheme',
      endpoint('url = "a.example.com", name = "A"'),
      'groups[0].endpoints[0].url: something that is not a URL',
    ],
    [
      'a password in the URL',
      endpoint('url = "https://u:p@a.example.com", name = "A"'),
      'groups[0].endpoints[0].url: a user name or password in the URL',
    ],
    [
      'a query',
      endpoint('url = "https://a.example.com?k=v", name = "A"'),
      'groups[0].endpoints[0].url: a query (?…) or fragment (#…) in the URL',
    ],
    [
      'a URL that ends in /v1',
      endpoint('url = "https://a.example.com/v1", name = "A"'),
      'groups[0].endpoints[0].url: a URL that ends in /v1',
    ],
    ...[
      '/v1/messages',
      '/V1/Messages',
      '/v1/chat/completions/',
      '/messages',
      '/v1/messages/count_tokens',
    ].map((path): [string, string, string] => [
      `a URL that ends in ${path}`,
      endpoint(`url = "https://a.example.com/claude${path}", name = "A"`),
      `groups[0].endpoints[0].url: a URL that ends in ${path.replace(/\/$/, '')}`,
    ]),
    [
      'port 0',
      endpoint('url = "https://a.example.com:0", name = "A"'),
      'groups[0].endpoints[0].url: port 0 in the URL',
    ],
    [
      'a line break, which a URL parser drops',
      endpoint('url = "https://a.example.com\\n/x", name = "A"'),
      'groups[0].endpoints[0].url: a URL with a space or a line break in it',
    ],
    [
      'a single table for a list of them',
      MINIMAL.replace('[[groups]]', '[groups]'),
      'groups: [groups], a single table',
    ],
    ['brackets around an address', `[server]\nhost = "[::1]"\n${MINIMAL}`, 'server.host: "[::1]"'],
    [
      'a port in a host',
      `[controller]\nhost = "0.0.0.0:8081"\n${MINIMAL}`,
      'controller.host: "0.0.0.0:8081"',
    ],
    [
      'the same name twice',
      two('name = "A"', 'name = "A"'),
      'groups[0].endpoints[1].name: a second endpoint with the name "A"',
    ],
    [
      'names with the same id',
      two('name = "A 1"', 'name = "a-1"'),
      'groups[0].endpoints[1].name: "a-1", whose short form a-1 is the same as that of "A 1"',
    ],
    [
      'the same URL twice',
      `${GROUP}endpoints = [{ url = "https://a.example.com", name = "A" }, { url = "https://A.example.com:443/", name = "B" }]`,
      'groups[0].endpoints[1].url: a URL that another endpoint with the same token has',
    ],
    [
      'the same group twice',
      secondGroup('name = "a"'),
      'groups[1].name: a second group with the name "a"',
    ],
    [
      'two default groups',
      secondGroup('name = "b"\ndefault = true').replace('name = "a"', 'name = "a"\ndefault = true'),
      'groups[1].default: a second default group (the first is "a")',
    ],
    [
      'a timeout as long as the interval',
      checks('interval_seconds = 15'),
      'health_check.timeout_seconds: timeout_seconds = 15 with interval_seconds = 15',
    ],
    [
      'min above the interval',
      checks('min_interval_seconds = 61'),
      'health_check.interval_seconds: min 61, interval 60, max 3600 (seconds)',
    ],
    [
      'max below the interval',
      checks('max_interval_seconds = 59'),
      'health_check.interval_seconds: min 30, interval 60, max 59 (seconds)',
    ],
    [
      'a timeout as long as the shortest interval',
      checks('dynamic_scaling = true\ntimeout_seconds = 30'),
      'health_check.timeout_seconds: timeout_seconds = 30 with min_interval_seconds = 30',
    ],
    [
      'times of a group',
      `${MINIMAL}health_check = { timeout_seconds = 90 }`,
      'groups[0].health_check.timeout_seconds: timeout_seconds = 90 with interval_seconds = 60',
    ],
    [
      'a foreign Redis URL',
      `[redis]\nurl = "http://localhost"\n${MINIMAL}`,
      'redis.url: a value of redis.url that is not a Redis URL',
    ],
    [
      'a Redis URL without a host',
      `[redis]\nurl = "redis:6379"\n${MINIMAL}`,
      'redis.url: a value of redis.url that is not a Redis URL',
    ],
    [
      'a Redis at port 0',
      `[redis]\nurl = "redis://h:0"\n${MINIMAL}`,
      'redis.url: a value of redis.url that is not a Redis URL',
    ],
    [
      'a Redis database with a name',
      `[redis]\nurl = "redis://h/main"\n${MINIMAL}`,
      'redis.url: a value of redis.url that is not a Redis URL',
    ],
    [
      'a socket of Redis without a path',
      `[redis]\nurl = "unix:"\n${MINIMAL}`,
      'redis.url: a value of redis.url that is not a Redis URL',
    ],
    [
      'a Redis password in the file',
      `[redis]\nurl = "redis://:pw@h"\n${MINIMAL}`,
      'redis.url: a password in the URL',
    ],
    [
      'a Redis password that is not set',
      `[redis]\npassword_env = "PW"\n${MINIMAL}`,
      'redis.password_env: the name of a variable that is not set or empty',
    ],
    ['an unsafe key', `__proto__ = 1\n${MINIMAL}`, ': document contains an unsafe property'],
    ['an open quote', '[server]\nhost = "x\n', ': control characters are not allowed in strings'],
  ])('with %s is refused in plain words', (_, text, expected) => {
    const problems = problemsOf(text);
    expect(problems.map(({ path, found }) => `${path}: ${found}`)).toEqual([expected]);
    expect(problems[0]?.advice).not.toBe('');
  });

  it('names first the line of .env that cannot be read, then the variable that is missing for it', () => {
    const source = {
      path: 'config.toml',
      text: MINIMAL,
      variables: variablesOf({}, ''),
      envFile: { path: '.env', text: 'TOKEN_A=sk-$canary' },
    };
    expect(() => parseConfig(source)).toThrow(
      /^\.env and config\.toml have 2 problems:\n\n\.env:1 {2}TOKEN_A\n(?!.*canary)/s,
    );
  });

  it.each([
    [`${MINIMAL}models = []`, 'groups[0].models: a list that is not empty'],
    [MINIMAL.replace('"A 1"', '""'), 'groups[0].endpoints[0].name: text that is not empty'],
    [`${MINIMAL}model_map = ["a"]`, 'groups[0].model_map: a table'],
    [
      `${MINIMAL}model_map = { "模型" = "a" }`,
      'groups[0].model_map.模型: the name of a model: 1 to 100 characters of ASCII',
    ],
  ])('says in words of TOML what a value should be: %s', (text, expected) => {
    expect(problemsOf(text).map(({ path, expected }) => `${path}: ${expected}`)).toEqual([
      expected,
    ]);
  });

  it.each(['http://127.0.0.1:9', 'http://localhost:9', 'http://[::1]:9', 'http://a.localhost'])(
    'may have plain http to this machine: %s',
    (url) => {
      expect(problemsOf(endpoint(`url = "${url}", name = "A"`))).toEqual([]);
    },
  );

  it('may have plain http elsewhere if the endpoint allows it', () => {
    const fields = 'url = "http://10.0.0.1", name = "A", allow_http = true';
    expect(problemsOf(endpoint(fields))).toEqual([]);
  });

  it('may have the same URL for two tokens', () => {
    const text = secondGroup('name = "b"').replace(
      'auth_token_env = "TOKEN_A"\nname',
      'auth_token_env = "TOKEN_B"\nname',
    );
    const same = text.replace('https://b.example.com', 'https://a.example.com');
    expect(problemsOf(same, { TOKEN_A: TOKEN, TOKEN_B: TOKEN })).toEqual([]);
  });

  it.each([
    ['empty', '', 'which is not set or empty'],
    [
      'an original placeholder',
      'sk-your-token-here',
      'which still holds the placeholder of the example',
    ],
    ['a bracketed placeholder', '<token>', 'which still holds the placeholder of the example'],
    ['crosses', 'sk-ant-xxxxxxxx', 'which still holds the placeholder of the example'],
    ['two words', 'Bearer sk-ant-1', 'whose value has spaces, line breaks or non-ASCII characters'],
    ['a line break', 'sk-ant-1\n', 'whose value has spaces, line breaks or non-ASCII characters'],
  ])('with a token that is %s is rejected', (_, value, found) => {
    expect(problemsOf(MINIMAL, { TOKEN_A: value })).toMatchObject([{ found: `TOKEN_A, ${found}` }]);
  });

  it('never shows a secret, wherever it was put', () => {
    const secret = 'skAntSecret';
    const places = [
      [GROUP.replace('"TOKEN_A"', `"${secret}"`) + ENDPOINTS, {}],
      [GROUP.replace('"TOKEN_A"', `"sk-${secret}"`) + ENDPOINTS, {}],
      [GROUP.replace('"TOKEN_A"', secret) + ENDPOINTS, {}],
      [`${GROUP}auth_token = "${secret}"\n${ENDPOINTS}`, {}],
      [MINIMAL, { TOKEN_A: `Bearer ${secret}` }],
      [MINIMAL, { TOKEN_A: `your-${secret}` }],
      [MINIMAL.replace('https://', `https://u:${secret}@`), {}],
      [MINIMAL.replace('.com', `.com/?key=${secret}`), {}],
      [MINIMAL.replace('https://', `${secret} `), {}],
      [`[redis]\nurl = "redis://:${secret}@h"\n${MINIMAL}`, {}],
      [`[redis]\npassword_env = "${secret}"\n${MINIMAL}`, {}],
      [MINIMAL, { TOKEN_A: TOKEN, ZEPHYR_REDIS_URL: `redis://:${secret}%zz@h` }],
    ] as const;
    for (const [text, environment] of places) {
      const problems = problemsOf(text, environment);
      expect(problems).not.toEqual([]);
      expect(JSON.stringify(problems)).not.toContain(secret);
    }
  });

  it('throws nothing but ZephyrError, whatever the document is', { timeout: 60_000 }, () => {
    const keys = ['server', 'groups', 'health_check', 'redis', 'endpoints', 'url', 'name', 'port'];
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.webUrl(),
        fc.integer(),
        fc.double({ noNaN: true }),
        fc.boolean(),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.oneof(fc.constantFrom(...keys), fc.string()), tie('tree')),
      ),
    }));
    const document = fc.dictionary(fc.constantFrom(...keys), tree).map((value) => {
      try {
        return stringify(value);
      } catch {
        return '';
      }
    });
    fc.assert(
      fc.property(fc.oneof(fc.string(), document), (text) => {
        try {
          parse(text);
        } catch (error) {
          expect(error).toBeInstanceOf(ZephyrError);
          expect((error as ZephyrError).code).toBe('CONFIG');
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('loadConfig', () => {
  it('explains how to create a missing file', () => {
    const sources = { configPath: '/nonexistent/c.toml', envFilePath: '/nonexistent/.env' };
    expect(() => loadConfig({ ...sources, environment: {} })).toThrow(
      '/nonexistent/c.toml does not exist',
    );
  });

  it('reports the configuration if the folder of both files is unreadable', () => {
    // Neither can be read: both are folders.
    const sources = { configPath: import.meta.dirname, envFilePath: `${import.meta.dirname}/..` };
    expect(() => loadConfig({ ...sources, environment: {} })).toThrow(
      `cannot read ${import.meta.dirname}:`,
    );
  });
});
