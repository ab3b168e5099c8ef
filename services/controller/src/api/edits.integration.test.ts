/** Edits of config.toml through the admin API of a real controller. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ApiSettings, EditAnswer } from '@zephyr/contract/operate/config-edit';
import { keys } from '@zephyr/runtime/redis/keys';
import { eventually } from '@zephyr/testkit/eventually';
import { openTestRedis, startTestRedis, type TestRedis } from '@zephyr/testkit/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ControllerProcess } from '../test-support/controller-process.ts';

const ADMIN_TOKEN = 'an-admin-token-of-the-editing-test';
const GROUP_TOKEN = 'token-of-the-new-group-0123456789';

let server: TestRedis;
let controller: ControllerProcess;

beforeAll(async () => {
  server = await startTestRedis();
  controller = await ControllerProcess.start({
    redisUrl: server.url,
    extraConfig: '# ours\n',
    env: { ZEPHYR_ADMIN_TOKEN: ADMIN_TOKEN },
  });
  const ready = async () => (await get('/api/state')).status;
  await eventually(async () => expect(await ready()).toBe(200));
});
afterAll(async () => {
  await controller.stop();
  await server.stop();
});

const authorization = { authorization: `Bearer ${ADMIN_TOKEN}` };
const get = (path: string) => controller.get(path, authorization);
const fileOf = (name: string) => readFileSync(join(controller.folder, name), 'utf8');

function edit(name: string, body: object, headers: Record<string, string> = authorization) {
  return fetch(`http://127.0.0.1:${controller.port}/api/edits/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

/** Everything in Redis and in the log. */
async function remembered(): Promise<string> {
  const redis = openTestRedis({ url: server.url });
  const streams = await Promise.all(
    [keys.commands, keys.audit, keys.log].map((key) => redis.xrange(key, '-', '+')),
  );
  redis.disconnect();
  return JSON.stringify(streams) + controller.output();
}

describe('edits of the configuration', () => {
  it('create a key for a person, which is in the answer and nowhere else', async () => {
    const answer = await edit('add-client', { name: 'ann' });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const { key } = (await answer.json()) as EditAnswer;
    expect(key).toMatch(/^zk-[\w-]{43}$/);
    const hash = createHash('sha256')
      .update(key ?? '')
      .digest('hex');
    expect(fileOf('config.toml')).toContain('# ours');
    expect(fileOf('config.toml')).toContain(`name = "ann"\nkey_sha256 = "${hash}"`);
    // The actor and the subject.
    const known = await remembered();
    expect(known).toContain(String.raw`"actor\":\"token\",\"name\":\"add-client\"`);
    expect(known).toContain(String.raw`\"command\":\"add-client\",\"actor\":\"token\"`);
    expect(known).toContain(String.raw`\"subject\":\"ann\"`);
    for (const secret of [key ?? '', hash]) expect(known).not.toContain(secret);
  });

  it('add an endpoint with the token of its group, which is written to .env only', async () => {
    const url = 'https://three.example.com';
    const body = { name: 'Three', url, group: '备用', token: GROUP_TOKEN, test: false };
    const answer = (await (await edit('add-endpoint', body)).json()) as EditAnswer;
    expect(answer.tokenVariable).toBe('AUTH_TOKEN_GROUP_2');
    expect(fileOf('.env')).toContain(`AUTH_TOKEN_GROUP_2='${GROUP_TOKEN}'`);
    expect(fileOf('config.toml') + (await remembered())).not.toContain(GROUP_TOKEN);
    // The leader has read it by the time the answer arrives.
    const state = await (await get('/api/state')).text();
    expect(state).toContain('"name":"Three"');
    const settings = (await (await get('/api/settings')).json()) as ApiSettings;
    expect(settings).toMatchObject({ editing: 'possible', clients: [{ name: 'ann' }] });
    expect(settings.endpoints).toContainEqual({ name: 'Three', url, group: '备用' });
  });

  it('are refused with advice, and then change nothing', async () => {
    const before = fileOf('config.toml') + fileOf('.env');
    const refused = await edit('add-endpoint', { name: 'Four', url: 'https://a.net', group: 'x' });
    expect(refused.status).toBe(409);
    expect(await refused.text()).toContain('set AUTH_TOKEN_X');
    const invalid = await edit('add-endpoint', { name: 'Four', url: 'https://a.net/v1/messages' });
    expect([invalid.status, (await edit('add-client', { name: 'a b' })).status]).toEqual([
      422, 409,
    ]);
    expect(fileOf('config.toml') + fileOf('.env')).toBe(before);
  });

  it('create no key that nobody would see if something else is wrong; removing a key still works', async () => {
    await edit('add-client', { name: 'bob' });
    const path = join(controller.folder, 'config.toml');
    const good = fileOf('config.toml');
    const broken = `${good}\n[[teams]]\nname = "red"\nmembers = ["nobody"]\n`;
    writeFileSync(path, broken);
    const add = await edit('add-client', { name: 'cem' });
    expect([add.status, await add.text()]).toEqual([422, expect.stringContaining('nobody')]);
    expect((await edit('rotate-client', { name: 'ann' })).status).toBe(422);
    expect(fileOf('config.toml')).toBe(broken);
    await edit('remove-client', { name: 'bob' });
    expect(fileOf('config.toml')).not.toContain('"bob"');
    writeFileSync(path, good);
  });

  it('require the admin token, even if the rest is open to this machine', async () => {
    const open = await ControllerProcess.start({ redisUrl: server.url });
    const body = { method: 'POST', headers: { 'content-type': 'application/json' } } as const;
    const url = `http://127.0.0.1:${open.port}/api/edits/add-client`;
    const answer = await fetch(url, { ...body, body: '{"name":"eve"}' });
    expect([answer.status, await answer.text()]).toEqual([
      401,
      expect.stringContaining('set ZEPHYR_ADMIN_TOKEN'),
    ]);
    const settings = (await (await open.get('/api/settings')).json()) as ApiSettings;
    expect(settings.editing).toBe('token_needed');
    expect((await edit('add-client', { name: 'eve' }, {})).status).toBe(401);
    await open.stop();
  });
});
