/** Mutants that change no behaviour, with the reason: see `equivalent.ts`. */
import type { Equivalent } from './equivalent.ts';

const COMPILER = 'only the compiler asks for it: the other case cannot happen';
const BOUND = 'where both sides are equal the result is the same';
const FAST = 'a short cut: without it the result is the same, only later';
const ORDER = 'only the order of the ranks counts';

export const OF_ROUTE: readonly Equivalent[] = [
  {
    file: 'route/ejection.ts',
    line: 'admittedAtMs: 0',
    why: 'without ejections nothing fades',
  },
  {
    file: 'route/ejection.ts',
    line: "ejection.status === 'ejected' && nowMs >=",
    titles: [
      "ejection.status === 'ejected' && nowMs >= ejection.untilAtMs → nowMs >= ejection.untilAtMs",
    ],
    why: COMPILER,
  },
  {
    file: 'route/router.ts',
    line: '#forgets',
    titles: ['0 → 1', '1 → 2'],
    why: 'only whether the number has risen counts',
  },
  {
    file: 'route/router.ts',
    line: "choice.kind !== 'send'",
    titles: ["choice.kind !== 'send' → false"],
    why: COMPILER,
  },
  {
    file: 'route/router.ts',
    line: 'tried.size > 0',
    titles: ['tried.size > 0 → true', 'tried.size > 0 → tried.size >= 0'],
    why: FAST,
  },
  {
    file: 'route/choose-endpoint.ts',
    line: 'enabled += 1',
    titles: ['enabled += 1 → enabled -= 1', '1 → 2'],
    why: 'only whether it is 0 counts',
  },
  {
    file: 'route/choose-endpoint.ts',
    line: 'RANKS.failed_caller + sibling',
    titles: ['2 → 3'],
    why: ORDER,
  },
  {
    file: 'route/choose-endpoint.ts',
    line: "named.status === 'none' ? 0",
    titles: [
      "named.status === 'none' ? 0 : named.untilAtMs - nowMs → named.untilAtMs - nowMs",
      '0 → 1',
    ],
    why: COMPILER,
  },
  {
    file: 'route/choose-endpoint.ts',
    line: '% 1 < share',
    titles: [
      'share > 0 && (random + index * GOLDEN_RATIO) % 1 < share → (random + index * GOLDEN_RATIO) % 1 < share',
      'share > 0 → share >= 0',
      '(random + index * GOLDEN_RATIO) % 1 < share → (random + index * GOLDEN_RATIO) % 1 <= share',
      'index * GOLDEN_RATIO → index / GOLDEN_RATIO',
    ],
    why: 'nothing is below 0; 0.618 and 1 / 0.618 have the same fraction',
  },
  {
    file: 'route/choose-endpoint.ts',
    line: 'GOLDEN_RATIO = 0.618',
    why: 'any irrational number would do',
  },
  { file: 'route/throttling.ts', line: 'atMs: 0,', why: 'without requests nothing fades' },
  {
    file: 'route/throttling.ts',
    line: 'answeredAtMs !== undefined',
    titles: ['inARow === 0 && answeredAtMs !== undefined → inARow === 0'],
    why: COMPILER,
  },
  {
    file: 'route/throttling.ts',
    line: "named.status !== 'none' && nowMs >=",
    titles: ["named.status !== 'none' && nowMs >= named.untilAtMs → nowMs >= named.untilAtMs"],
    why: COMPILER,
  },
  {
    file: 'route/ejection-store.ts',
    line: 'atMs !== undefined &&',
    titles: [
      'atMs !== undefined && nowMs - atMs < REPORTED_FOR_MS → nowMs - atMs < REPORTED_FOR_MS',
    ],
    why: COMPILER,
  },
  {
    file: 'route/ejection-store.ts',
    line: 'next === before',
    titles: ['next === before → false'],
    why: FAST,
  },
  {
    file: 'route/known-by-endpoint.ts',
    line: 'this.#values.size === 0',
    titles: [
      'this.#values.size === 0 ? undefined : this.#values.get(this.#keyOf(… → this.#values.get(this.#keyOf(id, name))',
    ],
    why: FAST,
  },
  {
    file: 'route/known-by-endpoint.ts',
    line: 'if (this.#values.size > 0)',
    titles: ['this.#values.size > 0 → true', 'this.#values.size > 0 → this.#values.size >= 0'],
    why: FAST,
  },
  {
    file: 'route/endpoint-memory.ts',
    line: 'atMs !== undefined &&',
    titles: ['atMs !== undefined && nowMs - atMs < FAILED_FOR_MS → nowMs - atMs < FAILED_FOR_MS'],
    why: COMPILER,
  },
  {
    file: 'learn/adaptive-first-byte-timeout.ts',
    line: 'oldest !== undefined',
    titles: [
      'this.#times.size > MAX_CLASSES && oldest !== undefined → this.#times.size > MAX_CLASSES',
    ],
    why: COMPILER,
  },
  {
    file: 'learn/adaptive-first-byte-timeout.ts',
    line: '[first, second] = [0, 0]',
    titles: ['0 → 1'],
    why: 'times are longer than a millisecond',
  },
  {
    file: 'learn/adaptive-first-byte-timeout.ts',
    line: 'ms > first',
    titles: ['ms > first → ms >= first'],
    why: BOUND,
  },
  {
    file: 'learn/adaptive-first-byte-timeout.ts',
    line: 'ms > second',
    titles: ['ms > second → ms >= second'],
    why: BOUND,
  },
  {
    file: 'route/switch-ramp.ts',
    line: 'unitHash(placing.key) <',
    titles: [
      'unitHash(placing.key) < rampShare(ramp, placing.sinceReceivedMs) → unitHash(placing.key) <= rampShare(ramp, placing.sinceReceivedMs)',
    ],
    why: 'a hash is never exactly the share',
  },
  {
    file: 'route/affinity.ts',
    line: 'oldest !== undefined',
    titles: [
      'this.#sessions.size > this.#rules.maxSessions && oldest !== undefined → this.#sessions.size > this.#rules.maxSessions',
    ],
    why: COMPILER,
  },
  {
    file: 'json-key-reader.ts',
    line: '#depth = 0',
    why: 'set when something nested begins',
  },
];
