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

export function inventedHistory(epochMs: number): ApiHistory {
  const samples: ApiSample[] = [];
  for (let atMs = epochMs - HOUR_MS; atMs <= epochMs; atMs += 20_000) {
    for (const [index] of NAMES.entries())
      samples.push(inventedSample(index, atMs + index * 1_700));
  }
  return { samples, log: inventedLog(epochMs) };
}

type LastSwitch = NonNullable<ApiState['lastSwitch']>;

function inventedSwitch(epochMs: number): LastSwitch {
  return {
    number: 12,
    atMs: epochMs - 194_000,
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
    considered: inventedConsidered(epochMs),
  };
}

function inventedConsidered(epochMs: number): LastSwitch['considered'] {
  return NAMES.map((_name, index) => {
    const { id, unavailable, score, activeRequests } = inventedEndpoint(index, epochMs);
    return { id, unavailable, score, activeRequests };
  });
}

function inventedLog(epochMs: number): ApiLogEntry[] {
  const switched = inventedSwitch(epochMs);
  const failed: LastSwitch = {
    number: 11,
    atMs: epochMs - 520_000,
    phase: 'switched',
    reason: 'active_ejected',
    fromId: NAMES[3],
    toId: NAMES[1],
    trigger: 'presence',
    failure: 'server_error',
    considered: inventedConsidered(epochMs),
  };
  return [
    {
      id: '1',
      atMs: epochMs - 2_400_000,
      kind: 'leader',
      instanceId: 'zephyr-1-4711-ab12',
      epoch: 7,
    },
    { id: '2', atMs: epochMs - 2_399_000, kind: 'config', outcome: 'applied', problems: [] },
    { id: '3', atMs: failed.atMs, kind: 'decision', decision: failed },
    {
      id: '4',
      atMs: epochMs - 500_000,
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
      atMs: epochMs - 300_000,
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
      atMs: epochMs - 60_000,
      kind: 'notice',
      severity: 'critical',
      notice: { code: 'budget_spent', groupName: 'backup' },
    },
  ];
}

export function inventedState(epochMs: number): ApiState {
  const endpoints = NAMES.map((_name, index) => inventedEndpoint(index, epochMs));
  return {
    atMs: epochMs,
    leadership: { status: 'leading', epoch: 7, sinceAtMs: epochMs - 2_400_000 },
    store: { status: 'connected' },
    config: { status: 'applied', hash: 'a1b2c3', atMs: epochMs - 2_400_000 },
    language: 'en',
    version: '0.1.0',
    ...{ proxyPort: 8080, proxyScheme: 'http', publicUrl: null, hasKeys: false },
    mode: { kind: 'auto' },
    automation: { status: 'running' },
    selection: {
      status: 'steady',
      activeId: NAMES[0],
      reason: 'faster',
      sinceAtMs: epochMs - 194_000,
    },
    lastSwitch: inventedSwitch(epochMs),
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
        startedAtMs: epochMs - 900_000 * (index + 1),
        lastRequestAtMs: epochMs - 20_000 * (index + 1),
        requests: 41 - index * 9,
        activeRequests: 1,
        cacheUntilAtMs: epochMs + 300_000 - 100_000 * index,
      })),
    },
    requests: {
      total: 5,
      items: [4_000, 48_000, 131_000, 700, 12_000].map((ageMs, index) => ({
        id: `r${index}`,
        endpointId: NAMES[index === 2 ? 1 : 0],
        startedAtMs: epochMs - ageMs,
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

function inventedEndpoint(index: number, epochMs: number): ApiEndpoint {
  const good = inventedGoodEndpoint(index, epochMs);
  return index === 3 ? asFailing(good, epochMs) : good;
}

function inventedGoodEndpoint(index: number, epochMs: number): ApiEndpoint {
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
    health: { status: 'healthy', sinceAtMs: epochMs - 2_000_000 },
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
      measuredAtMs: epochMs - 7_000,
    },
    rateLimits:
      index === 0
        ? [
            {
              ...{ kind: 'requests', remainingShare: 0.62, remaining: 31, limit: 50 },
              resetsAtMs: epochMs + 24_000,
            },
          ]
        : [],
    successRatio: 0.996,
    presentFailureRatio: 0,
    activeRequests: [4, 1, 0, 0][index] ?? 0,
    sessions: [2, 1, 0, 0][index] ?? 0,
    probe: inventedProbe(index, { latencyMs, epochMs }),
  };
}

function inventedProbe(
  index: number,
  { latencyMs, epochMs }: { readonly latencyMs: number; readonly epochMs: number },
): ApiEndpoint['probe'] {
  return {
    style: index === 2 ? 'cli' : 'messages',
    plan: {
      ...{ status: 'scheduled', intervalMs: 60_000, spending: 'normal', why: 'load' },
      wants: 'direct',
    },
    direct: 'direct_works',
    cliPassedAtMs: epochMs - 840_000,
    isRunning: false,
    nextAtMs: epochMs - (epochMs % MINUTE_MS) + MINUTE_MS + index * 3_000,
    last: { atMs: epochMs - 7_000, wallMs: 3_120, verdict: { status: 'ok', latencyMs } },
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

function asFailing(endpoint: ApiEndpoint, epochMs: number): ApiEndpoint {
  const failure = 'first_byte_timeout';
  const detail = 'no answer began within 15 s';
  return {
    ...endpoint,
    rank: null,
    available: false,
    unavailable: ['unhealthy'],
    unavailableSinceAtMs: epochMs - 500_000,
    health: { status: 'unhealthy', sinceAtMs: epochMs - 500_000, failure, detail },
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
      measuredAtMs: epochMs - 7_000,
    },
    successRatio: 0.62,
    presentFailureRatio: 0.4,
    probe: {
      ...endpoint.probe,
      last: {
        atMs: epochMs - 7_000,
        wallMs: 15_120,
        verdict: { status: 'failed', failure, detail },
      },
    },
  };
}
