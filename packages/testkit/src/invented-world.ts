/** A small invented world as shown by the admin API: for tests of views, and for designing them. */

import type { ApiEndpoint } from '@zephyr/contract/api/api-endpoint';
import type { ApiHistory, ApiLogEntry, ApiSample } from '@zephyr/contract/api/api-history';
import type { ApiState } from '@zephyr/contract/api/api-state';
import { ANONYMOUS } from '@zephyr/contract/reserved-names';
import { HOUR_MS, MINUTE_MS } from '@zephyr/contract/units';

const NAMES = ['instcopilot-hk', 'instcopilot-sg', 'anthropic-direct', 'backup-eu'] as const;
const LATENCIES_MS = [620, 810, 1_350, 990] as const;

export function inventedSample(index: number, atMs: number): ApiSample {
  const base = LATENCIES_MS[index] ?? 900;
  const wave = 1 + 0.18 * Math.sin(atMs / 47_000 + index * 2) + 0.08 * Math.sin(atMs / 9_000);
  const isBad = index === 3 && Math.sin(atMs / 61_000) > 0.7;
  return {
    atMs,
    endpointId: NAMES[index] ?? 'x',
    source: 'probe',
    verdict: isBad
      ? { status: 'failed', failure: 'first_byte_timeout' }
      : { status: 'ok', latencyMs: base * wave },
  };
}

export function inventedHistory(nowMs: number): ApiHistory {
  const samples: ApiSample[] = [];
  for (let atMs = nowMs - HOUR_MS; atMs <= nowMs; atMs += 20_000) {
    for (const [index] of NAMES.entries())
      samples.push(inventedSample(index, atMs + index * 1_700));
  }
  return { samples, log: inventedLog(nowMs) };
}

type LastSwitch = NonNullable<ApiState['lastSwitch']>;

function inventedSwitch(nowMs: number): LastSwitch {
  return {
    number: 12,
    atMs: nowMs - 194_000,
    phase: 'switched',
    reason: 'faster',
    fromId: NAMES[1],
    toId: NAMES[0],
    trigger: 'probe',
    gain: { gainMs: 187, neededMs: 63, standardErrorMs: 21, confirmations: 3 },
    trade: {
      ...{ verdict: 'stay', sessions: 2, cachedTokens: 184_000, rebuildUsd: 0.69 },
      ...{ rebuildMs: 5_200, gainMs: 14_600, gainUsd: 0.16 },
    },
    considered: inventedConsidered(nowMs),
  };
}

function inventedConsidered(nowMs: number): LastSwitch['considered'] {
  return NAMES.map((_name, index) => {
    const { id, unavailable, score, activeRequests } = inventedEndpoint(index, nowMs);
    return { id, unavailable, score, activeRequests };
  });
}

function inventedLog(nowMs: number): ApiLogEntry[] {
  const switched = inventedSwitch(nowMs);
  const failed: LastSwitch = {
    number: 11,
    atMs: nowMs - 520_000,
    phase: 'switched',
    reason: 'active_ejected',
    fromId: NAMES[3],
    toId: NAMES[1],
    trigger: 'presence',
    failure: 'server_error',
    considered: inventedConsidered(nowMs),
  };
  return [
    {
      id: '1',
      atMs: nowMs - 2_400_000,
      kind: 'leader',
      instanceId: 'zephyr-1-4711-ab12',
      epoch: 7,
    },
    { id: '2', atMs: nowMs - 2_399_000, kind: 'config', outcome: 'applied', problems: [] },
    { id: '3', atMs: failed.atMs, kind: 'decision', decision: failed },
    {
      id: '4',
      atMs: nowMs - 500_000,
      kind: 'notice',
      severity: 'warning',
      notice: {
        code: 'endpoint_unhealthy',
        endpointId: NAMES[3],
        failure: 'first_byte_timeout',
        detail: 'no answer began within 15 s',
      },
    },
    {
      id: '5',
      atMs: nowMs - 300_000,
      kind: 'command',
      command: 'probe',
      actor: 'loopback',
      endpointId: null,
      subject: null,
      outcome: 'applied',
    },
    { id: '6', atMs: switched.atMs, kind: 'decision', decision: switched },
    {
      id: '7',
      atMs: nowMs - 60_000,
      kind: 'notice',
      severity: 'critical',
      notice: { code: 'budget_spent', groupName: 'backup' },
    },
  ];
}

