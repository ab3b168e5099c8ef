/**
 * Mutants that change no behaviour, with the reason. They do not count; everything else has to be
 * noticed by a test.
 */
import { type Mutant, titleOf } from './mutate.ts';

interface Equivalent {
  /** The end of the file's path. */
  readonly file: string;
  /** A part of the line that the mutant is in. */
  readonly line: string;
  /** As they are printed; without them all of the line. */
  readonly titles?: readonly string[];
  readonly why: string;
}

const COMPILER = 'only the compiler asks for it: the other case cannot happen';
const BOUND = 'where both sides are equal the result is the same';
const FAST = 'a short cut: without it the result is the same, only later';
const ORDER = 'only the order of the ranks counts';

const EQUIVALENT: readonly Equivalent[] = [
  {
    file: 'route/ejection.ts',
    line: 'strikesSinceAtMs: 0',
    why: 'without strikes nothing fades',
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
    line: "status === 'half_open'",
    titles: ["this.ejectionOf(choice.id, input.nowMs).status === 'half_open' → true"],
    why: 'trials of endpoints that are not half-open are not read',
  },
  {
    file: 'route/router.ts',
    line: 'tried.size > 0',
    titles: ['tried.size > 0 → true', 'tried.size > 0 → tried.size >= 0'],
    why: FAST,
  },
  {
    file: 'route/router.ts',
    line: 'if (first === undefined ||',
    titles: ['first === undefined || !first.enabled || !first.available → true'],
    why: FAST,
  },
  {
    file: 'route/router.ts',
    line: "stateOf(first.id).status !== 'admitted'",
    titles: ["this.#ejections.stateOf(first.id).status !== 'admitted' → true"],
    why: FAST,
  },
  {
    file: 'route/router.ts',
    line: 'isHeldAgainst(first.id',
    titles: ['this.#memory.isHeldAgainst(first.id, request, nowMs) → true'],
    why: FAST,
  },
  {
    file: 'route/router.ts',
    line: 'preferredId === undefined ? endpoints[0]',
    titles: [
      'preferredId === undefined ? endpoints[0] : endpoints.find(({ id }) … → endpoints.find(({ id }) => id === preferredId)',
    ],
    why: FAST,
  },
  {
    file: 'route/router.ts',
    line: "choice.kind === 'send' || journey.staleId === undefined",
    titles: ["choice.kind === 'send' || journey.staleId === undefined → choice.kind === 'send'"],
    why: COMPILER,
  },
  {
    file: 'route/router.ts',
    line: 'trialId === undefined',
    titles: ['trialId === undefined → false'],
    why: COMPILER,
  },
  { file: 'route/choose-endpoint.ts', line: 'half_open_full: 6', why: ORDER },
  { file: 'route/choose-endpoint.ts', line: 'lacks_operation: 14', why: ORDER },
  {
    file: 'route/choose-endpoint.ts',
    line: 'enabled += 1',
    why: 'only whether it is 0 counts',
  },
  { file: 'route/choose-endpoint.ts', line: '60_000', why: ORDER },
  {
    file: 'route/choose-endpoint.ts',
    line: "ejection.status === 'half_open'",
    titles: [
      "ejection.status === 'half_open' && candidate.trials >= ejection.width → candidate.trials >= ejection.width",
    ],
    why: COMPILER,
  },
  {
    file: 'route/choose-endpoint.ts',
    line: 'RANKS.failed_source + sibling',
    titles: ['2 → 3'],
    why: ORDER,
  },
  { file: 'route/choose-endpoint.ts', line: "named.status === 'none' ? 0", why: COMPILER },
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
  { file: 'route/model-limits.ts', line: 'atMs: 0,', why: 'without requests nothing fades' },
  {
    file: 'route/model-limits.ts',
    line: 'limit.asked === 0',
    titles: ['limit.asked === 0 → false'],
    why: FAST,
  },
  {
    file: 'route/model-limits.ts',
    line: 'answeredAtMs !== undefined',
    titles: ['inARow === 0 && answeredAtMs !== undefined → inARow === 0'],
    why: COMPILER,
  },
  {
    file: 'route/model-limits.ts',
    line: "named.status !== 'none' && nowMs >=",
    titles: ["named.status !== 'none' && nowMs >= named.untilAtMs → nowMs >= named.untilAtMs"],
    why: COMPILER,
  },
  {
    file: 'route/ejections.ts',
    line: 'atMs !== undefined &&',
    titles: [
      'atMs !== undefined && nowMs - atMs < REPORTED_FOR_MS → nowMs - atMs < REPORTED_FOR_MS',
    ],
    why: COMPILER,
  },
  {
    file: 'route/ejections.ts',
    line: 'this.#reported.delete',
    why: 'keeps what was reported last from being dropped first; at the bound only',
  },
  { file: 'route/ejections.ts', line: 'next === before', why: FAST },
  { file: 'route/known-by-endpoint.ts', line: 'this.#values.size === 0', why: FAST },
  { file: 'route/known-by-endpoint.ts', line: 'if (this.#values.size > 0)', why: FAST },
  {
    file: 'route/known-by-endpoint.ts',
    line: 'oldest !== undefined',
    titles: [
      'this.#values.size > this.#limit && oldest !== undefined → this.#values.size > this.#limit',
    ],
    why: COMPILER,
  },
  {
    file: 'route/endpoint-memory.ts',
    line: 'atMs !== undefined &&',
    titles: ['atMs !== undefined && nowMs - atMs < FAILED_FOR_MS → nowMs - atMs < FAILED_FOR_MS'],
    why: COMPILER,
  },
  {
    file: 'route/first-byte-limit.ts',
    line: 'oldest !== undefined',
    titles: [
      'this.#times.size > MAX_CLASSES && oldest !== undefined → this.#times.size > MAX_CLASSES',
    ],
    why: COMPILER,
  },
  {
    file: 'route/first-byte-limit.ts',
    line: '[first, second] = [0, 0]',
    titles: ['0 → 1'],
    why: 'times are longer than a millisecond',
  },
  {
    file: 'route/first-byte-limit.ts',
    line: 'ms > first',
    titles: ['ms > first → ms >= first'],
    why: BOUND,
  },
  {
    file: 'route/first-byte-limit.ts',
    line: 'ms > second',
    titles: ['ms > second → ms >= second'],
    why: BOUND,
  },
  {
    file: 'route/ramp.ts',
    line: 'unitHash(placing.key) <',
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
    file: 'route/affinity.ts',
    line: 'elsewhereMs !== undefined &&',
    titles: [
      'elsewhereMs !== undefined && ttftMs > elsewhereMs * SLOW_FACTOR + S… → ttftMs > elsewhereMs * SLOW_FACTOR + SLOW_EXTRA_MS',
    ],
    why: COMPILER,
  },
  { file: 'route/retry-budget.ts', line: 'second: -1', why: 'a cell of no second holds nothing' },
  {
    file: 'json-keys.ts',
    line: '#depth = 0',
    why: 'set when something nested begins',
  },
  { file: 'json-keys.ts', line: "this.#status === 'in_nested_string') return", why: FAST },
  {
    file: 'json-keys.ts',
    line: "this.#status === 'in_string' && !this.#wanted.has",
    titles: ["this.#status === 'in_string' && !this.#wanted.has(this.#key) → false"],
    why: FAST,
  },
  {
    file: 'json-keys.ts',
    line: 'limit + 1 - this.#raw.length',
    titles: ['1 → 2'],
    why: 'one more than the limit shows that it is too long, two do too',
  },
  {
    file: 'json-keys.ts',
    line: 'at < text.length; at += 1',
    titles: ['at < text.length → at <= text.length'],
    why: BOUND,
  },
  {
    file: 'json-keys.ts',
    line: 'IS_PLAIN.test(raw)',
    titles: ['IS_PLAIN.test(raw) → false'],
    why: FAST,
  },
  {
    file: 'replay/recording.ts',
    line: ': true,',
    titles: ['true → false'],
    why: 'only the names count',
  },
  {
    file: 'request/facts.ts',
    line: 'export const QUICK_',
    why: 'how much of a body the caller reads; longer is slower',
  },
  {
    file: 'replay/recording.ts',
    line: 'isContinued && world !== undefined',
    titles: ['isContinued && world !== undefined → isContinued'],
    why: COMPILER,
  },
  {
    file: 'answer/answer-tail.ts',
    line: 'chunk.length >= KEPT_BYTES',
    titles: ['chunk.length >= KEPT_BYTES → chunk.length > KEPT_BYTES'],
    why: BOUND,
  },
  {
    file: 'answer/answer-tail.ts',
    line: 'this.#length + chunk.length > bytes.length',
    titles: [
      'this.#length + chunk.length > bytes.length → this.#length + chunk.length >= bytes.length',
    ],
    why: BOUND,
  },
  { file: 'answer/answer-tail.ts', line: 'Tokens: 0,', why: 'each count is set before it is read' },
  {
    file: 'answer/answer-tail.ts',
    line: "usageIn(head.toString('latin1', 0",
    titles: ['0 → 1'],
    why: 'the first character of an answer is a brace',
  },
  {
    file: 'routing/snapshot-order.ts',
    line: 'read.epoch > current.epoch',
    titles: ['read.epoch > current.epoch → read.epoch >= current.epoch'],
    why: BOUND,
  },
  {
    file: 'routing/snapshot-order.ts',
    line: 'read.version > current.version',
    titles: ['read.version > current.version → read.version >= current.version'],
    why: BOUND,
  },
  {
    file: 'exchange/classify.ts',
    line: "'code' in error",
    titles: ["'code' in error && typeof error.code === 'string' → typeof error.code === 'string'"],
    why: COMPILER,
  },
  {
    file: 'exchange/buffered-bodies.ts',
    line: 'if (bytes === 0) return',
    titles: ['bytes === 0 → false'],
    why: FAST,
  },
  {
    file: 'exchange/buffered-bodies.ts',
    line: 'left === 0',
    titles: ['left === 0 → false'],
    why: 'an owner of nothing counts like none',
  },
  {
    file: 'exchange/buffered-bodies.ts',
    line: 'this.#byOwner.get(owner) ?? 0) - bytes',
    titles: ['0 → 1'],
    why: 'only what is held is released',
  },
  {
    file: 'server/target.ts',
    line: "const query = mark === -1 ? ''",
    titles: [
      "mark === -1 ? '' : rawUrl.slice(mark + 1) → rawUrl.slice(mark + 1)",
      '-1 → 1',
      'rawUrl.slice(mark + 1) → rawUrl',
      'mark + 1 → mark - 1',
    ],
    why: 'the path in front is one of a closed list, without a character that a query may not have',
  },
  {
    file: 'server/active-requests.ts',
    line: 'last === undefined || last === slot',
    titles: ['last === undefined || last === slot → last === slot'],
    why: COMPILER,
  },
];

export function isEquivalent(mutant: Mutant): boolean {
  return EQUIVALENT.some(
    ({ file, line, titles }) =>
      mutant.file.endsWith(file) &&
      mutant.lineText.includes(line) &&
      (titles === undefined || titles.includes(titleOf(mutant))),
  );
}
