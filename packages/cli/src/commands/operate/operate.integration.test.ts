/** What operators do from the command line, against a fake controller. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import type { ApiState } from '@zephyr/contract/api/api-state';
import type { CommandAnswer } from '@zephyr/contract/operate/operator-command';
import { PROBLEMS, type ProblemCode } from '@zephyr/contract/operate/problem';
import { inventedHistory, inventedState } from '@zephyr/testkit/invented-world';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ZEPHYR = fileURLToPath(new URL('../../../bin/zephyr', import.meta.url));
const AT_MS = 1_790_000_000_000;

let server: Server;
let url: string;
let state: ApiState;
let outcome: CommandAnswer['outcome'];
/** The code with which the controller refuses a command. */
let refusal: ProblemCode | undefined;
/** Method, path and body of each command, in order. */
let commands: string[];

beforeEach(async () => {
  state = inventedState(AT_MS);
  outcome = 'applied';
  refusal = undefined;
  commands = [];
  server = createServer(async (req, res) => {
    res.setHeader('content-type', 'application/json');
    if (req.url === '/events') {
      res.setHeader('content-type', 'text/event-stream');
      // Never ends by itself, as a controller's does not.
      let count = 0;
      const ticking = setInterval(() => {
        count += 1;
        res.write(`event: state\ndata: ${JSON.stringify({ ...state, atMs: AT_MS + count })}\n\n`);
        const entry = { ...inventedHistory(AT_MS).log[0], id: `new-${count}` };
        res.write(`event: log\ndata: ${JSON.stringify(entry)}\n\n`);
      }, 50);
      res.on('close', () => clearInterval(ticking));
      return;
    }
    if (req.method === 'POST') {
      commands.push(`${req.url} ${await text(req)}`);
      if (refusal !== undefined) {
        res.writeHead(PROBLEMS[refusal], { 'content-type': 'application/problem+json' });
        res.end(JSON.stringify({ code: refusal, detail: 'why', advice: ['as programs say it'] }));
        return;
      }
      res.end(JSON.stringify({ command: 'x', outcome, atMs: AT_MS, affected: 3 }));
      return;
    }
    res.end(JSON.stringify(req.url === '/api/history' ? inventedHistory(AT_MS) : state));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
});

/** @param after appended to the shell command, such as a pipe */
async function zephyr(command: string, after = '') {
  const child = spawn('sh', ['-c', `'${ZEPHYR}' ${command} --url ${url} ${after}`], {
    env: { PATH: process.env['PATH'], LANG: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { stdout, stderr, status };
}

describe('what operators do from the command line', () => {
  it.each([
    ['enable backup', 'backup-eu is enabled.', '/api/commands/enable {"endpointId":"backup-eu"}'],
    [
      'disable backup --force',
      'backup-eu is disabled.',
      '/api/commands/disable {"endpointId":"backup-eu","force":true}',
    ],
    ['move-sessions', '3 sessions move with the next request.', '/api/commands/move-sessions {}'],
    [
      'move-sessions backup',
      '3 sessions move with the next request.',
      '/api/commands/move-sessions {"fromId":"backup-eu"}',
    ],
    ['reload', 'config.toml was reloaded.', '/api/commands/reload {}'],
  ])('zephyr %s', async (command, printed, sent) => {
    const { stdout, status } = await zephyr(command);
    expect(stdout).toBe(`${printed}\n`);
    expect(commands).toEqual([sent]);
    expect(status).toBe(0);
  });

  it('reports when nothing changed, in the language of the caller', async () => {
    outcome = 'unchanged';
    const { stdout } = await zephyr('enable backup --language zh');
    expect(stdout).toBe('已启用 backup-eu。没有变化。\n');
  });

  it('sends nothing if the name is unknown', async () => {
    const { stderr, status } = await zephyr('disable nowhere');
    expect(stderr).toContain('there is no endpoint named nowhere');
    expect(commands).toEqual([]);
    expect(status).toBe(1);
  });
});

describe('a refusal of the controller', () => {
  it.each([
    ['endpoint_unavailable', 'repeat with --force'],
    ['last_endpoint', 'repeat with --force'],
    ['unknown_endpoint', 'status lists the endpoints'],
    ['not_found', 'a different version'],
    // If its advice suits a person, too.
    ['not_leading', 'as programs say it'],
  ] as const)('is explained in the words of the command line: %s', async (code, words) => {
    refusal = code;
    const { stderr, status } = await zephyr('pin backup');
    expect(stderr).toContain(`  why\n`);
    expect(stderr).toContain(words);
    expect(stderr.includes('as programs say it')).toBe(code === 'not_leading');
    expect(status).toBe(1);
  });
});

describe('a reader that has enough', () => {
  it.each(['status --watch --json', 'status --json', 'events --follow --json'])(
    'ends zephyr %s without a word of a crash',
    async (command) => {
      const { stdout, stderr, status } = await zephyr(command, '| head -c 1');
      expect(stdout).toHaveLength(1);
      expect(stderr).toBe('');
      expect(status).toBe(0);
    },
  );
});