export function inventedState(nowMs: number): ApiState {
  const endpoints = NAMES.map((_name, index) => inventedEndpoint(index, nowMs));
  return {
    atMs: nowMs,
    leadership: { status: 'leading', epoch: 7, sinceAtMs: nowMs - 2_400_000 },
    store: { status: 'connected' },
    config: { status: 'applied', hash: 'a1b2c3', atMs: nowMs - 2_400_000 },
    language: 'en',
    version: '0.1.0',
    ...{ proxyPort: 8080, proxyScheme: 'http', publicUrl: null, hasKeys: false },
    mode: { kind: 'auto' },
    automation: { status: 'running' },
    selection: {
      status: 'steady',
      activeId: NAMES[0],
      reason: 'faster',
      sinceAtMs: nowMs - 194_000,
    },
    lastSwitch: inventedSwitch(nowMs),
    freeze: { status: 'none' },
    policy: { switchThresholdMs: 50, dwellMs: 60_000 },
    load: { level: 'medium', activeRequests: 5, requestsPerMinute: 23 },
    endpoints,
    sessions: {
      total: 3,
      items: ['anna', 'bo', ANONYMOUS].map((person, index) => ({
        id: `5e55${index}0aa11bb22cc`,
        endpointId: NAMES[index === 2 ? 1 : 0],
        person,
        startedAtMs: nowMs - 900_000 * (index + 1),
        lastRequestAtMs: nowMs - 20_000 * (index + 1),
        requests: 41 - index * 9,
        activeRequests: 1,
        cacheUntilAtMs: nowMs + 300_000 - 100_000 * index,
      })),
    },
    requests: {
      total: 5,
      items: [4_000, 48_000, 131_000, 700, 12_000].map((ageMs, index) => ({
        id: `r${index}`,
        endpointId: NAMES[index === 2 ? 1 : 0],
        startedAtMs: nowMs - ageMs,
        phase: index === 3 ? 'waiting' : 'streaming',
        attempt: index === 1 ? 2 : 1,
        person: ['anna', 'bo', 'anna', ANONYMOUS, 'chen'][index] ?? ANONYMOUS,
        sessionId: `5e55${index}0aa11bb22cc`,
      })),
    },
    proxies: [
      { id: 'p1', status: 'serving', isCurrent: true, activeRequests: 3, ejections: {} },
      { id: 'p2', status: 'serving', isCurrent: true, activeRequests: 2, ejections: {} },
    ],
    cost: { todayUsd: 0.0312, projectedUsd: 0.0571, savedUsd: 0.214, budgetUsd: 0.5 },
  };
}

function inventedEndpoint(index: number, nowMs: number): ApiEndpoint {
  const good = inventedGoodEndpoint(index, nowMs);
  return index === 3 ? asFailing(good, nowMs) : good;
}

function inventedGoodEndpoint(index: number, nowMs: number): ApiEndpoint {
  const latencyMs = LATENCIES_MS[index] ?? 900;
  return {
    id: NAMES[index] ?? 'x',
    name: NAMES[index] ?? 'x',
    groupName: ['instcopilot', 'instcopilot', 'anthropic', 'backup'][index] ?? 'x',
    url: `https://${NAMES[index]}.example.com/api`,
    ...{ rank: index, share: null },
    enabled: true,
    available: true,
    unavailable: [],
    unavailableSinceAtMs: null,
    health: { status: 'healthy', sinceAtMs: nowMs - 2_000_000 },
    ejection: { status: 'admitted' },
    token: { status: 'accepted' },
    score: {
      status: 'known',
      totalMs: latencyMs + 52,
      latencyMs,
      failureMs: 12,
      liveMs: 0,
      preferenceMs: 0,
      uncertaintyMs: 40,
      failureRatio: 0.004,
      samples: 21.4,
      measuredAtMs: nowMs - 7_000,
    },
    rateLimits:
      index === 0
        ? [
            {
              ...{ kind: 'requests', remainingShare: 0.62, remaining: 31, limit: 50 },
              resetsAtMs: nowMs + 24_000,
            },
          ]
        : [],
    successRatio: 0.996,
    presentFailureRatio: 0,
    activeRequests: [4, 1, 0, 0][index] ?? 0,
    sessions: [2, 1, 0, 0][index] ?? 0,
    probe: inventedProbe(index, { latencyMs, nowMs }),
  };
}

function inventedProbe(
  index: number,
  { latencyMs, nowMs }: { readonly latencyMs: number; readonly nowMs: number },
): ApiEndpoint['probe'] {
  return {
    style: index === 2 ? 'cli' : 'messages',
    plan: {
      ...{ status: 'scheduled', intervalMs: 60_000, spending: 'normal', why: 'load' },
      wants: 'direct',
    },
    direct: 'direct_works',
    cliPassedAtMs: nowMs - 840_000,
    isRunning: false,
    nextAtMs: nowMs - (nowMs % MINUTE_MS) + MINUTE_MS + index * 3_000,
    last: { atMs: nowMs - 7_000, wallMs: 3_120, verdict: { status: 'ok', latencyMs } },
    latency: {
      ...{ lastMs: latencyMs, meanMs: latencyMs + 12, p95Ms: latencyMs + 148 },
      historyMs: [latencyMs + 148, latencyMs - 112, latencyMs],
    },
    today: {
      probes: 118,
      saved: 402,
      inputTokens: 38_912,
      outputTokens: 944,
      costUsd: 0.0078,
    },
  };
}

function asFailing(endpoint: ApiEndpoint, nowMs: number): ApiEndpoint {
  const failure = 'first_byte_timeout';
  const detail = 'no answer began within 15 s';
  return {
    ...endpoint,
    rank: null,
    available: false,
    unavailable: ['unhealthy'],
    unavailableSinceAtMs: nowMs - 500_000,
    health: { status: 'unhealthy', sinceAtMs: nowMs - 500_000, failure, detail },
    score: {
      status: 'known',
      totalMs: 4_030,
      latencyMs: 990,
      failureMs: 3_000,
      liveMs: 0,
      preferenceMs: 0,
      uncertaintyMs: 40,
      failureRatio: 0.4,
      samples: 21.4,
      measuredAtMs: nowMs - 7_000,
    },
    successRatio: 0.62,
    presentFailureRatio: 0.4,
    probe: {
      ...endpoint.probe,
      last: { atMs: nowMs - 7_000, wallMs: 15_120, verdict: { status: 'failed', failure, detail } },
    },
  };
}
