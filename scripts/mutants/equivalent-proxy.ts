/** Mutants that change no behaviour, with the reason: see `equivalent.ts`. */
import type { Equivalent } from './equivalent.ts';

const COMPILER = 'only the compiler asks for it: the other case cannot happen';
const BOUND = 'where both sides are equal the result is the same';
const FAST = 'a short cut: without it the result is the same, only later';

export const OF_PROXY: readonly Equivalent[] = [
  {
    file: 'answer/answer-listeners.ts',
    line: 'else if (this.#pending.length === 1)',
    titles: ['this.#pending.length === 1 → true'],
    why: 'each further delivery finds nothing',
  },
  {
    file: 'answer/relay.ts',
    line: 'else if (answer.buffered.length === 0) res.flushHeaders()',
    titles: ['answer.buffered.length === 0 → true'],
    why: 'the first piece has taken the headers along',
  },
  {
    file: 'answer/relay.ts',
    line: '!isWhole(state) || !this.#canEndHere',
    titles: ['!isWhole(state) || !this.#canEndHere → !this.#canEndHere'],
    why: COMPILER,
  },
  {
    file: 'routing/compare-snapshots.ts',
    line: 'read.epoch > current.epoch',
    titles: ['read.epoch > current.epoch → read.epoch >= current.epoch'],
    why: BOUND,
  },
  {
    file: 'routing/compare-snapshots.ts',
    line: 'read.version > current.version',
    titles: ['read.version > current.version → read.version >= current.version'],
    why: BOUND,
  },
  {
    file: 'exchange/attempt.ts',
    line: 'response.statusCode ?? 0',
    titles: ['0 → 1'],
    why: COMPILER,
  },
  {
    file: 'exchange/attempt.ts',
    line: "isLimit && state.status === 'answered'",
    titles: ["isLimit && state.status === 'answered' → isLimit"],
    why: 'only an answer can report load',
  },
  {
    file: 'exchange/attempt.ts',
    line: "state.status === 'answered' && state.gate?.hasBegun",
    titles: [
      "state.status === 'answered' && state.gate?.hasBegun === false → state.gate?.hasBegun === false",
    ],
    why: COMPILER,
  },
  {
    file: 'exchange/connection-failure.ts',
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
    why: 'a caller of nothing counts like none',
  },
  {
    file: 'exchange/buffered-bodies.ts',
    line: 'this.#byCaller.get(caller) ?? 0) - bytes',
    titles: ['0 → 1'],
    why: 'only what is buffered is released',
  },
  {
    file: 'upstream/request-headers.ts',
    line: "connection === 'keep-alive' || connection === 'close'",
    titles: [
      "connection === 'keep-alive' || connection === 'close' → false",
      "connection === 'keep-alive' || connection === 'close' → connection === 'keep-alive'",
      "connection === 'keep-alive' || connection === 'close' → connection === 'close'",
    ],
    why: FAST,
  },
  {
    file: 'exchange/request-body.ts',
    line: 'return last.length === QUICK_END_BYTES ?',
    titles: [
      'last.length === QUICK_END_BYTES ? last : endOf(this.#chunks.at(-2))… → endOf(this.#chunks.at(-2)) + last',
    ],
    why: FAST,
  },
  {
    file: 'exchange/request-body.ts',
    line: 'chunk.length - QUICK_END_BYTES)',
    titles: [
      'Math.max(0, chunk.length - QUICK_END_BYTES) → Math.min(0, chunk.length - QUICK_END_BYTES)',
    ],
    why: 'how much of a chunk is read at least; longer is slower',
  },
  {
    file: 'exchange/request-body.ts',
    line: "state.status === 'paused' && state.taker.status === 'connecting'",
    titles: [
      "state.status === 'paused' && state.taker.status === 'connecting' → state.status === 'paused'",
    ],
    why: COMPILER,
  },
  {
    file: 'upstream/deadline.ts',
    line: 'last === undefined || place ===',
    titles: [
      'last === undefined || place === this.#running.length → place === this.#running.length',
    ],
    why: COMPILER,
  },
  {
    file: 'upstream/deadline.ts',
    line: 'const NOT_RUNNING = ',
    titles: ['1 → 2'],
    why: 'any number that is no slot',
  },
  {
    file: 'upstream/deadline.ts',
    line: 'Ms = 0;',
    titles: ['0 → 1'],
    why: 'each start sets it, and nothing reads it before',
  },
  {
    file: 'server/client-keys.ts',
    line: 'randomBytes(32)',
    titles: ['32 → 64'],
    why: 'a longer salt is as secret',
  },
  {
    file: 'server/client-keys.ts',
    line: 'this.#lastHost === undefined || this.#lastHost.host !== host',
    titles: ['this.#lastHost === undefined || this.#lastHost.host !== host → true'],
    why: FAST,
  },
  {
    file: 'server/request-target.ts',
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
    file: 'server/active-request-list.ts',
    line: 'last === undefined || last === slot',
    titles: ['last === undefined || last === slot → last === slot'],
    why: COMPILER,
  },
  {
    file: 'people-limits/limit-message.ts',
    line: 'new Date(atMs ?? 0)',
    titles: ['0 → 1'],
    why: COMPILER,
  },
  {
    file: 'people-limits/people-limits.ts',
    line: '#hasRates = false;',
    titles: ['false → true'],
    why: 'the constructor sets it',
  },
  {
    file: 'exchange/refusal.ts',
    line: 'statusCode: status = 0',
    titles: ['0 → 1'],
    why: COMPILER,
  },
  {
    file: 'exchange/routed-request.ts',
    line: "header === undefined || !header.includes('context-')",
    titles: [
      "header === undefined || !header.includes('context-') → false",
      "header === undefined || !header.includes('context-') → header === undefined",
    ],
    why: FAST,
  },
  {
    file: 'exchange/finished-request.ts',
    line: 'failure !== undefined &&',
    titles: [
      "failure !== undefined && isBillable({ failure, phase: 'answered', i… → isBillable({ failure, phase: 'answered', isStaleConnection: false })",
    ],
    why: COMPILER,
  },
  {
    file: 'exchange/upstream-request.ts',
    line: 'endpoint.models === undefined ? undefined',
    titles: [
      'endpoint.models === undefined ? undefined : bodyEditAt(context, end… → bodyEditAt(context, endpoint)',
    ],
    why: FAST,
  },
  {
    file: 'usage/accounting.ts',
    line: 'request.attempts.length <= MAX_ATTEMPTS',
    titles: [
      'request.attempts.length <= MAX_ATTEMPTS ? request.attempts : reques… → request.attempts.slice(-MAX_ATTEMPTS)',
      'request.attempts.length <= MAX_ATTEMPTS → request.attempts.length < MAX_ATTEMPTS',
    ],
    why: 'saves a copy',
  },
];
