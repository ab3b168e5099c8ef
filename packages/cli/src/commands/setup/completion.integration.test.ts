/** What the completion scripts offer. The real shells with a running system: `tests/e2e/completion.test.ts`. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { endpointWords } from './completion-endpoints.ts';

const ZEPHYR = join(import.meta.dirname, '../../../bin/zephyr');
const FISH = 'fish';
const hasFish = spawnSync(FISH, ['--version']).status === 0;

/** @returns The URL of what has the port of a controller, and answers with these ids. */
async function controllerWith(ids: readonly string[]): Promise<string> {
  const server = createServer((_, res) => {
    res.writeHead(200, { 'content-type': 'application/json' });
    res.end(JSON.stringify({ endpoints: ids.map((id) => ({ id })) }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it('offers only ids of endpoints: bash would run a command among them', async () => {
  const url = await controllerWith(['tokyo', '$(touch made)', '`touch made`', 'e-1', 'a\nb']);
  const options = { config: 'none', envFile: 'none', url };
  expect(await endpointWords(options, {})).toBe('tokyo\ne-1');
});

it('asks the controller that the environment names', async () => {
  const environment = { ZEPHYR_CONTROLLER_URL: await controllerWith(['tokyo']) };
  expect(await endpointWords({ config: 'none', envFile: 'none' }, environment)).toBe('tokyo');
});

it.skipIf(!hasFish).each([
  ['zephyr clients add --', ['--config', '--help']],
  ['zephyr endpoint add --tok', ['--token-env', '--token-stdin']],
  ['zephyr service status ', []],
  ['zephyr service st', ['status']],
  ['zephyr completion zs', ['zsh']],
  ['zephyr sta', ['start', 'status']],
])('fish: after %j only what this command takes', (typed, expected) => {
  const run = { encoding: 'utf8', env: { PATH: process.env['PATH'], LANG: 'C.UTF-8' } } as const;
  const { stdout: script } = spawnSync(ZEPHYR, ['completion', 'fish'], run);
  const command = `${script}\ncomplete -C '${typed}'`;
  const { stdout } = spawnSync(FISH, ['--no-config', '-c', command], run);
  expect(stdout.match(/^\S+/gm) ?? []).toEqual(expected);
});
