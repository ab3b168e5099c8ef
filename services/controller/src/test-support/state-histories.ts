/** Leaders that have seen everything that can happen, generated from a fixed seed. */

import { FAILURE_CLASSES } from '@zephyr/contract/failure';
import type { OperatorCommand } from '@zephyr/contract/operate/operator-command';
import { PROBE_STYLES } from '@zephyr/contract/probe/probe';
import { RATE_LIMIT_KINDS } from '@zephyr/contract/route/rate-limit';
import { MODEL_FAMILIES } from '@zephyr/contract/route/session';
import type { Budget } from '@zephyr/contract/usage/people-limits';
import { epochMs } from '@zephyr/core';
import { operatorCommands } from '@zephyr/testkit/operator-commands';
import fc from 'fast-check';
import { configEvent } from '../leader/core-config.ts';
import { decide } from '../leader/decide.ts';
import type { LeaderState } from '../leader/leader-state.ts';
import type { Reading } from '../leader/read.ts';
import { coreConfig, freshState, loaded, NOON_MS, NOTHING_READ, readingOf } from './batches.ts';

const SEED = 20_261_128;
const HISTORIES = 16;
const BATCHES = 120;

export const ENDPOINT_IDS = loaded.config.endpoints.map(({ id }) => id);
export const PROXY_IDS = ['proxy-1', 'proxy-2'] as const;
export const LATENCY_CLASSES = ['haiku/s/fresh', 'opus/l/cached', 'sonnet/s/fresh'] as const;

const id = fc.constantFrom(...ENDPOINT_IDS);
/** A refused token must be confirmed, so it is more frequent. */
const failure = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...FAILURE_CLASSES) },
  { weight: 3, arbitrary: fc.constant('token_refused' as const) },
);
const tokens = fc.record({
  ...{ inputTokens: fc.nat(100), outputTokens: fc.nat(10) },
  ...{ cacheReadTokens: fc.nat(100), cacheWriteTokens: fc.nat(100) },
});

const verdict = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record(
      { status: fc.constant('ok' as const), latencyMs: fc.nat(3_000), ttftMs: fc.nat(3_000) },
      { requiredKeys: ['status', 'latencyMs'] },
    ),
  },
  fc.record({ status: fc.constant('failed' as const), failure, detail: fc.constant('why') }),
);

/** Mostly one style, so that endpoints are often comparable. */
const style = fc.oneof(
  { weight: 5, arbitrary: fc.constant('messages' as const) },
  { weight: 2, arbitrary: fc.constantFrom(...PROBE_STYLES) },
);

const probes = fc.array(
  fc.record({
    endpointId: id,
    style,
    usage: tokens,
    costUsd: fc.double({ min: 0, max: 0.3, noNaN: true }),
    verdict,
  }),
  { maxLength: 4 },
);

const rateLimits = fc.dictionary(
  fc.constantFrom(...RATE_LIMIT_KINDS),
  fc.record(
    {
      remainingShare: fc.double({ min: 0, max: 1, noNaN: true }),
      ...{ remaining: fc.nat(50), limit: fc.nat(50), resetsInMs: fc.nat(600_000) },
    },
    { requiredKeys: ['remainingShare', 'resetsInMs'] },
  ),
  { maxKeys: 2 },
);

const outcomes = fc.dictionary(
  id,
  fc.record({
    succeeded: fc.nat(20),
    failed: fc.dictionary(failure, fc.nat(5), { maxKeys: 2 }),
    ttft: fc.array(fc.record({ class: fc.constantFrom(...LATENCY_CLASSES), ms: fc.nat(20_000) }), {
      maxLength: 20,
    }),
    rateLimits,
  }),
  { maxKeys: 3 },
);

const presence = fc.record({
  proxyId: fc.constantFrom(...PROXY_IDS),
  status: fc.constantFrom('serving' as const, 'draining' as const),
  activeRequests: fc.dictionary(id, fc.nat(4)),
  ejections: fc.dictionary(
    id,
    fc.record({
      status: fc.constantFrom('ejected' as const, 'half_open' as const),
      failure,
      remainingMs: fc.nat(60_000),
    }),
    { maxKeys: 2 },
  ),
  sessions: fc.dictionary(
    id,
    fc.record({
      active: fc.nat(5),
      cachedTokens: fc.dictionary(fc.constantFrom(...MODEL_FAMILIES), fc.nat(200_000)),
    }),
  ),
});

