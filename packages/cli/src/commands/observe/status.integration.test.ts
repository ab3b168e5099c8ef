/** `zephyr status` against a fake controller: what it prints when things are wrong. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ApiState } from '@zephyr/contract/api/api-state';
import { inventedState } from '@zephyr/testkit/invented-world';
import stringWidth from 'string-width';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { status } from './status.ts';

const ATMS = 1_790_000_000_000;

describe('zephyr status', () => {
  let folder: string;
  let server: Server;
  let state: ApiState;
  let port: number;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'zephyr-status-'));
    state = inventedState(ATMS);
    server = createServer((req, res) => {
      if (req.headers.authorization !== 'Bearer admin-token-of-the-team') {
        res.writeHead(401, { 'content-type': 'application/problem+json' });
        res.end(JSON.stringify({ code: 'unauthorized', detail: '', advice: [] }));
        return;
      }
      res.setHeader('content-type', 'application/json');
      res.end(JSON.stringify(state));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  afterEach(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  const ask = (
    config: string,
    changes: { url?: string; probe?: boolean; language?: 'en' | 'zh' } = {},
  ) => {
    const configPath = join(folder, 'config.toml');
    writeFileSync(configPath, config);
    const tokenFile = join(folder, 'admin-token');
    writeFileSync(tokenFile, 'admin-token-of-the-team\n');
    const options = { config: configPath, envFile: join(folder, '.env'), ...changes };
    return status(options, { LANG: 'C', ZEPHYR_ADMIN_TOKEN_FILE: tokenFile }, 1_000);
  };
  const controller = () => `[controller] # ours\nhost = "127.0.0.1"\nport = ${port}\n`;

  it.each([
    ['a broken line', '[[groups]\nname = \n'],
    ['an unknown key', 'x = 1\n'],
  ])('answers while config.toml has %s, and says so', async (_, broken) => {
    const text = await ask(`${controller()}\n${broken}`);
    expect(text).toContain(state.endpoints[0]?.name);
    expect(text).toContain('A change to config.toml was rejected');
    expect(text).toContain(`${join(folder, 'config.toml')}:`);
  });

  it('reports what the controller has read, if the file is on another machine', async () => {
    state = {
      ...state,
      config: { status: 'rejected', hash: 'x', atMs: ATMS, problems: ['config.toml:7 groups: …'] },
    };
    const text = await ask('', { url: `http://127.0.0.1:${port}` });
    expect(text).toContain('config.toml:7 groups: …');
  });

  it('reports the error in config.toml if no controller answers', async () => {
    const answer = ask(`[controller]\nport = 1\n[[groups]\n`);
    await expect(answer).rejects.toThrow('config.toml has 1 problem');
  });

  it('names the endpoints whose probes take too long', async () => {
    state = { ...state, atMs: state.atMs + 3_600_000 };
    const names = state.endpoints.filter(({ enabled }) => enabled).map(({ name }) => name);
    expect(await ask(controller(), { probe: true })).toContain(
      `The probes of ${names.join(', ')} are still running`,
    );
    expect(await ask(controller())).not.toContain('still running');
  });

  it.each(['en', 'zh'] as const)(
    'has the probes of each endpoint, narrow enough: %s',
    async (language) => {
      const text = await ask(controller(), { language });
      const [first] = state.endpoints;
      expect(text).toMatch(
        language === 'en' ? /^Probes +Last +Mean +p95 +Last probe/m : /^探测 +最近/m,
      );
      expect(text).toMatch(new RegExp(`^${first?.name} +620.ms +632.ms +768.ms +.*7.s`, 'm'));
      expect(text).toMatch(language === 'en' ? /no answer in time, 7.s ago/ : /未及时响应，7.s 前/);
      for (const line of text.split('\n')) expect(stringWidth(line), line).toBeLessThanOrEqual(100);
    },
  );

  it('shows which endpoint refuses which token, and what to do', async () => {
    const endpoints = state.endpoints.map((endpoint, index) =>
      index === 0
        ? {
            ...endpoint,
            available: false,
            unavailable: ['token_refused' as const],
            token: {
              status: 'refused' as const,
              sinceAtMs: ATMS,
              failure: 'token_refused' as const,
            },
          }
        : endpoint,
    );
    state = { ...state, endpoints };
    const [refusing, well] = state.endpoints;
    const text = await ask('', { url: `http://127.0.0.1:${port}` });
    expect(text).toContain(`${refusing?.name} refuses your token (group ${refusing?.groupName}).`);
    expect(text).toContain('→ Put a valid token');
    expect(text).not.toContain(`${well?.name} refuses`);
  });
});
