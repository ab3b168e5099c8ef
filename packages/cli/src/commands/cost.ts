/** `zephyr cost`: what probes cost today, what live traffic saved, and the cost of past days. */

import type { ApiState } from '@zephyr/contract/api-state';
import { systemClock } from '@zephyr/runtime/clock';
import { loadConfig } from '@zephyr/runtime/config/load';
import { UNREAD_TOKENS } from '@zephyr/runtime/config/token-command';
import type { Environment } from '@zephyr/runtime/environment';
import { ZephyrError } from '@zephyr/runtime/errors';
import { createLogger } from '@zephyr/runtime/logger';
import { createRedis } from '@zephyr/runtime/redis/client';
import { type ProbeDay, readProbeDay } from '@zephyr/runtime/redis/probe-usage';

import { renderTable } from '../table.ts';
import { type AdminOptions, type AdminSession, openSession, printed } from './admin-session.ts';

export interface CostOptions extends AdminOptions {
  /** The last days instead of today's details; needs the Redis that config.toml names. */
  readonly days?: number;
}

export async function cost(options: CostOptions, environment: Environment): Promise<string> {
  const session = openSession(options, environment);
  if (options.days !== undefined) return await costOfDays(options, environment, session);
  const state = await session.client.state();
  const endpoints = state.endpoints.map(({ id, name, probe }) => ({
    ...{ endpointId: id, name, style: probe.style },
    ...probe.today,
  }));
  return printed(options, { ...state.cost, endpoints }, renderToday(state, session));
}

function renderToday(state: ApiState, { say, numbers }: AdminSession): string {
  const rows = state.endpoints.map(({ name, probe: { style, today } }) => [
    name,
    say(`style.${style}`),
    String(today.probes),
    String(today.saved),
    `${today.inputTokens} / ${today.outputTokens}`,
    numbers.usd(today.costUsd),
  ]);
  const { todayUsd, projectedUsd, savedUsd, budgetUsd } = state.cost;
  const facts = [
    [say('cost.today'), numbers.usd(todayUsd)],
    [say('cost.projected'), numbers.usd(projectedUsd)],
    [say('cost.saved'), numbers.usd(savedUsd)],
    ...(budgetUsd === null ? [] : [[say('cost.budget'), numbers.usd(budgetUsd)]]),
  ];
  const head = [say('cost.title'), '', say('cost.probes'), say('cost.saved')];
  return [
    renderTable([...head, say('cost.tokens'), say('cost.today')], rows),
    facts.map(([name, value]) => `${name}: ${value}`).join('\n'),
  ].join('\n\n');
}

const DAY_MS = 86_400_000;

async function costOfDays(
  options: CostOptions,
  environment: Environment,
  { say, numbers }: AdminSession,
): Promise<string> {
  const { config, secrets } = loadConfig(
    { configPath: options.config, envFilePath: options.envFile, environment },
    { readToken: UNREAD_TOKENS },
  );
  if (config.redis.urlFrom === 'default') {
    throw new ZephyrError('USAGE', '--days needs access to the Redis of the running system', {
      advice: ['set url under [redis] in config.toml, or ZEPHYR_REDIS_URL'],
    });
  }
  const target = { url: config.redis.url, password: secrets.redisPassword?.reveal() };
  const redis = createRedis(target, createLogger('cost', 'silent'), 'blocking');
  try {
    const moments = Array.from(
      { length: options.days ?? 1 },
      (_, age) => systemClock.epochMs() - age * DAY_MS,
    );
    const days = await Promise.all(
      moments.map(async (atMs) => ({
        day: new Date(atMs).toISOString().slice(0, 10),
        endpoints: await readProbeDay(redis, atMs),
      })),
    );
    const rows = days.map(({ day, endpoints }) =>
      rowOf(day, Object.values(endpoints), numbers.usd),
    );
    const head = ['UTC', say('cost.probes'), say('cost.tokens'), say('cost.title')];
    return printed(options, days, renderTable(head, rows));
  } finally {
    redis.disconnect();
  }
}

function rowOf(
  day: string,
  endpoints: readonly ProbeDay[],
  usd: (dollars: number) => string,
): string[] {
  const sum = (of: (endpoint: ProbeDay) => number): number =>
    endpoints.reduce((total, endpoint) => total + of(endpoint), 0);
  const input = sum((of) => of.inputTokens + of.cacheReadTokens + of.cacheWriteTokens);
  return [
    day,
    String(sum(({ probes }) => probes)),
    `${input} / ${sum(({ outputTokens }) => outputTokens)}`,
    usd(sum(({ costUsd }) => costUsd)),
  ];
}
