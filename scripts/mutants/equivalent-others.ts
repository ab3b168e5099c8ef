/** Mutants that change no behaviour, with the reason: see `equivalent.ts`. */
import type { Equivalent } from './equivalent.ts';

const COMPILER = 'only the compiler asks for it: the other case cannot happen';
const BOUND = 'where both sides are equal the result is the same';
const FAST = 'a short cut: without it the result is the same, only later';

export const OF_OTHERS: readonly Equivalent[] = [
  {
    file: 'answer/answer-listeners.ts',
    line: 'else if (this.#pending.length === 1)',
    titles: ['this.#pending.length === 1 → true'],
    why: 'each further delivery finds nothing',
  },
  {
    file: 'answer/relay.ts',
    line: 'else if (response.held.length === 0) res.flushHeaders()',
    titles: ['response.held.length === 0 → true'],
    why: 'the first piece has taken the headers along',
  },
  {
    file: 'answer/relay.ts',
    line: "state.status !== 'done' && state.wholeAtMs === undefined",
    titles: [
      "state.status !== 'done' && state.wholeAtMs === undefined → state.wholeAtMs === undefined",
    ],
    why: 'a relay that is done has forgotten its stream and stopped its wait',
  },
  {
    file: 'answer/relay.ts',
    line: "status === 'flowing' && wholeAtMs !== undefined",
    titles: ["status === 'flowing' && wholeAtMs !== undefined → status === 'flowing'"],
    why: 'it starts the wait that has just been restarted',
  },
  {
    file: 'answer/relay.ts',
    line: "state.status === 'done' || state.wholeAtMs !== undefined",
    titles: [
      "state.status === 'done' || state.wholeAtMs !== undefined → state.wholeAtMs !== undefined",
    ],
    why: 'what a relay that is done finds is not reported',
  },
  {
    file: 'answer/relay.ts',
    line: 'wholeAtMs === undefined || !this.#isWhole',
    titles: ['wholeAtMs === undefined || !this.#isWhole → !this.#isWhole'],
    why: COMPILER,
  },
  {
    file: 'answer/whole-message.ts',
    line: "if (!text.trimEnd().endsWith('}')) return undefined",
    titles: ["!text.trimEnd().endsWith('}') → false"],
    why: FAST,
  },
  { file: 'answer/start.ts', line: 'const BLANK = ', why: 'it always matches at the start' },
  {
    file: 'answer/start.ts',
    line: "this.#form === 'events' && this.#events > 0",
    titles: ["this.#form === 'events' && this.#events > 0 → this.#events > 0"],
    why: 'only an event stream has events',
  },
  {
    file: 'answer/start.ts',
    line: "if (this.#form === 'blank') return NOT_CLAUDE",
    titles: ["this.#form === 'blank' → false"],
    why: 'blank lines are no event',
  },
  {
    file: 'answer/start.ts',
    line: 'BLANK.exec(text)?.[0].length ?? 0',
    titles: [
      "text.startsWith('{') ? text : text.slice(BLANK.exec(text)?.[0].leng… → text.slice(BLANK.exec(text)?.[0].length ?? 0)",
    ],
    why: FAST,
  },
  {
    file: 'answer/start.ts',
    line: 'BLANK.exec(text)?.[0].length ?? 0',
    titles: ['0 → 1'],
    why: COMPILER,
  },
  {
    file: 'answer/start.ts',
    line: "name !== 'error' && EVENT_TYPE.test(name) && data.startsWith",
    titles: [
      "name !== 'error' && EVENT_TYPE.test(name) && data.startsWith(`{\"typ… → false",
      "name !== 'error' && EVENT_TYPE.test(name) → name !== 'error'",
    ],
    why: FAST,
  },
  {
    file: 'answer/start.ts',
    line: "'type' in value && typeof value.type === 'string'",
    titles: ["'type' in value && typeof value.type === 'string' → typeof value.type === 'string'"],
    why: COMPILER,
  },
  {
    file: 'answer/api-error.ts',
    line: "'error' in value ? value.error",
    titles: ["'error' in value ? value.error : undefined → value.error"],
    why: COMPILER,
  },
  {
    file: 'answer/api-error.ts',
    line: "'type' in value && value.type === 'error'",
    titles: ["'type' in value && value.type === 'error' → value.type === 'error'"],
    why: COMPILER,
  },
  {
    file: 'answer/end.ts',
    line: "return this.#state.status === 'ended' ?",
    titles: [
      "this.#state.status === 'ended' ? this.#state.ending : undefined → this.#state.ending",
    ],
    why: COMPILER,
  },
  {
    file: 'answer/end.ts',
    line: "whole === '' || !isOfInterest",
    titles: [
      "whole === '' || !isOfInterest → false",
      "whole === '' || !isOfInterest → whole === ''",
      "whole === '' || !isOfInterest → !isOfInterest",
    ],
    why: FAST,
  },
  {
    file: 'answer/end.ts',
    line: 'data.includes(\'"message_stop"\') || data.includes',
    titles: ['data.includes(\'"message_stop"\') || data.includes(\'"error"\') → true'],
    why: FAST,
  },
  {
    file: 'answer/end.ts',
    line: "value !== undefined && 'type' in value",
    titles: ["value !== undefined && 'type' in value → value !== undefined"],
    why: COMPILER,
  },
  {
    file: 'answer/end.ts',
    line: "event === 'error' ? parseObject(data)",
    titles: ["event === 'error' ? parseObject(data) : undefined → parseObject(data)"],
    why: FAST,
  },
  {
    file: 'answer/judge-status.ts',
    line: "if (error !== undefined) return 'api_error'",
    titles: ['error !== undefined → false'],
    why: 'an error that was read is JSON',
  },
  {
    file: 'answer/judge-status.ts',
    line: 'const first = /^',
    titles: [
      '/^(?:\\u00ef\\u00bb\\u00bf|\\ufeff)?\\s*(\\S)/ → /(?:\\u00ef\\u00bb\\u00bf|\\ufeff)?\\s*(\\S)/',
    ],
    why: 'the first character that is no blank, wherever the search begins',
  },
  {
    file: 'answer/endpoint-retry-after.ts',
    line: 'limit === undefined || !isUsedUp',
    titles: ['limit === undefined || !isUsedUp(headers, limit) → !isUsedUp(headers, limit)'],
    why: COMPILER,
  },
  {
    file: 'answer/endpoint-retry-after.ts',
    line: 'text === undefined) return undefined',
    titles: ['text === undefined → false'],
    why: COMPILER,
  },
  {
    file: 'answer/endpoint-retry-after.ts',
    line: 'text !== undefined && ',
    titles: [
      'text !== undefined && /^\\d{1,12}(\\.\\d{1,9})?$/.test(text) → /^\\d{1,12}(\\.\\d{1,9})?$/.test(text)',
    ],
    why: COMPILER,
  },
  {
    file: 'answer/endpoint-retry-after.ts',
    line: 'remaining !== undefined && ',
    titles: [
      'remaining !== undefined && /^0+(\\.0+)?$/.test(remaining) → /^0+(\\.0+)?$/.test(remaining)',
    ],
    why: COMPILER,
  },
  {
    file: 'json-key-reader.ts',
    line: "this.#status === 'in_nested_string') return",
    titles: ["this.#status === 'in_nested_string' → false"],
    why: FAST,
  },
  {
    file: 'json-key-reader.ts',
    line: 'limit + 1 - this.#raw.length',
    titles: ['1 → 2'],
    why: 'one more than the limit shows that it is too long, two do too',
  },
  {
    file: 'json-key-reader.ts',
    line: 'at < text.length; at += 1',
    titles: ['at < text.length → at <= text.length'],
    why: BOUND,
  },
  {
    file: 'json-string.ts',
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
    why: 'an owner of nothing counts like none',
  },
  {
    file: 'exchange/buffered-bodies.ts',
    line: 'this.#byOwner.get(owner) ?? 0) - bytes',
    titles: ['0 → 1'],
    why: 'only what is held is released',
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
    line: "state.status === 'held' && state.taker.status === 'connecting'",
    titles: [
      "state.status === 'held' && state.taker.status === 'connecting' → state.status === 'held'",
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
  { file: 'learn/request-class.ts', line: ': true,', why: 'only the names count' },
  {
    file: 'learn/live-excess.ts',
    line: 'track === undefined ||',
    titles: [
      'track === undefined || probeMs === null → probeMs === null',
      'track === undefined || extra === undefined → extra === undefined',
    ],
    why: COMPILER,
  },
  {
    file: 'learn/live-excess.ts',
    line: 'extra === undefined || track === undefined',
    titles: ['extra === undefined || track === undefined → extra === undefined'],
    why: COMPILER,
  },
  {
    file: 'learn/reliability.ts',
    line: 'const NONE: Sums',
    titles: ['0 → 1'],
    why: 'without a moment nothing of it counts',
  },
  {
    file: 'learn/health.ts',
    line: "probe.verdict.status === 'ok'",
    titles: ["probe.verdict.status === 'ok' → false"],
    why: COMPILER,
  },
  {
    file: 'acquire-lease.lua',
    line: 'local former =',
    titles: ["0 in local former = tonumber(redis.call('GET', KEYS[2]) or '0') or 0 → 1"],
    why: 'the clock is ahead of both',
  },
  {
    file: 'acquire-lease.lua',
    line: 'former = 0 end',
    titles: ['0 in if isLost then former = 0 end → 1'],
    why: 'the clock is ahead of both',
  },
  {
    file: 'acquire-lease.lua',
    line: 'tonumber(snapshot.epoch) or 0',
    titles: ['0 in isLost = isLost or (tonumber(snapshot.epoch) or 0) > epoch → 1'],
    why: 'the clock is ahead of both',
  },
  { file: 'release-lease.lua', line: 'return 0', why: 'nobody reads the reply' },
];