const command = operatorCommands(id);

/** `weight` times as likely to be empty as not. */
const sometimes = <Value>(arbitrary: fc.Arbitrary<Value[]>, weight: number) =>
  fc.oneof({ weight: 1, arbitrary }, { weight, arbitrary: fc.constant<Value[]>([]) });

/** One batch, abbreviated. Time advances by a moment, a minute or hours. */
const batch = fc.record({
  afterMs: fc.oneof(
    { weight: 4, arbitrary: fc.nat(2_000) },
    { weight: 8, arbitrary: fc.nat(60_000) },
    { weight: 1, arbitrary: fc.nat(10_000_000) },
  ),
  probes: sometimes(probes, 1),
  outcomes: fc.oneof({ weight: 1, arbitrary: outcomes }, { weight: 2, arbitrary: fc.constant({}) }),
  presences: fc.array(presence, { maxLength: 2 }),
  commands: sometimes(fc.array(command, { maxLength: 1 }), 12),
  isConfigured: fc.oneof(
    { weight: 1, arbitrary: fc.constant(true) },
    { weight: 9, arbitrary: fc.constant(false) },
  ),
});
type ShortBatch = typeof batch extends fc.Arbitrary<infer Value> ? Value : never;

/** Switches are easy, and one is already too many, so that each history reaches that state. */
const { policy } = coreConfig;
const restless = {
  ...coreConfig,
  policy: {
    ...policy,
    switching: { ...policy.switching, flapLimit: 1, confirmations: 1 },
    probing: { ...policy.probing, cliBeforeSwitchMs: Number.MAX_SAFE_INTEGER },
  },
};

/** Every state that a leader went through, one history after another. */
export function* leaderStates(): Generator<LeaderState> {
  const histories = fc.sample(fc.array(batch, { minLength: BATCHES, maxLength: BATCHES }), {
    ...{ seed: SEED, numRuns: HISTORIES },
  });
  for (const history of histories) {
    let state = freshState();
    let nowMs = NOON_MS;
    for (const [index, short] of history.entries()) {
      nowMs = epochMs(nowMs + short.afterMs);
      const reading = readingOf(receivedIn(short, { index, nowMs }), nowMs);
      const decided = decide({ state, snapshot: undefined }, reading);
      if (decided.setAside.length > 0) throw decided.setAside[0]?.error;
      state = decided.state;
      yield state;
    }
  }
}

const GRANT: OperatorCommand = { kind: 'grant', name: 'ann', usd: 1 };
const BUDGET: Budget = {
  ...{ name: 'ann', of: 'person', period: 'day', budget_usd: 1, granted_usd: 0, used_usd: 1 },
  ...{ left_usd: 0, resets_at: '2026-11-29T00:00:00.000Z' },
};

function receivedIn(
  short: ShortBatch,
  { index, nowMs }: { readonly index: number; readonly nowMs: number },
): Partial<Reading> {
  const entry = <Value>(value: Value) => ({ id: `${nowMs}-0`, atMs: nowMs, value });
  return {
    received: {
      commands: [],
      probes: short.probes.map((probe, place) =>
        entry({
          ...{ ...probe, slot: 'slot', sequence: index * 10 + place },
          ...{ startedAtMs: epochMs(nowMs), wallMs: 1_000 },
        }),
      ),
      outcomes: [entry({ proxyId: PROXY_IDS[0], endpoints: short.outcomes })],
      cursors: NOTHING_READ,
    },
    coreConfig: restless,
    commands: [...short.commands, ...(index === 0 ? [GRANT] : [])].map((one) => ({
      ...{ id: `${nowMs}-0`, command: one },
      record: { actor: 'test', name: 'pause' as const, body: {} },
    })),
    presences: short.presences.map((report) => ({
      ...{ ...report, startedAtMs: NOON_MS, configHash: 'hash', snapshot: null },
    })),
    budgets: [BUDGET],
    configEvent: index === 0 || short.isConfigured ? configEvent(loaded, loaded) : null,
  };
}
