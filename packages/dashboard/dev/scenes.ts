/** States that a page must show well, derived from the mock data. */
import type { ApiEndpoint } from '@zephyr/contract/api/api-endpoint';
import type { ApiHistory } from '@zephyr/contract/api/api-history';
import type { ApiState } from '@zephyr/contract/api/api-state';
import type { ProxyStatus } from '@zephyr/contract/status/proxy-status';
import { HOUR_MS } from '@zephyr/contract/units';
import { inventedHistory, inventedState } from '@zephyr/testkit/invented-world';

export interface Scene {
  readonly state: (state: ApiState) => ApiState;
  readonly history?: (history: ApiHistory) => ApiHistory;
}

const MANY = 24;
const GROUPS = ['instcopilot-production-europe', '备用线路（华东与华南）', 'anthropic-direct'];

export const SCENES = {
  steady: { state: (state) => state },
  pending: {
    state: (state) => ({
      ...state,
      selection: {
        status: 'pending',
        activeId: 'instcopilot-sg',
        nextId: 'instcopilot-hk',
        reason: 'faster',
        sinceAtMs: state.atMs - 12_000,
        deadlineAtMs: state.atMs + 18_000,
      },
      lastSwitch: null,
    }),
  },
  down: {
    state: (state) => ({
      ...state,
      endpoints: state.endpoints.map((endpoint) => ({
        ...endpoint,
        available: false,
        rank: null,
        unavailable: ['ejected'],
        unavailableSinceAtMs: state.atMs - 95_000,
        ejection: {
          status: 'ejected',
          failure: 'server_error',
          untilAtMs: state.atMs + 31_000,
        },
      })),
    }),
  },
  empty: {
    state: (state) => ({
      ...state,
      selection: { status: 'none' },
      lastSwitch: null,
      endpoints: state.endpoints.map((endpoint) => ({
        ...endpoint,
        health: { status: 'unknown' },
        score: { status: 'unknown' },
        successRatio: null,
        presentFailureRatio: null,
        activeRequests: 0,
        sessions: 0,
        probe: { ...endpoint.probe, last: null },
      })),
      sessions: { total: 0, items: [] },
      requests: { total: 0, items: [] },
    }),
    history: () => ({ samples: [], log: [] }),
  },
  full: {
    state: (state) => ({
      ...state,
      store: { status: 'refuses_writes', sinceAtMs: state.atMs - 95_000 },
    }),
  },
  away: {
    state: (state) => ({ ...state, store: { status: 'away', sinceAtMs: state.atMs - 95_000 } }),
  },
  many: {
    state: (state) => ({
      ...state,
      endpoints: Array.from({ length: MANY }, (_, index) => oneOfMany(state, index)),
    }),
    history: ({ samples, log }) => ({
      // More than its panel can show.
      log: Array.from({ length: 6 }, (_, round) =>
        log.map((entry) => ({ ...entry, id: `${round}-${entry.id}` })),
      ).flat(),
      samples: Array.from({ length: MANY }, (_, index) =>
        samples
          .filter(({ endpointId }) => endpointId === originalIdOf(index))
          .map((sample) => ({ ...sample, endpointId: idOf(index) })),
      ).flat(),
    }),
  },
} as const satisfies Record<string, Scene>;
export type SceneName = keyof typeof SCENES;

export function stateOf(scene: SceneName, epochMs: number): ApiState {
  const { state }: Scene = SCENES[scene];
  return state(inventedState(epochMs));
}

export function historyOf(scene: SceneName, epochMs: number): ApiHistory {
  const { history = (same) => same }: Scene = SCENES[scene];
  return history(inventedHistory(epochMs));
}

/** What a proxy would report for the same world. */
export function proxyStateOf(scene: SceneName, epochMs: number): ProxyStatus {
  const { atMs, language, store, mode, selection, endpoints, load } = stateOf(scene, epochMs);
  return {
    atMs,
    language,
    // A proxy does not report refused writes.
    store: store.status === 'refuses_writes' ? { status: 'connected' } : store,
    mode,
    selection,
    dashboardPort: 8081,
    dashboardScheme: 'http',
    proxy: {
      id: 'proxy-0b1f5e7a-4711',
      version: '0.1.0',
      status: 'serving',
      uptimeMs: HOUR_MS,
    },
    snapshot: {
      source: scene === 'empty' ? 'config' : 'redis',
      ageMs: 400,
      incarnation: 'invented',
      epoch: 7,
      version: 12,
    },
    currentEndpointId: selection.status === 'none' ? null : selection.activeId,
    activeRequests: load.activeRequests,
    endpoints: endpoints.map(
      ({ id, name, groupName, rank, share, enabled, available, ...endpoint }) => ({
        id,
        name,
        groupName,
        rank,
        share,
        enabled,
        available,
        ejection: endpoint.ejection,
        activeRequests: endpoint.activeRequests,
        health: { status: endpoint.health.status },
        score:
          endpoint.score.status === 'known'
            ? { status: 'known', totalMs: endpoint.score.totalMs }
            : endpoint.score,
      }),
    ),
  };
}

function oneOfMany({ endpoints }: ApiState, index: number): ApiEndpoint {
  const original = endpoints.find(({ id }) => id === originalIdOf(index));
  if (original === undefined) throw new Error('the invented world has no endpoints');
  const name =
    index % 3 === 1
      ? `华南备用线路（深圳第二机房）${index + 1}`
      : `${original.name}-production-cluster-${index + 1}.internal`;
  return {
    ...original,
    id: idOf(index),
    name: index < 4 ? original.name : name,
    groupName: GROUPS[index % 3] ?? '',
    rank: original.rank === null ? null : index,
  };
}

const ORIGINALS = ['instcopilot-hk', 'instcopilot-sg', 'anthropic-direct', 'backup-eu'] as const;

function originalIdOf(index: number): string {
  return ORIGINALS[index % ORIGINALS.length] ?? '';
}

/** The first ones keep their ids, because requests and sessions name them. */
function idOf(index: number): string {
  return index < ORIGINALS.length ? originalIdOf(index) : `${originalIdOf(index)}-${index + 1}`;
}
