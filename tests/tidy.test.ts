/** Enforces the house style as far as a program can: CONTRIBUTING.md, "House style". */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { RULES_OF_MANY } from './tidy/declared-once.ts';
import { missingFiles } from './tidy/named-files.ts';
import { isProduct, RULES, type Rule } from './tidy/rules.ts';

const ROOT = join(import.meta.dirname, '..');
const IGNORED = ['**/{node_modules,dist,coverage,.git,.zephyr,artifacts,reports}'];

const paths = globSync(
  '{**/*.{ts,tsx,mjs,py,html,lua,sh,css,md,toml,yml,yaml},**/{bin,npm}/*,Makefile,Dockerfile,*.example*}',
  {
    cwd: ROOT,
    exclude: IGNORED,
  },
);

const offencesOf = (rule: Rule): readonly string[] =>
  paths
    .filter((path) => rule.appliesTo(path))
    .flatMap((path) => rule.offencesOf({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
    .map(({ path, line, what }) => `${path}:${line}: ${what}`);

describe('the repository', () => {
  it('is read as a whole', () => {
    for (const path of [
      ...['README.md', 'Makefile', 'packages/core/src/index.ts', 'docs/faq.md'],
      ...['packages/dashboard/index.html', 'packages/cli/bin/zephyr', 'packages/cli/npm/zephyr'],
    ])
      expect(paths).toContain(path);
    expect(paths.length).toBeGreaterThan(500);
  });

  it.each(RULES)(
    'keeps the rule: $name',
    (rule) => {
      expect(offencesOf(rule)).toEqual([]);
    },
    60_000,
  );

  it.each(RULES_OF_MANY)('keeps the rule: $name', (rule) => {
    const product = paths
      .filter(isProduct)
      .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
    expect(product.length).toBeGreaterThan(400);
    expect(rule.offencesOf(product)).toEqual([]);
  });
});

describe('comments', () => {
  it('name only files that exist', () => {
    const missing = paths
      .filter((path) => /\.(?:tsx?|mjs|lua|py|sh|ya?ml)$/.test(path))
      .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
      .flatMap((file) => missingFiles(file, paths));
    expect(missing).toEqual([]);
  });

  it.each([
    ['// See gone.ts.', 1],
    [' * Bounded (see redis/gone.ts), as in redis/client.ts.', 1],
    ['-- Called by client.ts, and by all *.ts.', 0],
    ["import { client } from './gone.ts';", 0],
  ])('%s: %i missing', (text, count) => {
    const file = { path: 'packages/core/src/x.ts', text };
    expect(missingFiles(file, ['packages/runtime/src/redis/client.ts'])).toHaveLength(count);
  });
});

const lines = (count: number): string => '// a line\n'.repeat(count);
const IMPORT_OF_CLOCK = "import { type Clock, systemClock } from '@zephyr/runtime/clock';";
const functionOf = (count: number): string =>
  `/** Long. */\nfunction f() {\n${lines(count - 2)}}\n`;

/** By rule: what it must find, and what it must let pass. */
const PLANTED: Readonly<
  Record<string, readonly (readonly [path: string, bad: string, good: string])[]>
> = {
  'banned words': [
    ['docs/x.md', 'It tells all problems.', 'It lists every problem. Colours can be told apart.'],
    ['docs/x.md', 'The cache is built anew.', 'The cache is rebuilt.'],
    ['packages/core/src/x.ts', '/** Null where it is new. */', '/** Null if it is new. */'],
    ['docs/x.md', 'It gets a response.', 'It gets an answer and its response headers.'],
    ['docs/x.md', 'The run goes on.', 'The run continues.'],
    ['docs/x.md', 'The option goes before the file.', 'The option takes precedence.'],
    [
      'packages/core/src/x.ts',
      'const mind: Mind = start();',
      'const state: LeaderState = start();',
    ],
    ['packages/core/src/x.ts', 'let keptBytes = 0;', 'let bufferedBytes = 0;'],
    ['packages/core/src/x.ts', 'const KEPT_MS = 5;', '/** The records are kept. */'],
    ['packages/core/src/x.ts', 'const MAX_KEPT = 5;', 'const MAX_ENTRIES = 5;'],
    ['packages/core/src/x.ts', 'interface Kept {', '// Kept in memory.'],
    ['packages/core/src/x.ts', 'this.#kept.clear();', 'this.#cached.clear();'],
    ['packages/core/src/x.ts', 'return { entry, kept };', 'return { entry, maxLength };'],
    ['packages/core/src/x.ts', 'function kept(a: A): B {', 'function withSetting(a: A): B {'],
    ['packages/core/src/x.ts', '// heard from Redis', '// received from Redis'],
    ['packages/texts/src/zh/x.ts', "a: '消耗令牌'", "a: '消耗 Token'"],
    ['packages/cli/bin/zephyr', '# so long it stands', '# how long it is valid'],
    ['packages/dashboard/x.html', '<p>It tells all.</p>', '<p>It shows all.</p>'],
    ['packages/core/src/x.ts', 'const goesOn = true;', 'const isContinued = true;'],
    ['packages/core/src/x.ts', "type A = 'going_on';", "type A = 'continues';"],
    ['config.toml.example', '# so long it stands', '# how long it is valid'],
    ['packages/contract/src/x.ts', "'operator_selected'", "'operator_pinned'"],
    ['docs/x.md', 'Run `zephyr select tokyo`.', 'Run `zephyr pin tokyo`. `↑` `↓` select a row.'],
    ['packages/contract/src/x.ts', 'apiLatencyMs: duration,', 'latencyMs: duration,'],
    ['docs/x.md', 'the time to first content', 'the TTFT; nothing is sent after the first content'],
    ['grafana/x.ts', 'zephyr_proxy_client_requests_total', 'zephyr_proxy_person_requests_total'],
    [
      'packages/probes/src/x.ts',
      'kind: RelayKind',
      'kind: GatewayKind; class Relay implements Way {',
    ],
    ['docs/x.md', 'Some relays never close.', 'Some gateways never close. It is for a mail relay.'],
    ['packages/probes/src/x.ts', 'startExchange(request)', 'startRequest(request); new Exchange()'],
    ['packages/runtime/src/x.ts', 'await exchangeLimits(redis)', 'await syncLimits(redis)'],
    ['services/proxy/src/x.ts', 'answer: HeldAnswer', 'answer: BufferedAnswer; lease: HeldLease'],
    ['docs/x.md', 'The start is held back.', 'The start is buffered. The lease is held.'],
    ['packages/contract/src/x.ts', 'mayBeBilled: true', 'isBillable: true'],
  ],
  'file length': [
    ['packages/core/src/x.ts', lines(351), lines(350)],
    ['packages/core/src/x.test.ts', lines(801), lines(800)],
    ['packages/runtime/src/redis/x.lua', lines(351), lines(350)],
  ],
  'function length': [
    ['packages/core/src/x.ts', functionOf(61), functionOf(60)],
    ['packages/core/src/x.ts', `// é\n${functionOf(61)}`, `// é\n${functionOf(60)}`],
    [
      'packages/dashboard/src/x.tsx',
      `const View = () => {\n${lines(60)}  return <p />;\n};`,
      'const View = () => <p />;',
    ],
  ],
  'predicates begin with is, has or can': [
    ['packages/core/src/x.ts', 'readonly stale: boolean;', 'readonly isStale: boolean;'],
    ['packages/core/src/x.ts', 'let done: boolean;', 'readonly enabled: boolean;'],
    ['services/proxy/src/x.ts', '(continues?: boolean)', '(hasMore?: boolean)'],
    [
      'packages/core/src/x.ts',
      'function mayServe(f: (a: B) => C): boolean {',
      'function canServe(f: (a: B) => C): boolean {',
    ],
    ['packages/core/src/x.ts', 'get areSet(): boolean {', 'get hasAny(): boolean {'],
    ['packages/core/src/x.ts', 'redisUp(): Promise<boolean>', 'isRedisUp(): Promise<boolean>'],
    [
      'packages/core/src/x.ts',
      'function matching(\n  a: unknown,\n): a is B {',
      'function isB(\n  a: unknown,\n): a is B {',
    ],
    [
      'packages/core/src/x.ts',
      'const begins = async (a: B): Promise<boolean> =>',
      'const hasPrefix = async (a: B): Promise<boolean> =>',
    ],
    [
      'packages/core/src/x.ts',
      'readonly passes?: ((a: string) => boolean) | undefined;',
      'readonly isPassed?: ((a: string) => boolean) | undefined;',
    ],
    ['packages/contract/src/x.ts', 'stale: z.boolean(),', 'isStale: z.boolean(),'],
    [
      'services/proxy/src/x.ts',
      'buffered(bytes: number): boolean {',
      'tryBuffer(bytes: number): boolean {',
    ],
  ],
  'what is initialised with a boolean begins with is, has or can': [
    ['packages/core/src/x.ts', 'let left = false;', 'let hasLeft = false;'],
    ['packages/core/src/x.ts', 'class A { #begun = false }', 'class A { #hasBegun = false }'],
    ['packages/core/src/x.ts', 'const late = a.b > c;', 'const isLate = a.b > c; const d = a + c;'],
    ['packages/core/src/x.ts', 'const areAll = a && b < c;', 'const isAll = a && b < c;'],
    ['packages/core/src/x.ts', 'const stays = !a;', 'const isSame = !a; const e = a || "b";'],
    ['packages/core/src/x.ts', 'const fits = (a) => a < 5;', 'const isFitting = (a) => a < 5;'],
    [
      'packages/core/src/x.ts',
      'const none = a.some((b) => b);',
      'const found = a.find((b) => !b);',
    ],
    ['packages/core/src/x.ts', 'const ok = a ? isBad(a) : !c;', 'const n = isBad(a) ? 1 : 2;'],
  ],
  units: [
    [
      'packages/core/src/x.ts',
      'interface A { timeout: number }',
      'interface A { timeoutMs: number }',
    ],
    ['packages/core/src/x.ts', 'const retryDelay = 500;', 'const retryDelayMs = 500;'],
    ['packages/core/src/x.ts', 'const POLL_INTERVAL = 500;', 'const POLL_INTERVAL_MS = 500;'],
    ['packages/core/src/x.ts', 'const untilMs = nowMs + 5;', 'const untilAtMs = nowMs + 5;'],
    ['packages/core/src/x.ts', 'startedAt: EpochMs;', 'startedAtMs: EpochMs;'],
    ['packages/core/src/x.ts', 'fromMs: number;', 'fromAtMs: number;'],
    ['packages/core/src/x.ts', '{ sinceMs: nowMs }', '{ sinceAtMs: nowMs }'],
    ['services/proxy/src/x.ts', 'const began = clock.nowMs();', 'const beganAtMs = clock.nowMs();'],
    [
      'services/proxy/src/x.ts',
      'const deadlineMs = this.#deps.clock.epochMs() + TIMEOUT_MS;',
      'const epochMs = clock.epochMs(); const elapsedMs = clock.nowMs() - beganAtMs;',
    ],
    [
      'services/proxy/src/x.ts',
      'const nowMs = clock.epochMs();',
      'const epochMs = clock.epochMs(); const nowMs = clock.nowMs();',
    ],
    [
      'packages/core/src/x.ts',
      'function f(world: World, nowMs: EpochMs): A {',
      'function f(epochMs: EpochMs, atMs: EpochMs, nowMs: number): EpochMs {',
    ],
    [
      'packages/core/src/x.ts',
      'interface A { readonly nowMs?: EpochMs }',
      'interface A { readonly endedAtMs?: EpochMs; all: EpochMs[] }',
    ],
    ['packages/core/src/x.ts', 'readonly now: () => EpochMs;', 'readonly epochMs: () => EpochMs;'],
    ['services/proxy/src/x.ts', 'f({ nowMs: clock.epochMs() });', 'f({ nowMs: clock.nowMs() });'],
  ],
  'union tags': [
    [
      'packages/core/src/x.ts',
      "type A =\n  | { readonly type: 'a' }\n  | { readonly type: 'b' };",
      "type A =\n  | { readonly kind: 'a' }\n  | { readonly status: 'b' };",
    ],
    [
      'packages/cli/src/x.ts',
      "z.discriminatedUnion('type', [",
      "z.discriminatedUnion('kind', [z.union([z.object({ type: z.literal('message') })])",
    ],
    ['packages/cli/src/x.ts', "readonly type: 'ready';", "readonly kind: 'ready';"],
  ],
  'names of bounds, timeouts and polling': [
    ['packages/core/src/x.ts', 'const MOST_PEOPLE = 5;', 'const MAX_PEOPLE = 5; const most = 5;'],
    ['bench/x.ts', 'export const LONGEST = 5;', '/** LONGEST */ const MAX_AGE = LONGEST;'],
    ['bench/x.test.ts', 'const LEAST_GAP_MS = 5;', "const LEAST = 'least-main.ts';"],
    ['services/proxy/src/x.ts', 'static readonly SHORTEST: number = 5;', 'const MIN_LENGTH = 5;'],
    ['scripts/x.ts', 'const RUNAWAY_LEAST = 5;', 'const MIN_RUNAWAY = 5;'],
    ['services/proxy/src/x.ts', 'const LIMIT_MS = 5;', 'const TIMEOUT_MS = 5;'],
    ['services/proxy/src/x.ts', 'const STOP_LIMIT_MS = 5;', 'const STOP_TIMEOUT_MS = 5;'],
    ['tests/e2e/x.test.ts', 'const PATIENCE_MS = 5;', 'const HOURLY_LIMIT = 5;'],
    ['services/proxy/src/x.ts', 'const HEAD_LIMIT_BYTES = 5;', 'const MAX_HEAD_BYTES = 5;'],
    ['services/proxy/src/x.ts', 'const LOOK_EVERY_MS = 5;', 'const POLL_MS = 5;'],
    ['services/proxy/src/x.ts', 'const AGE_CHECK_MS = 5;', 'const CHECK_TIMEOUT_MS = 5;'],
    ['services/proxy/src/x.ts', 'const LINE_EACH_MS = 5;', 'const LINE_INTERVAL_MS = 5;'],
    ['services/proxy/src/x.ts', 'const HANDSHAKE_MS = 5;', 'const HANDSHAKE_TIMEOUT_MS = 5;'],
    ['services/proxy/src/x.ts', 'const LAST_WRITE_MS = 5;', 'const PASSED_AT_MS = 5;'],
    ['services/controller/src/x.ts', 'const RENEWAL_MS = 5;', 'const RENEW_INTERVAL_MS = 5;'],
    ['services/proxy/src/x.ts', 'const IDLE_PERIOD_MS = 5;', 'const IDLE_INTERVAL_MS = 5;'],
    ['packages/cli/src/x.ts', 'readonly readyLimitMs: number;', 'readonly readyTimeoutMs: number;'],
    ['packages/cli/src/x.ts', 'function f(limitMs = 5) {', 'score.rateLimitMs + timeoutMs'],
    ['packages/core/src/x.ts', '{ mostShare: 0.2 }', '{ maxShare: 0.2 }; const most = 5;'],
    [
      'packages/core/src/x.ts',
      'requests >= policy.leastRequests',
      'requests >= policy.minRequests',
    ],
    ['packages/core/src/x.ts', 'readonly longestWaitMs: number;', 'longestOf(model, prices)'],
    [
      'packages/runtime/src/x.ts',
      '(clock: Clock, periodMs: number)',
      '(clock: Clock, intervalMs: number)',
    ],
  ],
  'clock and randomness': [
    ['services/proxy/src/x.ts', 'const nowMs = Date.now();', 'const nowMs = clock.nowMs();'],
    ['services/proxy/src/x.ts', 'performance.now()', 'clock.nowMs()'],
    ['services/proxy/src/x.ts', 'Math.random()', 'rng()'],
    ['services/proxy/src/x.ts', 'new Date()', 'new Date(atMs)'],
    ['services/proxy/src/x.ts', 'randomInt(5)', 'randomBytes(5); randomUUID()'],
    [
      'services/proxy/src/x.ts',
      'const timer = setTimeout(act, 5);',
      'const timer = clock.setTimer(act, 5); socket.setTimeout(5);',
    ],
    ['packages/cli/src/launch/x.ts', 'setInterval(act, 5);', 'actEvery(clock, 5, act);'],
    [
      'packages/runtime/src/x.ts',
      "import { setTimeout as sleep } from 'node:timers/promises';",
      "import { pause } from './clock.ts';",
    ],
    ['packages/probes/src/x.ts', 'AbortSignal.timeout(5)', 'timeoutSignal(clock, 5)'],
    [
      'packages/probes/src/x.ts',
      `${IMPORT_OF_CLOCK}\nconst startedAtMs = systemClock.nowMs();`,
      `${IMPORT_OF_CLOCK}\nfunction f({ clock = systemClock }: A) { return a.clock ?? systemClock; }`,
    ],
    [
      'packages/probes/src/x.ts',
      `${IMPORT_OF_CLOCK}\nconst clock = systemClock;`,
      'const { systemClock } = deps; pause(systemClock, 5);',
    ],
    [
      'packages/cli/src/launch/x.ts',
      `${IMPORT_OF_CLOCK}\nf({ clock: systemClock });`,
      'f({ clock: deps.systemClock });',
    ],
  ],
};

describe.each(RULES)('the rule: $name', (rule) => {
  it.each(PLANTED[rule.name] ?? [])(
    'finds what is planted in %s, example %#',
    (path, bad, good) => {
      expect(rule.appliesTo(path)).toBe(true);
      expect(rule.offencesOf({ path, text: bad })).not.toEqual([]);
      expect(rule.offencesOf({ path, text: good })).toEqual([]);
    },
  );

  it('has something planted', () => {
    expect(PLANTED[rule.name]).toBeDefined();
  });
});

const OF_MANY: Readonly<Record<string, readonly [first: string, second: string, other: string]>> = {
  'a constant has one declaration': [
    'const DAY_MS = 5;',
    'const DAY_MS: Ms = 5;',
    'const DAY_MS = 6;',
  ],
  'a set of words has one declaration': [
    "type A = 'a' | 'b' | 'c';",
    "const LIST = ['c', 'a', 'b'] as const;",
    "type A = 'a' | 'b'; const b = ['pipe', 'a', 'b']",
  ],
  'a name of a type has one meaning': [
    'interface Seen {',
    'export type Seen = 1;',
    'type Other = Seen;',
  ],
  'a pattern has one declaration': [
    'isId(/^[a-z0-9-]+$/);',
    'const isId = /^[a-z0-9-]+$/i.test(id);',
    "const ID = /^[a-z0-9_]+$/; text.split(/,/); '/^[a-z0-9-]+$/'",
  ],
  'a shape has one declaration': [
    'interface A { readonly a: 1; b?: 1; c: 1; d: 1 }',
    'const schema = z.object({ d: 1, c: 1, b, a: 1, e: 1 });',
    'interface A { a: 1; b: 1; c: 1 } type ADeps = { a: 1; b: 1; c: 1; d: 1 };',
  ],
  'an exported name has one meaning in all packages': [
    'export const endpointId = 1;',
    'export function endpointId() {',
    'const endpointId = 1; export const epochMs = 2;',
  ],
};

describe.each(RULES_OF_MANY)('the rule: $name', ({ name, offencesOf }) => {
  const fileOf = (path: string, text = '') => ({ path, text });
  const [first, second, other] = OF_MANY[name] ?? [];

  it('finds what two files declare', () => {
    expect(
      offencesOf([fileOf('packages/a/a.ts', first), fileOf('packages/b/b.ts', second)]),
    ).toHaveLength(1);
  });

  it('accepts single declarations, and different ones', () => {
    const twice = fileOf('packages/a/a.ts', `${first}\n${first}`);
    expect(offencesOf([twice, fileOf('packages/b/b.ts', other)])).toEqual([]);
  });
});
