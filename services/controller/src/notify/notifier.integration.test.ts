/** Notifications for the leader's effects: over real HTTP, with a manual clock. */

import { NOTIFY_EVENTS } from '@zephyr/contract/notify/notify';
import { REPEAT_AFTER_MS } from '@zephyr/contract/notify/notify-timing';
import { type Effect, endpointId, type World } from '@zephyr/core';
import type { LoadedConfig } from '@zephyr/runtime/config/config';
import type { NotifyTarget, WebhookTarget } from '@zephyr/runtime/config/resolve/notify-target';
import { createLogger } from '@zephyr/runtime/logger';
import { ATTEMPT_TIMEOUT_MS, RETRY_AFTER_MS } from '@zephyr/runtime/notify/deliver';
import { Secret } from '@zephyr/runtime/secret';
import { eventually } from '@zephyr/testkit/eventually';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import { type ScriptedUpstream, startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { hang, json, status } from '@zephyr/testkit/upstream-scripts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HOURLY_LIMIT } from './hourly-limit.ts';
import { Notifier } from './notifier.ts';

const one = endpointId('one');

let clock: ManualClock;
let alive: ScriptedUpstream;
let dead: ScriptedUpstream;
let notifier: Notifier;
let language: 'en' | 'zh';
let targets: NotifyTarget[];
let logged: string;
const counted = vi.fn();

beforeEach(async () => {
  vi.clearAllMocks();
  clock = new ManualClock();
  alive = await startScriptedUpstream({ script: json({}) });
  dead = await startScriptedUpstream({ script: hang() });
  targets = [targetAt(alive)];
  language = 'en';
  logged = '';
  const output = {
    write: (line: string) => {
      logged += line;
    },
  };
  notifier = new Notifier({
    ...{ clock, counted, log: createLogger('test', 'debug', output) },
    loaded: () =>
      ({
        config: { ui: { language }, endpoints: [{ id: one, name: 'Tokyo' }] },
        secrets: { notifyTargets: targets },
      }) as unknown as LoadedConfig,
  });
});
afterEach(async () => {
  notifier.stop();
  await Promise.all([alive.stop(), dead.stop()]);
});

const targetAt = ({ url }: ScriptedUpstream, about: Partial<WebhookTarget> = {}): NotifyTarget => ({
  ...{ kind: 'json', label: 'json (HOOK)', events: NOTIFY_EVENTS },
  ...{ url: new Secret(`${url}/hidden-4c1f`), ...about },
});

const healthy = { endpoints: [{ id: one, health: { status: 'healthy' } }] } as unknown as World;
const refused: Effect = {
  kind: 'notice',
  notice: { code: 'token_refused', endpointId: one, failure: 'token_refused' },
};
const budget = (groupName: string): Effect => ({
  kind: 'notice',
  notice: { code: 'budget_spent', groupName },
});

const happens = (...effects: readonly Effect[]) => notifier.committed(effects, healthy);
const textsAt = ({ ledger }: ScriptedUpstream) =>
  ledger.map(({ body }) => (JSON.parse(String(body)) as { text: string }).text);
const sentTimes = (times: number) => eventually(() => expect(results('sent')).toBe(times), 10);
const results = (result: string) => counted.mock.calls.filter((call) => call[1] === result).length;

describe('Notifier', () => {
  it('states what happened and what to do, in the configured language', async () => {
    happens(refused);
    await sentTimes(1);
    language = 'zh';
    happens({ kind: 'notice', notice: { code: 'nothing_available' } });
    await sentTimes(2);
    expect(textsAt(alive)).toEqual([
      'Tokyo: token refused. Put a valid token for this group into .env; with containers, then run make up. If the group has a token_command, run it as the user of the service to see what it prints.',
      '没有可用的端点',
    ]);
  });

  it('repeats a message only after ten minutes, with a count', async () => {
    happens(refused);
    happens(refused);
    happens(refused);
    await sentTimes(1);
    clock.advance(REPEAT_AFTER_MS);
    await sentTimes(2);
    expect(textsAt(alive)[1]).toMatch(
      /^Tokyo: token refused\. .+ \(at .+\) \[1 more change in between\]$/,
    );
    clock.advance(REPEAT_AFTER_MS);
    expect(clock.timers).toBe(0);
    happens(refused);
    await sentTimes(3);
    expect(textsAt(alive)[2]).not.toContain('[');
  });

  it('lets a receiver that never answers delay no other, and logs it without its address', async () => {
    targets = [targetAt(dead, { label: 'json (DEAD)' }), targetAt(alive)];
    happens(refused);
    happens(budget('team'));
    await sentTimes(2);
    for (const [attempt, delayMs] of [...RETRY_AFTER_MS, 0].entries()) {
      await eventually(() => expect(dead.ledger).toHaveLength(attempt + 1), 10);
      clock.advance(ATTEMPT_TIMEOUT_MS);
      if (delayMs > 0) await clock.whenSet(delayMs);
      clock.advance(delayMs);
    }
    await eventually(() => expect(results('failed')).toBe(1), 10);
    const lines = logged.split('\n').filter((line) => line.includes('could not be delivered'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('"target":"json (DEAD)"');
    expect(lines[0]).toContain('"why":"timeout"');
    expect(logged).not.toContain('hidden-4c1f');
    expect(logged).not.toContain(String(dead.port));
  });

  it('retries after a transient failure', async () => {
    alive.next(status(500), status(500));
    happens(refused);
    for (const delayMs of RETRY_AFTER_MS.slice(0, 2)) {
      await clock.whenSet(delayMs);
      clock.advance(delayMs);
    }
    await sentTimes(1);
    expect(results('failed')).toBe(0);
  });

  it('sends no target more than the hourly limit, and then reports how many were left out', async () => {
    happens(...Array.from({ length: HOURLY_LIMIT + 3 }, (_, number) => budget(`team-${number}`)));
    await sentTimes(HOURLY_LIMIT);
    expect(results('left_out')).toBe(3);
    clock.advance(3_600_000);
    happens(budget('another'));
    await sentTimes(HOURLY_LIMIT + 1);
    expect(textsAt(alive).at(-1)).toContain('[3 earlier messages were left out');
    expect(logged.match(/left out for now/g)).toHaveLength(1);
  });

  it('reports an outage of all endpoints and its end even beyond the limit', async () => {
    happens(...Array.from({ length: HOURLY_LIMIT }, (_, number) => budget(`team-${number}`)));
    happens({ kind: 'notice', notice: { code: 'nothing_available' } });
    happens({ kind: 'notice', notice: { code: 'available_again' } });
    await sentTimes(HOURLY_LIMIT + 2);
    expect(textsAt(alive).slice(-2)).toEqual([
      'No endpoint is available',
      'An endpoint is available again',
    ]);
  });

  it('sends each receiver only the events that it wants', async () => {
    targets = [targetAt(dead, { events: ['all_down'] }), targetAt(alive)];
    happens(refused);
    await sentTimes(1);
    expect(dead.connectionsSeen).toBe(0);
  });

  it('follows a changed configuration: a removed receiver gets no more messages', async () => {
    targets = [targetAt(dead)];
    happens(refused);
    happens(budget('team'));
    await eventually(() => expect(dead.ledger).toHaveLength(1), 10);
    targets = [targetAt(alive)];
    notifier.configChanged();
    await eventually(() => expect(dead.openConnections).toBe(0), 10);
    happens(budget('another'));
    await sentTimes(1);
    expect(textsAt(alive)).toHaveLength(1);
    expect(dead.ledger).toHaveLength(1);
    expect(results('failed')).toBe(0);
  });

  it('signs with a rotated secret from then on', async () => {
    alive.always(json({ code: 0 }));
    const signedBy = (secret: string) =>
      targetAt(alive, { kind: 'feishu', signingSecret: new Secret(secret) });
    targets = [signedBy('former')];
    happens(refused);
    await sentTimes(1);
    targets = [signedBy('rotated')];
    notifier.configChanged();
    happens(budget('team'));
    await sentTimes(2);
    const signs = alive.ledger.map(({ body }) => JSON.parse(String(body)).sign as string);
    expect(signs[0]).toMatch(/=$/);
    // The time is the same.
    expect(signs[1]).not.toBe(signs[0]);
  });

  it('sends nothing that it has deferred once it is stopped', async () => {
    happens(refused);
    happens(refused);
    await sentTimes(1);
    notifier.stop();
    expect(clock.timers).toBe(0);
  });
});
