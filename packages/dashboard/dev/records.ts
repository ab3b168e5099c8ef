/**
 * Mock answers for the usage, requests and settings pages: long names, and everything that can be shown.
 */
import { ADMIN_TOKEN_VARIABLE } from '@zephyr/contract/api/admin-token';
import type { ApiState } from '@zephyr/contract/api/api-state';
import { FAILURE_CLASSES } from '@zephyr/contract/failure';
import type { ApiSettings, EditAnswer } from '@zephyr/contract/operate/config-edit';
import { HOUR_MS } from '@zephyr/contract/units';
import type { Budget, OwnUsage } from '@zephyr/contract/usage/people-limits';
import {
  type ApiRequestRecord,
  REQUEST_OUTCOMES,
  TOKENS_KNOWN,
  type UsageFigures,
  type UsageReport,
} from '@zephyr/contract/usage/usage';

const REQUESTS = 40;
const PEOPLE = ['anonymous', 'ann', 'build-server.integration-tests-eu-2', 'probes'];
const MODELS = ['claude-haiku-4-5', 'claude-sonnet-4-5-20250929', 'none', 'other'];
const FIGURES: UsageFigures = {
  ...{ requests: 12_034, failed: 211, input_tokens: 91_412_380, output_tokens: 30_771_002 },
  ...{ cache_read_tokens: 1_812_430_000, cache_write_tokens: 40_118_000 },
  ...{ cache_write_1h_tokens: 0, cost_usd: 1_204.56 },
  ...{ unpriced: 3, incomplete: 1, possibly_billed_twice: 2 },
};

/** @param by dimensions of the report */
export function inventedRows(by: string, ids: readonly string[]): UsageReport['rows'] {
  const names = Array.from({ length: ids.length }, (_, index) => ({
    person: PEOPLE[index % PEOPLE.length] ?? '',
    endpoint: ids[index] ?? '',
    model: MODELS[index % MODELS.length] ?? '',
  }));
  return names.map(({ person, endpoint, model }) => ({
    ...FIGURES,
    person: by.includes('person') ? person : null,
    endpoint: by.includes('endpoint') ? endpoint : null,
    model: by.includes('model') ? model : null,
    ...{ day: null, hour: null },
  }));
}

export function inventedBudgets(epochMs: number): readonly Budget[] {
  return (['day', 'week', 'month'] as const).map((period, index) => ({
    ...{ name: PEOPLE[index + 1] ?? '', of: index === 2 ? 'team' : 'person', period },
    ...{ budget_usd: 50, granted_usd: index * 5, used_usd: 30 + 12 * index, left_usd: 20 },
    resets_at: new Date(epochMs + 5 * HOUR_MS).toISOString(),
  }));
}

export function inventedRequests(
  ids: readonly string[],
  epochMs: number,
): readonly ApiRequestRecord[] {
  return Array.from({ length: REQUESTS }, (_, index) => {
    const outcome = REQUEST_OUTCOMES[index % REQUEST_OUTCOMES.length] ?? 'ok';
    const endpoint = ids[index % ids.length] ?? '';
    const failure = FAILURE_CLASSES[index % FAILURE_CLASSES.length] ?? 'connection_refused';
    return {
      id: `req_0b1f5e7a4711c0ffee${String(index).padStart(4, '0')}`,
      endpointRequestId: index % 3 === 0 ? null : `req_011CUxYz8bQm2nV5tK3rLwE${index}`,
      atMs: epochMs - index * 47_000,
      person: PEOPLE[index % PEOPLE.length] ?? '',
      ...{ group: 'instcopilot-production-europe', endpoint },
      model: MODELS[index % 2] ?? '',
      ...{ operation: 'messages', session: '5e5500aa11bb22cc', outcome },
      attempts: [
        { endpoint: ids.at(-1) ?? '', failure, isBillable: index % 2 === 0 },
        { endpoint, failure: outcome === 'ok' ? null : failure, isBillable: false },
      ],
      ...{ ttftMs: index % 4 === 0 ? null : 812, durationMs: 14_210 },
      tokensKnown: TOKENS_KNOWN[index % TOKENS_KNOWN.length] ?? 'reported',
      usage: {
        ...{ inputTokens: 1_204, outputTokens: 512, cacheReadTokens: 184_000 },
        ...{ cacheWriteTokens: 2_048, cacheWrite1hTokens: 0 },
      },
      costUsd: index % 5 === 0 ? null : 0.0931,
    };
  });
}

/** @param isNew no keys yet, and nothing can be edited */
export function inventedSettings({ endpoints }: ApiState, isNew: boolean): ApiSettings {
  const sources = ['key_sha256', 'key_env', 'key_file', 'key_sha256'];
  return {
    path: '/etc/zephyr/config.toml',
    editing: isNew ? 'token_needed' : 'possible',
    adminTokenVariable: ADMIN_TOKEN_VARIABLE,
    ...{ publicUrl: null, proxyScheme: 'http' },
    clients: isNew
      ? []
      : PEOPLE.map((name, index) => ({ name, keyFrom: sources[index] ?? 'key_env' })),
    endpoints: endpoints.map(({ name, url, groupName }) => ({ name, url, group: groupName })),
  };
}

/** A new endpoint fails its test; a new person gets a key. */
export function inventedEdit(edit: EditAnswer['edit'], name: string): EditAnswer {
  const isEndpoint = edit === 'add-endpoint';
  return {
    ...{ edit, name, key: isEndpoint ? null : `zk-${'0123456789'.repeat(4)}abc` },
    tokenVariable: null,
    tested: isEndpoint
      ? {
          ...{ endpointId: 'new', isInService: false },
          finding: {
            serves: 'nobody',
            refusal: { failure: 'token_refused', detail: 'HTTP 401: invalid x-api-key' },
            ...{ auth: 'bearer', models: { count: 9, first: MODELS.slice(0, 2) } },
            ...{ canStream: true, canCountTokens: false },
          },
        }
      : null,
  };
}

/** The proxy's answer to a person on `/usage`. */
export function inventedOwnUsage(epochMs: number): OwnUsage {
  const person = PEOPLE[2] ?? '';
  const models = MODELS.map((model) => ({ model, ...FIGURES }));
  const figures = { total: FIGURES, models };
  return {
    ...{ person, days_7: figures, days_30: figures },
    today: { total: { ...FIGURES, requests: 0 }, models: [] },
    budgets: inventedBudgets(epochMs),
    limits: [
      { name: person, of: 'person', limit: 'requests_per_minute', allowed: 60, used: 12 },
      { name: 'research', of: 'team', limit: 'tokens_per_minute', allowed: 400_000, used: 1 },
    ],
    models: ['claude-sonnet-*', 'claude-haiku-*'],
  };
}
