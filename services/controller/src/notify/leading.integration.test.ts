/** A real controller sends notifications of what it has committed, and follows its configuration. */

import { endpointId, epochMs } from '@zephyr/core';
import { nextProbeSequence, recordProbe } from '@zephyr/runtime/redis/probe-store';
import { eventually } from '@zephyr/testkit/eventually';
import { type ScriptedUpstream, startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { json } from '@zephyr/testkit/upstream-scripts';
import { redisOfFile } from '@zephyr/testkit/use-redis';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { ControllerProcess } from '../test-support/controller-process.ts';

const SIGNING = 'SEChidden-4c1f';
const taken = json({ errcode: 0, errmsg: 'ok' });

const { server, redis } = await redisOfFile();
let webhook: ScriptedUpstream;
let controller: ControllerProcess;

const SLACK = '[[notify]]\nkind = "slack"\nurl_env = "HOOK"\n';
const DINGTALK = '[[notify]]\nkind = "dingtalk"\nurl_env = "HOOK"\nsecret_env = "SIGNING"\n';
const probes = '[health_check]\ndaily_budget_usd = 0.5\n';

beforeEach(async () => {
  webhook = await startScriptedUpstream({ script: taken });
  controller = await ControllerProcess.start({
    ...{ redisUrl: server.url, extraConfig: probes },
    env: { HOOK: `${webhook.url}/hidden-4c1f`, SIGNING, ZEPHYR_LOG_LEVEL: 'debug' },
  });
});
afterEach(async () => {
  await controller.stop();
  await webhook.stop();
});

async function spend(id: string, costUsd: number): Promise<void> {
  const about = { endpointId: endpointId(id) };
  const sequence = await nextProbeSequence(redis, about.endpointId);
  await recordProbe(redis, {
    ...{ ...about, slot: `${id}:${sequence}`, sequence, style: 'cli', costUsd },
    startedAtMs: epochMs(Date.now()),
    wallMs: 1_000,
    verdict: { status: 'ok', latencyMs: 300 },
    score: { status: 'unknown', failureMs: 0 },
    usage: { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 },
  });
}

const applied = (times: number) =>
  eventually(() => expect(controller.output().match(/config applied/g) ?? []).toHaveLength(times));

it('notifies a receiver that was added while it runs, in the shape of its kind', async () => {
  // The first leader does not report probes from before its term, which begins late on a busy machine.
  await eventually(() => controller.state());
  controller.writeConfig({ redisUrl: server.url, extraConfig: `${probes}${DINGTALK}` });
  await applied(1);
  await spend('one', 0.42);
  await eventually(() => expect(webhook.ledger).toHaveLength(1));
  const [first] = webhook.ledger;
  expect(first?.target).toMatch(/^\/hidden-4c1f\?timestamp=\d{13}&sign=[\w%]+$/);
  expect(JSON.parse(String(first?.body))).toEqual({
    msgtype: 'text',
    text: { content: 'Claude Zephyr: Group team: the daily probe budget is nearly spent' },
  });
  controller.writeConfig({ redisUrl: server.url, extraConfig: `${probes}${SLACK}` });
  await applied(2);
  await spend('one', 0.1);
  await eventually(() => expect(webhook.ledger).toHaveLength(2));
  expect(JSON.parse(String(webhook.ledger[1]?.body))).toEqual({
    text: 'Claude Zephyr: Group team: the daily probe budget is spent',
  });
  await eventually(async () => {
    const metrics = await (await controller.get('/metrics')).text();
    expect(metrics).toContain('notifications_total{kind="dingtalk",result="sent"} 1');
    expect(metrics).toContain('notifications_total{kind="slack",result="sent"} 1');
    expect(metrics).toContain('notifications_total{kind="slack",result="failed"} 0');
    expect(metrics).not.toContain('hidden');
  });
  expect(controller.output()).not.toContain('hidden');
});
